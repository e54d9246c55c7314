"""A WinRM service of one host with an echo engine, and pywinrm clients to try it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import requests
from requests_ntlm import HttpNtlmAuth
from winrm.protocol import Protocol

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import WsmanServer
from support.wsman.echo_engine import EchoDirectory, EchoEngine

Transport = Literal["ntlm", "credssp"]

HOST = "ex1.litwareinc.com"
USER = "LITWAREINC\\exadmin"
OTHER_USER = "LITWAREINC\\second"
PASSWORD = "Pä:ssw0rd! \u20ac"

_ENVELOPE = """<E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope"
 xmlns:A="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:W="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:R="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><E:Header>
 <A:Action E:mustUnderstand="true">{action}</A:Action>
 <A:MessageID>uuid:{message_id}</A:MessageID>
 <W:ResourceURI>{resource}</W:ResourceURI>{headers}
 <W:SelectorSet><W:Selector Name="ShellId">{shell}</W:Selector></W:SelectorSet></E:Header>
 <E:Body>{body}</E:Body></E:Envelope>"""

TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;</s:Body></s:Envelope>'
)
"""An envelope whose document type defines entities."""


def envelope(
    action: str,
    body: str = "",
    *,
    shell_id: str = "",
    headers: str = "",
    resource: str = SHELL + "/cmd",
    message_id: str = "00000000-0000-0000-0000-00000000000A",
) -> bytes:
    """Write a request with prefixes that no known client uses."""
    text = _ENVELOPE.format(
        action=action,
        message_id=message_id,
        resource=resource,
        headers=headers,
        shell=shell_id,
        body=body,
    )
    return text.encode()


@dataclass
class Bench:
    """One host and what surrounds it."""

    server: WsmanServer
    engine: EchoEngine
    directory: EchoDirectory
    authority: CertificateAuthority
    ca_file: Path
    shells_may_remain: bool = False
    """Set by tests that leave a shell behind on purpose."""
    _closers: list[Any] = field(default_factory=list)

    def protocol(
        self,
        transport: Transport = "ntlm",
        *,
        user: str = USER,
        password: str = PASSWORD,
        plain: bool = False,
        **options: Any,
    ) -> Protocol:
        """Return a pywinrm client; short timeouts unless told otherwise."""
        defaults = {"operation_timeout_sec": 2, "read_timeout_sec": 8, "proxy": None}
        url = f"http://127.0.0.1:{self.server.http_port}/wsman" if plain else self.server.url
        made = Protocol(
            url,
            transport=transport,
            username=user,
            password=password,
            ca_trust_path=str(self.ca_file),
            **(defaults | options),
        )
        self._closers.append(made.transport.close_session)
        return made

    def session(self) -> requests.Session:
        """Return a bare HTTPS client that logs on with NTLM."""
        made = requests.Session()
        made.trust_env = False
        made.verify = str(self.ca_file)
        made.auth = HttpNtlmAuth(USER, PASSWORD)
        made.headers["Content-Type"] = "application/soap+xml;charset=UTF-8"
        self._closers.append(made.close)
        return made

    def run(
        self, line: str, stdin: bytes | None = None, client: Protocol | None = None
    ) -> tuple[bytes, bytes, int]:
        """Run one command line from Create to Delete."""
        protocol = client or self.protocol()
        shell = protocol.open_shell(codepage=65001)
        command = protocol.run_command(shell, line, console_mode_stdin=False)
        if stdin is not None:
            for start in range(0, max(len(stdin), 1), 200_000):
                piece = stdin[start : start + 200_000]
                last = start + 200_000 >= len(stdin)
                protocol.send_command_input(shell, command, piece, end=last)
        stdout, stderr, code = protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
        protocol.close_shell(shell)
        return stdout, stderr, code

    def close(self) -> None:
        """Close all clients."""
        for closer in self._closers:
            closer()


@contextmanager
def bench_in(folder: Path, authority: CertificateAuthority) -> Iterator[Bench]:
    """Run a host with both listeners; at the end there must be no shell and no operation."""
    ca_file = folder / "ca.pem"
    ca_file.write_text(authority.pem)
    directory = EchoDirectory(
        {USER: PASSWORD, "exadmin@litwareinc.com": PASSWORD, OTHER_USER: "other"}
    )
    engine = EchoEngine()
    server = WsmanServer(HOST, engine, directory, authority.issue_server([HOST]), http_port=0)
    with server:
        bench = Bench(server, engine, directory, authority, ca_file)
        try:
            yield bench
            if not bench.shells_may_remain:
                assert server.counters.open_shells() == ()
                assert server.counters.open_operations() == ()
        finally:
            bench.close()
            server.faults.clear()
    assert server.counters.open_shells() == ()
