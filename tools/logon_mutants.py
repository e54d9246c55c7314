"""Lines that say where a logon may go and how often it is tried, each in a broken form, and its test."""

from __future__ import annotations

from mutant import Mutant

LOGONS = (
    Mutant(
        "a partner by URL needs the word of the server's owner",
        "trust/allowed_partners.py",
        "    if application.deleting or partner.server_name is not None:\n",
        "    if True:\n",
        ("tests/engine/test_engine_allowed.py", "tests/kube/test_kube_parse_owner.py"),
    ),
    Mutant(
        "a wildcard names whole labels",
        "trust/allowed.py",
        "name.endswith(pattern[1:])",
        "name.endswith(pattern[2:])",
        ("tests/trust/test_allowed.py",),
    ),
    Mutant(
        "hosts are compared in their ASCII form",
        "trust/allowed.py",
        "each if each.isascii() else idna.alabel(each).decode()",
        "each",
        ("tests/trust/test_allowed.py",),
    ),
    Mutant(
        "the owner's word is read again right before a registration",
        "engine/making.py",
        "    by_url = draft.desired.partner.server_name is None\n",
        "    by_url = False\n",
        ("tests/engine/test_engine_allowed.py",),
    ),
    Mutant(
        "no other Secret is a logon",
        "kube/secrets.py",
        '    if secret.get("type") != LOGON_TYPE:\n',
        "    if False:\n",
        ("tests/kube/test_kube_secrets.py",),
    ),
    Mutant(
        "a password is sent to no host that its Secret does not name",
        "engine/ports/credentials.py",
        "        if fault is not None or is_allowed(host, self.hosts):\n",
        "        if True:\n",
        ("tests/products/test_remote_allowed.py",),
    ),
    Mutant(
        "every run asks whether the logon may go there",
        "products/remote.py",
        "        fault = credentials.fault(server, self.host)\n",
        "        fault = None\n",
        ("tests/products/test_remote_allowed.py",),
    ),
    Mutant(
        "the operator logs on to no other port",
        "trust/allowed.py",
        "        if port not in self.ports:\n",
        "        if False:\n",
        ("tests/trust/test_allowed.py", "tests/products/test_remote_allowed.py"),
    ),
    Mutant(
        "a remembered logon does not outlive the word of its Secret",
        "engine/logon.py",
        "        withdrawn = problem.obstacle.reason is Reason.HOST_NOT_ALLOWED\n",
        "        withdrawn = False\n",
        ("tests/engine/test_engine_allowed.py",),
    ),
    Mutant(
        "a foreign host that answers for our organisation is not believed",
        "engine/believed.py",
        "        return any(same(host, member) for member in work.observed.members)\n",
        "        return True\n",
        ("tests/engine/test_engine_elsewhere.py",),
    ),
    Mutant(
        "who is not believed inherits nothing",
        "engine/removal.py",
        "        if not alike or not is_believed(work, server):\n",
        "        if not alike:\n",
        ("tests/engine/test_engine_elsewhere.py",),
    ),
    Mutant(
        "a public certificate proves nothing",
        "engine/identity.py",
        "    return known and work.rules.same_organization(",
        "    return work.rules.same_organization(",
        ("tests/liars/test_liars_other_organization.py",),
    ),
    Mutant(
        "a word of a human is one more try and no second one",
        "trust/logon.py",
        "    asked = word is not None and word != known.word\n",
        "    asked = word is not None\n",
        ("tests/engine/test_engine_logon.py",),
    ),
    Mutant(
        "a logon is tried only once its try is remembered",
        "engine/logon.py",
        "    await work.save_server()\n    uid = work.server.key.uid\n",
        "    uid = work.server.key.uid\n",
        ("tests/engine/test_engine_logon.py",),
    ),
    Mutant(
        "after a refusal, a try whose end nobody saw is the only one",
        "trust/logon.py",
        "        unseen = MOST_UNSEEN\n",
        "        unseen = 1\n",
        ("tests/engine/test_engine_logon.py",),
    ),
)
