"""The bare wire: HTTP manners, foreign envelopes, hostile XML, Identify, counters and the log."""

from __future__ import annotations

import dataclasses
import http.client
import socket
import ssl
from dataclasses import replace

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import Quotas, Step, Tally, WsmanServer, command_hash
from support.wsman.bench import BOMB, HOST, PASSWORD, SHELL, TRANSFER, USER, Bench, envelope
from support.wsman.echo_engine import EchoDirectory, EchoEngine

SOAP_HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8"}
IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/>'
    b"<s:Body><i:Identify/></s:Body></s:Envelope>"
)


def _ask(
    bench: Bench, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Ask over HTTPS without logging on."""
    context = ssl.create_default_context(cafile=str(bench.ca_file))
    client = http.client.HTTPSConnection("127.0.0.1", bench.server.port, context=context)
    try:
        client.request(method, path, body=body, headers=headers or {})
        reply = client.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, found, reply.read()
    finally:
        client.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/powershell", 404),
        ("GET", "/wsman", 405),
        ("POST", "/WSMan?PSVersion=5.1", 401),
        ("POST", "/wsman", 401),
    ],
)
def test_paths_and_methods(bench: Bench, method: str, path: str, status: int) -> None:
    """Only POST to /wsman, in any letter case, gets as far as a logon."""
    got, headers, _ = _ask(bench, method, path, b"", SOAP_HEADERS)
    assert (got, headers["server"]) == (status, "Microsoft-HTTPAPI/2.0")


def test_challenge_offers_schemes_and_keeps_the_connection(bench: Bench) -> None:
    """401 has one header per scheme, an empty body and a length, and no Connection: close."""
    context = ssl.create_default_context(cafile=str(bench.ca_file))
    client = http.client.HTTPSConnection("127.0.0.1", bench.server.port, context=context)
    for _ in range(2):
        client.request("POST", "/wsman", body=b"x", headers=SOAP_HEADERS)
        reply = client.getresponse()
        assert reply.read() == b""
        assert reply.headers.get_all("WWW-Authenticate") == ["Negotiate", "CredSSP"]
        assert reply.headers["Content-Length"] == "0"
    client.close()
    assert bench.server.counters.count(Tally.CONNECTIONS) == 1


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /wsman HTTP/1.1\r\nHost: x\r\n\r\n", b"411"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_malformed_http(bench: Bench, head: bytes, status: bytes) -> None:
    """What cannot be read is refused before any body is taken, and the connection ends."""
    context = ssl.create_default_context(cafile=str(bench.ca_file))
    with (
        socket.create_connection(("127.0.0.1", bench.server.port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(head)
        reply = b""
        while part := client.recv(4096):
            reply += part
    assert reply.split()[1] == status


@pytest.mark.parametrize("body", [b"", b"<a", b"<a/>", BOMB, b"\xff\xfe", b"<a>" * 20_000])
def test_what_is_no_envelope_is_a_bad_request(bench: Bench, body: bytes) -> None:
    """Malformed XML and document types get 400 (an empty body is a mere logon: 200)."""
    reply = bench.session().post(bench.server.url, data=body)
    assert reply.status_code == (400 if body else 200)
    assert reply.content == b""


def test_wrong_content_type_is_refused(bench: Bench) -> None:
    """SOAP must say that it is SOAP."""
    reply = bench.session().post(
        bench.server.url, data=envelope(TRANSFER + "Create"), headers={"Content-Type": "text/xml"}
    )
    assert reply.status_code == 415


def test_foreign_prefixes_several_arguments_and_own_command_id(bench: Bench) -> None:
    """Any prefixes, Go's many Arguments and CDATA, Ruby's CommandId: matched by URI and honoured."""
    session, url = bench.session(), bench.server.url
    created = session.post(url, data=envelope(TRANSFER + "Create", "<R:Shell/>"))
    assert created.status_code == 200
    assert f"<a:Action>{TRANSFER}CreateResponse</a:Action>".encode() in created.content
    relation = b"<a:RelatesTo>uuid:00000000-0000-0000-0000-00000000000A</a:RelatesTo>"
    assert relation in created.content
    shell = created.text.split('Name="ShellId">')[1].split("<")[0]
    assert shell == shell.upper()
    identifier = "0f0f0f0f-0000-4000-8000-0123456789ab"
    started = session.post(
        url,
        data=envelope(
            SHELL + "/Command",
            f'<R:CommandLine CommandId="{identifier}"><R:Command>echo</R:Command>'
            "<R:Arguments><![CDATA[<a & b>]]></R:Arguments><R:Arguments>c</R:Arguments>"
            "</R:CommandLine>",
            shell_id=shell.lower(),
        ),
    )
    assert identifier.upper() in started.text
    assert bench.engine.started[0][1] == "echo <a & b> c"
    for code in ("Ctrl_C", "Terminate"):
        reply = session.post(
            url,
            data=envelope(
                SHELL + "/Signal",
                f'<R:Signal CommandId="{identifier}"><R:Code>{SHELL}/signal/{code}</R:Code></R:Signal>',
                shell_id=shell,
            ),
        )
        assert b"<rsp:SignalResponse/>" in reply.content
    deleted = session.post(url, data=envelope(TRANSFER + "Delete", shell_id=shell))
    assert (deleted.status_code, b"<s:Body></s:Body>" in deleted.content) == (200, True)


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        (envelope(TRANSFER + "Create", resource="http://x/Microsoft.Exchange"), 2150858811),
        (envelope(TRANSFER + "Enumerate"), 2150858767),
        (
            envelope(TRANSFER + "Create", headers="<W:OperationTimeout>5</W:OperationTimeout>"),
            2150858767,
        ),
        (
            envelope(TRANSFER + "Create", "<R:Shell><R:IdleTimeOut>9</R:IdleTimeOut></R:Shell>"),
            2150858767,
        ),
        (
            envelope(TRANSFER + "Create", headers="<W:MaxEnvelopeSize>x</W:MaxEnvelopeSize>"),
            2150858767,
        ),
        (envelope(TRANSFER + "Create", "x" * 600_000), 2150858817),
        (envelope(SHELL + "/Command", shell_id="NONE"), 2150858843),
    ],
)
def test_requests_that_get_a_fault(bench: Bench, request_body: bytes, code: int) -> None:
    """Each mistake has the fault that Windows gives, in a 500, with nothing opened."""
    reply = bench.session().post(bench.server.url, data=request_body)
    assert reply.status_code == 500
    assert (
        f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}"'
        in reply.text
    )
    record = bench.server.counters.requests()[-1]
    assert (record.status, record.fault_code) == (500, code)


@pytest.mark.parametrize(
    "stream",
    [
        '<R:Stream Name="stdout" CommandId="{}">QQ==</R:Stream>',
        '<R:Stream Name="stdin" CommandId="{}">!!!</R:Stream>',
    ],
)
def test_bad_input_streams_are_refused(bench: Bench, stream: str) -> None:
    """Wrong stream or illegal base64: parameter error, and no byte reaches the command."""
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "cat")
    body = f"<R:Send>{stream.format(command)}</R:Send>"
    reply = bench.session().post(
        bench.server.url, data=envelope(SHELL + "/Send", body, shell_id=shell)
    )
    assert 'Code="87"' in reply.text
    assert bench.engine.started[0][2].stdin == b""
    client.close_shell(shell)


def test_identify_without_a_logon_hides_the_version(bench: Bench) -> None:
    """The reachability probe: unauthenticated without version, authenticated with it."""
    headers = SOAP_HEADERS | {"WSMANIDENTIFY": "unauthenticated"}
    status, _, body = _ask(bench, "POST", "/wsman", IDENTIFY, headers)
    assert status == 200
    assert b"OS: 0.0.0" in body
    assert bench.server.counters.requests(step=Step.IDENTIFY)[0].user == ""
    reply = bench.session().post(bench.server.url, data=IDENTIFY)
    assert "Microsoft Corporation" in reply.text
    assert "OS: 6.2.9200" in reply.text


def test_anonymous_header_does_not_open_anything_else(bench: Bench) -> None:
    """Only Identify may come without a logon."""
    headers = SOAP_HEADERS | {"WSMANIDENTIFY": "unauthenticated"}
    assert _ask(bench, "POST", "/wsman", envelope(TRANSFER + "Create"), headers)[0] == 401


def test_only_loopback() -> None:
    """The simulator never listens where others can reach it."""
    tls = CertificateAuthority().issue_server([HOST])
    for address in ("0.0.0.0", "192.0.2.1", "::"):  # noqa: S104 - refusing it is the point
        with pytest.raises(ValueError, match="loopback"):
            WsmanServer(HOST, EchoEngine(), EchoDirectory(), tls, address=address)


def test_hosts_have_addresses_and_counters_of_their_own(authority: CertificateAuthority) -> None:
    """Two hosts may share faults and counters and still be told apart."""
    engine, directory = EchoEngine(), EchoDirectory({USER: PASSWORD})
    first = WsmanServer("a", engine, directory, authority.issue_server(["a"]))
    second = WsmanServer(
        "b",
        engine,
        directory,
        authority.issue_server(["b"]),
        address="127.0.0.2",
        faults=first.faults,
        counters=first.counters,
    )
    with first, second:
        assert second.url == f"https://127.0.0.2:{second.port}/wsman"
        with socket.create_connection(("127.0.0.2", second.port)):
            assert second.wait_for_connections(1, timeout_seconds=60)
        with pytest.raises(LookupError):
            assert first.http_port
    assert first.counters.count(Tally.CONNECTIONS, "a") == 0
    assert first.counters.count(Tally.CONNECTIONS, "b") == 1


def test_log_knows_commands_by_hash_only(bench: Bench) -> None:
    """Neither command lines, nor input, nor output, nor passwords are in counters or log."""
    bench.run("cat", b"SECRET-INPUT")
    bench.run("echo SECRET-ARGUMENT")
    records = bench.server.counters.requests(HOST)
    text = repr([dataclasses.asdict(record) for record in records])
    for secret in ("SECRET", PASSWORD, "echo"):
        assert secret not in text
    hashes = {record.command_hash for record in records if record.step is Step.RECEIVE}
    assert hashes == {command_hash("cat"), command_hash("echo SECRET-ARGUMENT")}
    assert bench.server.counters.count(Tally.BYTES_IN, HOST, USER) > 0


def test_envelope_limit_is_the_services(bench: Bench) -> None:
    """MaxEnvelopeSizekb of 2008 R2 refuses what newer hosts take."""
    quotas = replace(Quotas(), max_envelope_bytes=150 * 1024)
    bench.server.settings = replace(bench.server.settings, quotas=quotas)
    reply = bench.session().post(
        bench.server.url, data=envelope(TRANSFER + "Create", "x" * 160_000)
    )
    assert "EncodingLimit" in reply.text
