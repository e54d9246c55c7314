"""Lines that the way to a host rests on: TLS, redirects, proxies, the logon."""

from __future__ import annotations

from mutant import Mutant

_CELL = "tests/matrix/test_wire_cells.py::test_a_run_with_this_fault_ends_as_the_table_says"


TRANSPORT = (
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
