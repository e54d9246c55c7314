"""Lines that say whom a server may trust, and what is read of a partner."""

from __future__ import annotations

from mutant import Mutant

TRUST = (
    Mutant(
        "a wildcard has two labels behind it",
        "trust/allowed.py",
        r'_BELOW = re.compile(rf"\*\.({_LABEL}(\.{_LABEL})+)")',
        r'_BELOW = re.compile(rf"\*\.({_LABEL}(\.{_LABEL})*)")',
        ("tests/trust/test_allowed.py::test_these_are_none_and_name_nobody",),
    ),
    Mutant(
        "an address in another spelling is no name",
        "trust/allowed.py",
        '    if _NUMBER.fullmatch(name.rpartition(".")[2]) and not _is_address(name):\n',
        "    if False:\n",
        ("tests/trust/test_allowed.py::test_these_are_none_and_name_nobody",),
    ),
    Mutant(
        "a wildcard names no address",
        "trust/allowed.py",
        "    return ascii_host(name) == name and not (below is not None and _is_address(name))\n",
        "    return ascii_host(name) == name\n",
        ("tests/trust/test_allowed.py::test_these_are_none_and_name_nobody",),
    ),
    Mutant(
        "a partner's port is the allowed one",
        "trust/allowed.py",
        "        if allowed_port == port and _names(host, name):\n",
        "        if _names(host, name):\n",
        ("tests/trust/test_allowed.py::test_these_are_not",),
    ),
    Mutant(
        "a partner's URL has no user",
        "trust/allowed.py",
        r"""https://([^\s/?#@:\\%\[\]]+)""",
        r"""https://(?:[^\s/@]*@)?([^\s/?#@:\\%\[\]]+)""",
        ("tests/trust/test_allowed.py::test_these_are_not",),
    ),
    Mutant(
        "hosts are compared without letter case",
        "trust/allowed.py",
        'idna.uts46_remap(host, std3_rules=False).removesuffix(".")',
        'host.removesuffix(".")',
        ("tests/trust/test_allowed.py::test_letter_case_and_the_last_dot_are_no_difference",),
    ),
    Mutant(
        "the operator's own bound holds whatever a Secret says",
        "trust/allowed.py",
        "        if self.hosts is not None and not is_allowed(host, self.hosts):\n",
        "        if False:\n",
        ("tests/trust/test_allowed.py::test_the_bounds_hold_whatever_a_secret_says",),
    ),
    Mutant(
        "a Secret that names no hosts lets its password go nowhere",
        "kube/secrets.py",
        "    if not words:\n",
        "    if False:\n",
        (
            "tests/kube/test_kube_secrets.py::test_without_hosts_the_password_is_sent_nowhere_and_it_is_told",
        ),
    ),
    Mutant(
        "one bad word in a Secret's hosts allows nothing",
        "kube/secrets.py",
        "        if not is_pattern(word):\n",
        "        if False:\n",
        ("tests/kube/test_kube_secrets.py::test_one_bad_word_allows_nothing_and_is_not_repeated",),
    ),
    Mutant(
        "a partner that is not allowed is not fetched",
        "engine/reach.py",
        "        if draft.declared.blocker is None and not draft.desired.deleting:\n",
        "        if not draft.desired.deleting:\n",
        (
            "tests/engine/test_engine_allowed.py::test_a_partner_that_is_not_allowed_is_neither_fetched_nor_registered",
        ),
    ),
    Mutant(
        "a partner that was withdrawn is neither repaired nor removed",
        "trust/decide/conflicts.py",
        "    if case.view.blocker is not None:\n        return case.view.blocker\n",
        "",
        (
            "tests/engine/test_engine_allowed.py"
            "::test_what_was_withdrawn_is_neither_repaired_nor_removed_and_says_how_to_revoke",
        ),
    ),
    Mutant(
        "what is not allowed is no heir",
        "trust/claims.py",
        "    if view.blocker is not None:\n",
        "    if False:\n",
        ("tests/engine/test_engine_allowed.py::test_what_is_not_allowed_is_no_heir",),
    ),
    Mutant(
        "what is not allowed holds no removal back",
        "engine/removal.py",
        "blocker.reason not in NOT_ALLOWED",
        "True",
        ("tests/engine/test_engine_allowed.py::test_what_is_not_allowed_holds_no_removal_back",),
    ),
    Mutant(
        "a permission is bounded by the farm's owner",
        "trust/permission.py",
        "_RANKS[asked] <= _RANKS[most]",
        "True",
        (
            "tests/kube/test_kube_parse_owner.py::test_a_permission_needs_the_word_of_the_farms_owner",
        ),
    ),
    Mutant(
        "the owner's word is heard right before a permission is given",
        "engine/making.py",
        " or Field.PERMISSION in change.fields",
        "",
        (
            "tests/engine/test_engine_permission.py"
            "::test_an_owner_who_takes_his_word_back_is_heard_before_anything_is_given",
        ),
    ),
    Mutant(
        "a permission is written down before it is given",
        "engine/intending.py",
        "change.giving or draft.status.given_permission",
        "draft.status.given_permission",
        ("tests/engine/test_engine_permission.py::test_it_is_written_down_before_it_is_given",),
    ),
    Mutant(
        "more than is declared from somebody else is left",
        "trust/permission.py",
        "_RANKS[there.right] <= _RANKS[declared] and there != aim",
        "there != aim",
        (
            "tests/engine/test_engine_permission.py"
            "::test_more_than_is_declared_from_somebody_else_is_left_and_told",
        ),
    ),
    Mutant(
        "a metadata document has a largest size",
        "oauth/metadata.py",
        "    if len(body) > LARGEST_DOCUMENT:\n",
        "    if False:\n",
        ("tests/oauth/test_metadata.py::test_what_is_wrong_is_said_in_a_sentence",),
    ),
    Mutant(
        "a metadata document has a largest number of keys",
        "oauth/metadata.py",
        "    if len(keys) > MOST_KEYS:\n",
        "    if False:\n",
        ("tests/oauth/test_metadata.py::test_what_is_wrong_is_said_in_a_sentence",),
    ),
    Mutant(
        "no depth of JSON breaks the reader of documents",
        "oauth/metadata.py",
        "    except (ValueError, RecursionError) as error:\n",
        "    except ValueError as error:\n",
        ("tests/oauth/test_metadata.py::test_what_is_wrong_is_said_in_a_sentence",),
    ),
    Mutant(
        "a member that stands twice with two values is refused",
        "oauth/metadata.py",
        "        if name in _NAMES and name in members and members[name] != value:\n",
        "        if False:\n",
        (
            "tests/oauth/test_certificates_confined.py"
            "::test_a_member_that_stands_twice_with_two_values_is_a_contradiction",
        ),
    ),
    Mutant(
        "an x5t is that of its certificate",
        "oauth/metadata.py",
        "    if written and x5t_to_thumbprint(written) != certificate.thumbprint:\n",
        "    if False:\n",
        ("tests/oauth/test_metadata.py::test_x5t_of_another_certificate_is_refused",),
    ),
    Mutant(
        "an RSA key has a largest size",
        "oauth/certificates.py",
        "    if bits > LARGEST_RSA_KEY:\n",
        "    if False:\n",
        (
            "tests/oauth/test_certificates_confined.py"
            "::test_a_key_that_nobody_verifies_with_makes_its_certificate_unreadable",
        ),
    ),
    Mutant(
        "a token has a largest size",
        "oauth/tokens.py",
        "    if len(token) > LARGEST_TOKEN:\n",
        "    if False:\n",
        ("tests/oauth/test_tokens_pasted.py::test_what_is_missing_is_said",),
    ),
    Mutant(
        "a token is signed with RS256 and nothing else",
        "oauth/tokens.py",
        '    if algorithm != "RS256":\n',
        "    if False:\n",
        ("tests/oauth/test_tokens.py::test_an_unsigned_actor_token_is_refused",),
    ),
    Mutant(
        "a reference that is too long is not listed",
        "trust/inventory.py",
        "        if len(each.reference) > LONGEST_REFERENCE:\n",
        "        if False:\n",
        ("tests/trust/test_inventory.py::test_a_reference_is_whole_or_not_there",),
    ),
    Mutant(
        "undeclared entries have a largest number",
        "trust/inventory.py",
        "        if left < 0 or len(told) == MOST:\n",
        "        if left < 0:\n",
        ("tests/trust/test_inventory.py::test_nothing_is_lost_without_a_word",),
    ),
    Mutant(
        "undeclared entries have a largest size as they are written",
        "trust/inventory.py",
        "        left -= _size(one)\n",
        "        _written(\n",
        (
            "tests/trust/test_inventory.py::test_5000_entries_with_long_names_leave_a_status_below_200_kb",
        ),
    ),
)
