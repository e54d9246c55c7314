"""A simulated WinRM host per test, and the request that tests send to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from partner_operator.winrm import Authentication, Endpoint, RemoteRequest
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import WsmanServer
from support.winrm.frames import readdressed, success
from support.wsman.echo_engine import Answer, Chunk, EchoDirectory, EchoEngine, fixed

HOST = "localhost"
USER = "LITWAREINC\\exadmin"
PASSWORD = "P\u00e4:ssw0rd! \u20ac"


@dataclass
class Host:
    """One WinRM host whose PowerShell says what a test wants."""

    server: WsmanServer
    engine: EchoEngine
    directory: EchoDirectory
    authority: CertificateAuthority
    request: RemoteRequest
    shells_may_remain: bool = False

    def says(self, answer: Answer) -> None:
        """Answer every PowerShell run with this; frames made for no request become answers to its own."""
        self.engine.respond("powershell.exe", lambda stdin: _to_its_request(answer, stdin))

    def prints(self, stdout: bytes = b"", stderr: bytes = b"", code: int = 0) -> None:
        """Answer every PowerShell run with this output."""
        self.says(fixed(stdout, stderr, code))

    def endpoint(self, authentication: Authentication = "ntlm", **changes: Any) -> Endpoint:
        """Where and as whom to log on."""
        endpoint = Endpoint(
            HOST, self.server.port, authentication, USER, PASSWORD, self.authority.pem
        )
        return replace(endpoint, **changes)

    def asked(self, **changes: Any) -> RemoteRequest:
        """The usual request, changed."""
        return replace(self.request, **changes)


def _to_its_request(answer: Answer, stdin: bytes) -> tuple[Sequence[Chunk], int | None]:
    parts, code = answer(stdin)
    whole = readdressed(b"".join(part.stdout for part in parts), stdin)
    cut, place = [], 0
    for part in parts:
        cut.append(replace(part, stdout=whole[place : place + len(part.stdout)]))
        place += len(part.stdout)
    return cut, code


@contextmanager
def host_of(authority: CertificateAuthority) -> Iterator[Host]:
    """A running host; at the end no shell may be left on it."""
    engine, directory = EchoEngine(), EchoDirectory({USER: PASSWORD})
    identity = authority.issue_server([HOST])
    request = RemoteRequest("observe", "@{}", {"a": 1}, {"p": "hunter2"}, 30.0, 1.0)
    with WsmanServer(HOST, engine, directory, identity) as server:
        made = Host(server, engine, directory, authority, request)
        made.prints(success({"a": "b"}))
        yield made
        if not made.shells_may_remain:
            assert server.counters.open_shells() == ()
        server.faults.clear()
