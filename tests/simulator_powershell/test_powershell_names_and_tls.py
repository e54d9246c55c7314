"""Scripts fetch documents by name: the world resolves, TLS is checked against the name."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import CommandEngine
from support.world.powershell import LYNC, TinyWorld, run

NAME = "autodiscover.litwareinc.com"

FETCH = f"""
$request = [Net.HttpWebRequest][Net.WebRequest]::Create('https://{NAME}/autodiscover/metadata/json/1')
$request.Timeout = 20000; $request.ReadWriteTimeout = 20000; $request.AllowAutoRedirect = $false
$request.Proxy = $null
try {{
    $response = $request.GetResponse()
    $reader = New-Object IO.StreamReader $response.GetResponseStream()
    $reader.ReadToEnd()
    $response.Close()
}}
catch {{
    $cause = $_.Exception
    while ($cause.InnerException) {{
        $cause = $cause.InnerException
        if ($cause -is [Net.WebException]) {{ $status = $cause.Status }}
    }}
    "$status | $($cause.GetType().Name) | $($cause.Message)"
}}
"""


@dataclass
class Site:
    """A TLS server on loopback."""

    port: int
    hosts: list[str]


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    return CertificateAuthority()


def serve(authority: CertificateAuthority, name: str, folder: Path) -> tuple[Any, Site]:
    """Serve the Host header back, under a certificate for `name` and for every loopback address."""
    hosts: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            body = f'{{"host":"{self.headers["Host"]}","path":"{self.path}"}}'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    identity = authority.issue_server([name])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (folder / "server.pem").write_text(identity.chain_pem + identity.key_pem)
    context.load_cert_chain(folder / "server.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, Site(server.server_address[1], hosts)


@pytest.fixture
def site(authority: CertificateAuthority, tmp_path: Path) -> Iterator[Site]:
    server, site = serve(authority, NAME, tmp_path)
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def impostor(authority: CertificateAuthority, tmp_path: Path) -> Iterator[Site]:
    server, site = serve(authority, "other.litwareinc.com", tmp_path)
    yield site
    server.shutdown()
    server.server_close()


def resolving(world: TinyWorld, port: int, trusted: Path | None) -> None:
    """Let the world know the name, and the machine trust that CA."""
    world.answers["resolve"] = lambda asked: (
        {"address": "127.0.0.1", "port": port} if asked == {"host": NAME, "port": 443} else None
    )
    variables = {"SSL_CERT_FILE": str(trusted)} if trusted else {}
    world.answers["environment"] = {"variables": variables}


@pytest.fixture
def trusted(authority: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text(authority.pem)
    return path


@pytest.mark.pwsh
def test_a_document_is_fetched_by_the_name_that_was_asked_for(
    engine: CommandEngine, world: TinyWorld, site: Site, trusted: Path
) -> None:
    resolving(world, site.port, trusted)
    expected = f'{{"host":"{NAME}:443","path":"/autodiscover/metadata/json/1"}}'
    assert run(engine, FETCH, LYNC).lines == [expected]
    http_form = FETCH.replace("[Net.WebRequest]", "[Net.HttpWebRequest]")
    assert run(engine, http_form, LYNC).lines == [expected]
    assert site.hosts == [f"{NAME}:443"] * 2


@pytest.mark.pwsh
def test_a_certificate_for_another_name_is_refused(
    engine: CommandEngine, world: TinyWorld, impostor: Site, trusted: Path
) -> None:
    """Although it names the address that the connection really goes to."""
    resolving(world, impostor.port, trusted)
    ended = run(engine, FETCH, LYNC)
    assert ended.stdout.split(" | ")[1] == "AuthenticationException"
    assert impostor.hosts == []


@pytest.mark.pwsh
def test_a_certificate_of_an_unknown_ca_is_refused(
    engine: CommandEngine, world: TinyWorld, site: Site
) -> None:
    resolving(world, site.port, None)
    ended = run(engine, FETCH, LYNC)
    assert ended.stdout.split(" | ")[1] == "AuthenticationException"
    assert site.hosts == []


@pytest.mark.pwsh
def test_machines_with_different_trust_get_different_answers(
    engine: CommandEngine, world: TinyWorld, site: Site, trusted: Path
) -> None:
    """OpenSSL reads its store once per process, so processes are not shared between them."""
    for ca in (trusted, None, trusted):
        resolving(world, site.port, ca)
        assert ("autodiscover/metadata" in run(engine, FETCH, LYNC).stdout) == (ca is not None)


@pytest.mark.pwsh
def test_an_unknown_name_cannot_be_resolved(engine: CommandEngine, world: TinyWorld) -> None:
    ended = run(engine, FETCH, LYNC)
    assert ended.lines == [
        f"NameResolutionFailure | NameLost | The remote name could not be resolved: '{NAME}'"
    ]
    assert ("resolve", {"host": NAME, "port": 443}) in world.asked
