"""The lines that security rests on, each in a broken form, and the test that is meant for it."""

from __future__ import annotations

from mutant import TOOLS, Mutant

_CELL = "tests/matrix/test_wire_cells.py::test_a_run_with_this_fault_ends_as_the_table_says"

_TRANSPORT = (
    Mutant(
        "no TLS below 1.2",
        "winrm/connections.py",
        "ssl_minimum_version=ssl.TLSVersion.TLSv1_2",
        "ssl_minimum_version=ssl.TLSVersion.TLSv1",
        ("tests/winrm/test_connections.py::test_no_tls_below_1_2_even_where_openssl_would",),
    ),
    Mutant(
        "the host's certificate is verified",
        "winrm/transport.py",
        '            session.mount("https://", self.adapter)\n',
        '            session.mount("https://", self.adapter)\n            session.verify = False\n'
        '            self.adapter.poolmanager.connection_pool_kw["ssl_context"].check_hostname = False\n',
        ("tests/winrm/test_run.py::test_a_host_of_another_authority_is_not_logged_on_to",),
    ),
    Mutant(
        "the certificate is for the host's name",
        "winrm/connections.py",
        "ssl_context=context, **options)",
        "ssl_context=context, assert_hostname=False, **options)",
        (f"{_CELL}[14-wrong_host-connect-before]",),
    ),
    Mutant(
        "no redirect is followed",
        "winrm/transport.py",
        "            allow_redirects=False,\n",
        "            allow_redirects=True,\n",
        ("tests/winrm/test_enemies.py::test_a_redirect_brings_nothing_to_another_host",),
    ),
    Mutant(
        "proxies of the environment are not asked",
        "winrm/transport.py",
        "            session.trust_env = False\n",
        "            session.trust_env = True\n",
        (f"{_CELL}[21-proxies_and_a_CA_bundle-connect-before]",),
    ),
    Mutant(
        "there is no way to send HTTP without TLS",
        "winrm/transport.py",
        "            session.adapters.clear()\n",
        "",
        ("tests/winrm/test_https_only.py::test_a_session_has_no_way_to_send_http",),
    ),
    Mutant(
        "a reply has a largest size",
        "winrm/connections.py",
        "            if size > LARGEST_REPLY:\n",
        "            if False:\n",
        ("tests/winrm/test_hostile.py::test_a_reply_of_50_megabytes_is_not_read",),
    ),
    Mutant(
        "no document type is taken apart",
        "winrm/transport.py",
        '    if b"<!DOCTYPE" in reply.replace(b"\\0", b""):\n',
        "    if False:\n",
        ("tests/winrm/test_enemies.py::test_a_document_type_is_not_taken_apart",),
    ),
    Mutant(
        "a reply has no more elements than any",
        "winrm/transport.py",
        '    if reply.count(b"<") + reply.count(b"=") > MOST_MARKS:\n',
        "    if False:\n",
        ("tests/winrm/test_enemies.py::test_a_reply_of_more_elements_than_any_is_not_taken_apart",),
    ),
    Mutant(
        "a reply belongs to its message",
        "winrm/transport.py",
        '    if _uuid(asked, "MessageID") != _uuid(answered, "RelatesTo"):\n',
        "    if False:\n",
        (f"{_CELL}[12-for_another_message-receive-after]",),
    ),
    Mutant(
        "who plays a proxy gets no logon",
        "winrm/connections.py",
        '        response.headers.pop("Proxy-Authenticate", None)\n',
        "",
        ("tests/winrm/test_enemies.py::test_a_host_that_plays_a_proxy_gets_no_logon",),
    ),
    Mutant(
        "the logon is bound to the TLS channel",
        "winrm/transport.py",
        "        auth_method=transport,\n        username=username,\n        password=password,\n        ca_trust_path",
        "        auth_method=transport,\n        send_cbt=False,\n"
        "        username=username,\n        password=password,\n        ca_trust_path",
        ("tests/winrm/test_run.py::test_channel_binding_is_sent",),
    ),
    Mutant(
        "explain-token verifies the certificate of a site",
        "explain_token.py",
        "    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)\n",
        "    context = ssl._create_unverified_context()\n",
        (
            "tests/cli/test_explain_token_documents.py"
            "::test_a_site_of_an_unknown_authority_is_not_asked",
        ),
    ),
    Mutant(
        "explain-token follows no redirect",
        "explain_token.py",
        "        _NoRedirects(),\n",
        "",
        ("tests/cli/test_explain_token_documents.py::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "doctor verifies the certificate of a host",
        "doctor/probe.py",
        "    context = ssl.create_default_context(cadata=ca_pem)\n",
        "    context = ssl._create_unverified_context()\n",
        ("tests/doctor/test_doctor_probe.py::test_an_unknown_authority_is_told",),
    ),
    Mutant(
        "Kerberos is bound to the TLS channel",
        "winrm/kerberos.py",
        '    return b"tls-server-end-point:" + digest\n',
        '    return b"tls-server-end-point:"\n',
        ("tests/kerberos/test_kerberos_rules.py::test_bindings_are_those_of_rfc_5929",),
    ),
    Mutant(
        "the host's certificate is verified with Kerberos too",
        "winrm/transport.py",
        "        session.verify = self.ca_trust_path or True\n",
        "        session.verify = False\n"
        '        self.adapter.poolmanager.connection_pool_kw["ssl_context"].check_hostname = False\n',
        ("tests/kerberos/test_kerberos_proof.py::test_a_host_of_another_authority_gets_no_ticket",),
    ),
    Mutant(
        "the bindings go with the ticket",
        "winrm/kerberos.py",
        "                channel_bindings=self._bindings,\n",
        "                channel_bindings=None,\n",
        ("tests/kerberos/test_kerberos_proof.py::test_a_relay_that_ends_tls_is_refused",),
    ),
    Mutant(
        "a host that has not proven itself is asked for nothing",
        "winrm/kerberos_http.py",
        "        if (status < 300 or status == 500) and self._proven != self._connections.newest:\n",
        "        if False:\n",
        (
            "tests/kerberos/test_kerberos_proof.py::test_a_host_that_welcomes_everybody_is_asked_for_nothing",
        ),
    ),
    Mutant(
        "a ticket is delegated to nobody",
        "winrm/kerberos.py",
        "[flags.mutual_authentication, flags.integrity, flags.replay_detection],",
        "[flags.delegate_to_peer, flags.mutual_authentication],",
        ("tests/kerberos/test_kerberos_proof.py::test_nothing_is_delegated",),
    ),
    Mutant(
        "a refused CredSSP logon counts as refused",
        "winrm/transport.py",
        "        return refused_by_status(told) or LogonBroken(",
        "        return LogonBroken(",
        ("tests/winrm/test_logons_told_apart.py",),
    ),
    Mutant(
        "after a refused logon nothing is cleaned up with it",
        "winrm/run.py",
        "        if self._shell and not self.logon_refused:\n",
        "        if self._shell:\n",
        (f"{_CELL}[1-password_changed-receive-before]",),
    ),
)

_ANSWERS = (
    Mutant(
        "a damaged frame is no answer",
        "winrm/framing.py",
        "    if len(payload) != int(length) or _digest(payload) != digest:\n",
        "    if len(payload) != int(length):\n",
        ("tests/winrm/test_framing.py::test_a_damaged_frame_is_never_taken_for_an_answer",),
    ),
    Mutant(
        "an answer is that to the request",
        "winrm/framing.py",
        "    return answered != asked and (",
        "    return False and (",
        ("tests/winrm/test_framing.py::test_who_answers_wrongly_or_twice_is_not_believed",),
    ),
    Mutant(
        "no two requests are alike",
        "winrm/framing.py",
        '        "id": token_hex(16),\n',
        '        "id": "",\n',
        ("tests/winrm/test_framing.py::test_the_same_request_twice_is_two_requests",),
    ),
    Mutant(
        "an answer has a largest number of values",
        "winrm/framing.py",
        'payload.count(b"{") > MOST_VALUES:\n',
        'payload.count(b"{") < 0:\n',
        (
            "tests/winrm/test_framing_fuzzed.py::test_a_million_values_are_refused_before_they_are_made",
        ),
    ),
    Mutant(
        "output has a largest size",
        "winrm/framing.py",
        "    if len(stdout) > LONGEST_ANSWER:\n",
        "    if False:\n",
        ("tests/winrm/test_framing.py::test_too_much_output_is_refused_even_with_a_good_frame",),
    ),
    Mutant(
        "an answer has a greatest depth",
        "winrm/framing.py",
        "    if depth > DEEPEST + 1:\n",
        "    if False:\n",
        ("tests/winrm/test_framing.py::test_an_answer_that_is_nested_too_deeply_is_refused",),
    ),
    Mutant(
        "no depth of JSON breaks the reader",
        "winrm/framing.py",
        "        document = json.loads(payload)\n    except (ValueError, RecursionError):\n",
        "        document = json.loads(payload)\n    except ValueError:\n",
        ("tests/winrm/test_framing.py::test_an_answer_that_is_nested_too_deeply_is_refused",),
    ),
    Mutant(
        "CLIXML has a largest size",
        "winrm/clixml.py",
        "    if len(document) > _LONGEST:\n",
        "    if False:\n",
        ("tests/winrm/test_clixml.py::test_a_document_too_large_to_take_apart_is_text",),
    ),
    Mutant(
        "a request waits no longer than its word for the host's mutex",
        "winrm/bootstrap.ps1",
        "$q=$m.WaitOne([int]$p.wait)}",
        "$q=$m.WaitOne([int]$p.wait);$q=$true}",
        ("tests/winrm/test_bootstrap.py::test_a_busy_host_runs_nothing_and_says_so",),
    ),
    Mutant(
        "all runs on a host take the mutex of one name",
        "winrm/bootstrap.ps1",
        "Global\\partner-operator-$env:COMPUTERNAME",
        "Global\\partner-operator-$PID",
        ("tests/winrm/test_bootstrap.py::test_a_busy_host_runs_nothing_and_says_so",),
    ),
    Mutant(
        "a run ends itself when nobody waits any more",
        "products/scripts/watchdog.ps1",
        "$null = $watchdog.CancelAfter(1000 * $Request.lifeSeconds)",
        "",
        (
            "tests/products/test_watchdog.py::test_a_script_that_works_too_long_ends_with_its_process",
        ),
    ),
    Mutant(
        "the host follows no redirect to a document",
        "products/scripts/common.ps1",
        "    $request.AllowAutoRedirect = $false\n",
        "    $request.AllowAutoRedirect = $true\n",
        ("tests/products/test_documents_fetched.py::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "the host reads no document without end",
        "products/scripts/common.ps1",
        "        if ($memory.Length -gt $Limit) { return $null }\n",
        "",
        ("tests/products/test_documents_fetched.py::test_a_document_without_end_is_cut_off",),
    ),
)

_SECRETS = (
    Mutant(
        "the request goes over standard input, and nothing of it into the command line",
        "winrm/run.py",
        'f"powershell.exe {arguments()}"',
        'f"powershell.exe {arguments()} {self._line.decode()}"',
        (
            "tests/winrm/test_run.py::test_the_host_gets_the_constant_command_line_and_the_request_on_stdin",
        ),
    ),
    Mutant(
        "an endpoint does not show its password",
        "winrm/endpoint.py",
        "    password: str = field(repr=False)\n",
        "    password: str\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "a request does not show its secrets",
        "winrm/run.py",
        "    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)\n",
        "    secrets: Mapping[str, str] = field(default_factory=dict)\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "credentials do not show their password",
        "engine/ports/credentials.py",
        "    password: str = field(repr=False)\n",
        "    password: str\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "a failed run is told without the frames that hold the logon",
        "winrm/run.py",
        "        return failure.with_traceback(None)\n",
        "        return failure\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_an_answer_that_fails_shows_no_secret",),
    ),
    Mutant(
        "a Secret that cannot be used is told without the frames that hold its data",
        "kube/secrets.py",
        "        return problem.with_traceback(None)\n",
        "        return problem\n",
        (
            "tests/secrets/test_secrets_tracebacks.py::test_a_secret_that_cannot_be_used_shows_no_secret",
        ),
    ),
    Mutant(
        "what a host throws back has no secret in it, not even in two lines",
        "winrm/answer.py",
        "            text = re.sub(wrapped, STRUCK_OUT, text) if wrapped else text\n",
        "            text = text.replace(secret, STRUCK_OUT)\n",
        (
            "tests/secrets/test_secrets_echoes.py::test_a_secret_that_the_console_has_broken_is_struck_out",
        ),
    ),
    Mutant(
        "a request that is thrown back is struck out",
        "winrm/answer.py",
        "    text = _REQUEST_LINE.sub(STRUCK_OUT, text)\n",
        "",
        ("tests/secrets/test_secrets_echoes.py::test_an_answer_among_echoes",),
    ),
    Mutant(
        "a recording is redacted",
        "recorder.py",
        "            self._write(request.operation, redact(record, _secrets(endpoint, request)))\n",
        "            self._write(request.operation, record)\n",
        ("tests/cli/test_recorder.py::test_answers_are_played_again_without_the_secret",),
    ),
    Mutant(
        "a recording is redacted in names too",
        "recorder.py",
        "{redact(key, secrets): redact(inner, secrets)",
        "{key: redact(inner, secrets)",
        (
            "tests/cli/test_recorder.py::test_a_secret_that_a_server_uses_as_a_name_is_struck_out_as_well",
        ),
    ),
    Mutant(
        "a recording has no token in it",
        "recorder.py",
        "        value = _TOKEN.sub(STRUCK_OUT, without_secrets(value, secrets))\n",
        "        value = without_secrets(value, secrets)\n",
        ("tests/cli/test_recorder.py::test_tokens_that_a_test_shows_are_struck_out",),
    ),
    Mutant(
        "a recording is for its owner only",
        "recorder.py",
        "os.O_TRUNC, 0o600)",
        "os.O_TRUNC, 0o644)",
        ("tests/cli/test_recorder.py::test_answers_are_played_again_without_the_secret",),
    ),
    Mutant(
        "libraries that see the logon say nothing below WARNING",
        "logs.py",
        "    handler.addFilter(_Discreet())\n",
        "",
        (
            "tests/secrets/test_secrets_logs.py::test_a_logon_leaves_no_message_of_its_protocol_in_the_log",
        ),
    ),
    Mutant(
        "no logon stands in an audit, and no value without bounds",
        "trust/audit.py",
        '        name: shortened(shown(_LOGON_IN_URL.sub("", value)), LONGEST_VALUE)\n',
        "        name: value\n",
        ("tests/engine/test_engine_told.py",),
    ),
    Mutant(
        "no level silences the audit",
        "logs.py",
        "    logging.getLogger(AUDIT).setLevel(logging.INFO)\n",
        "",
        ("tests/cli/test_logs.py",),
    ),
    Mutant(
        "no log line is forged",
        "logs.py",
        "        line = shown(super().formatMessage(record))\n",
        "        line = super().formatMessage(record)\n",
        ("tests/texts/test_texts_net.py::test_no_log_line_is_forged",),
    ),
    Mutant(
        "a status shows what nobody would see",
        "kube/writer.py",
        "        body = in_all(to_json(status), shown)\n",
        "        body = to_json(status)\n",
        ("tests/texts/test_texts_net.py::test_poison_at_one_place_is_shown_or_left_out",),
    ),
    Mutant(
        "a control character is written out",
        "texts.py",
        "    return _escape(character) if hidden else character\n",
        "    return character\n",
        ("tests/texts/test_texts.py::test_what_nobody_would_see_is_written_out",),
    ),
    Mutant(
        "a message has no token in it",
        "texts.py",
        '    text = _TOKEN.sub("(token)", text)\n',
        "",
        ("tests/cli/test_recorder.py::test_a_token_in_an_error_does_not_come_into_the_status",),
    ),
)

_TRUST = (
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
        ("tests/kube/test_kube_parse.py::test_a_permission_needs_the_word_of_the_farms_owner",),
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

_WORK = (
    Mutant(
        "a refused logon is not tried again by itself within a day",
        "trust/logon.py",
        "    return asked or known.tried_at is None or now >= known.tried_at + DAY\n",
        "    return True\n",
        (
            "tests/engine/test_engine_failures.py::test_a_rejected_password_is_tried_once_and_on_one_host",
        ),
    ),
    Mutant(
        "an operator that is killed again and again locks no account",
        "trust/logon.py",
        "(known.digest is not None or known.unseen >= MOST_UNSEEN)",
        "known.digest is not None",
        (
            "tests/engine/test_engine_logon.py::test_operators_that_are_killed_again_and_again_lock_no_account",
        ),
    ),
    Mutant(
        "no status is written on the next object of the same name",
        "kube/writer.py",
        '        if body is None or body["metadata"]["uid"] != key.uid:\n',
        "        if body is None:\n",
        (
            "tests/kube/test_kube_writer.py::test_a_pass_does_not_write_on_the_next_object_of_the_same_name",
        ),
    ),
    Mutant(
        "no finalizer goes from the next object of the same name",
        "kube/finalizers.py",
        '        if body is None or body["metadata"]["uid"] != uid:\n',
        "        if body is None:\n",
        (
            "tests/kube/test_kube_two_writers.py::test_no_finalizer_is_put_on_the_next_object_of_the_same_name",
        ),
    ),
    Mutant(
        "the API server is asked past the proxies of the environment",
        "kube/client.py",
        '{"trust_env": False}',
        '{"trust_env": True}',
        ("tests/kube/test_kube_reader.py::test_no_proxy_of_the_environment_hears_of_the_cluster",),
    ),
    Mutant(
        "a Lease is certain for a time",
        "kube/lease.py",
        "self._held is not None and since < self._timing.certain",
        "self._held is not None",
        (
            "tests/kube/test_kube_lease.py"
            "::test_without_renewal_nothing_new_is_begun_long_before_another_one_may",
        ),
    ),
    Mutant(
        "nothing is written while the Lease is uncertain",
        "kube/client.py",
        "            self._before_write()\n",
        "            pass\n",
        ("tests/kube/test_kube_lease.py::test_what_is_uncertain_writes_nothing",),
    ),
    Mutant(
        "no run begins while the Lease is uncertain",
        "cli/remote.py",
        "            before_run()\n",
        "            pass\n",
        ("tests/kube/test_kube_lease.py::test_no_remote_run_begins_while_it_is_uncertain",),
    ),
    Mutant(
        "the doctor tries a refused logon on no other server",
        "cli/doctor.py",
        "            if logon in self.refused:\n",
        "            if False:\n",
        ("tests/cli/test_doctor_command.py::test_a_logon_that_was_refused_is_tried_nowhere_else",),
    ),
    Mutant(
        "nothing is exported from a list with gaps",
        "cli/inventory.py",
        "    if not status.undeclared_whole:\n",
        "    if False:\n",
        ("tests/cli/test_export.py::test_nothing_is_exported_from_a_list_that_is_not_whole",),
    ),
    Mutant(
        "what Enforce would change is exported with Observe",
        "cli/exported.py",
        "Mode.OBSERVE if draft.doubts or observe else",
        "Mode.OBSERVE if observe else",
        ("tests/cli/test_export.py::test_what_enforce_would_change_is_only_observed",),
    ),
    Mutant(
        "turns go round by namespace",
        "winrm/turns.py",
        "        namespace = self._served.get(waiter.asker.namespace, 0)\n",
        "        namespace = 0\n",
        (
            "tests/winrm/test_turns.py::test_64_silent_hosts_of_one_namespace_delay_another_by_one_run",
        ),
    ),
    Mutant(
        "a host that did not answer comes last",
        "winrm/turns.py",
        "            self._silent.add(host)\n",
        "            pass\n",
        ("tests/winrm/test_turns.py::test_a_host_that_did_not_answer_comes_last_but_not_never",),
    ),
    Mutant(
        "a downloaded archive is the one that the lock names",
        "partner_testbed/archives.py",
        "        _check(archive, file)\n",
        "",
        ("tests/testbed/test_archives.py::test_another_archive_is_refused_before_it_is_opened",),
        TOOLS,
    ),
    Mutant(
        "a downloaded package is the one that the lock names",
        "partner_testbed/debian.py",
        "    if hashlib.sha256(archive.read_bytes()).hexdigest() != package.sha256:\n",
        "    if False:\n",
        ("tests/testbed/test_debian.py::test_a_file_with_another_digest_is_refused",),
        TOOLS,
    ),
)

SECURITY = (*_TRANSPORT, *_ANSWERS, *_SECRETS, *_TRUST, *_WORK)
