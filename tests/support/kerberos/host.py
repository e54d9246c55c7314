"""A WinRM host that takes tickets, in a process of its own; what it is told comes as JSON lines.

Prints {"port": ...} first, then one line for each line it is given.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.wsman import (
    ChannelBinding,
    Fault,
    Step,
    Tally,
    WsmanServer,
    WsmanSettings,
    fault_actions,
)
from partner_simulator.wsman.kerberos import KerberosAcceptor
from support.pwsh import find_pwsh
from support.world.powershell import TinyWorld
from support.wsman.echo_engine import EchoDirectory


def main() -> None:
    """Serve until standard input ends."""
    asked = json.loads(sys.stdin.readline())
    authority = CertificateAuthority("KERBEROS-TEST-CA")
    settings = WsmanSettings(
        offered_schemes=("Negotiate", "Kerberos", "CredSSP"),
        kerberos_keytab=Path(asked["keytab"]),
    )
    directory = EchoDirectory(asked["accounts"])
    engine = PowerShellEngine(find_pwsh(), TinyWorld())
    tls = authority.issue_server(["localhost"])
    with WsmanServer("localhost", engine, directory, tls, http_port=0, settings=settings) as server:
        told: dict[str, Callable[[Any], Any]] = {
            "settings": lambda changes: _set(server, changes),
            "counters": lambda _: _counters(server, directory),
            "spoil": _spoil,
            "forget_blame": lambda _: _forgotten(directory.failures),
            "ask_again": lambda step: _ask_again(server, Step(step)),
            "certificate": lambda _: server.use_certificate(authority.issue_server(["localhost"])),
        }
        _say({"port": server.port, "http_port": server.http_port, "ca": authority.pem})
        for line in sys.stdin:
            _say(_obey(told, json.loads(line)))
    engine.close()


def _obey(told: dict[str, Callable[[Any], Any]], order: dict[str, Any]) -> Any:
    [(name, argument)] = order.items()
    return told[name](argument)


def _set(server: WsmanServer, changes: dict[str, Any]) -> None:
    if "channel_binding" in changes:
        changes["channel_binding"] = ChannelBinding(changes["channel_binding"])
    if "offered_schemes" in changes:
        changes["offered_schemes"] = tuple(changes["offered_schemes"])
    server.settings = replace(server.settings, **changes)


def _forgotten(failures: list[tuple[str, str]]) -> list[tuple[str, str]]:
    had = list(failures)
    failures.clear()
    return had


def _ask_again(server: WsmanServer, step: Step) -> None:
    """At this step, once, the host has forgotten who the connection belongs to."""
    server.faults.add(Fault(step, fault_actions.Unauthorized()))


def _counters(server: WsmanServer, directory: EchoDirectory) -> dict[str, Any]:
    counters = server.counters
    return {
        "accepted": counters.count(Tally.LOGONS_ACCEPTED),
        "rejected": counters.count(Tally.LOGONS_REJECTED),
        "requests": counters.count(Tally.REQUESTS),
        "commands": counters.count(Tally.COMMANDS_STARTED),
        "shells": len(counters.open_shells()),
        "operations": len(counters.open_operations()),
        "opened": {
            user: counters.count(Tally.SHELLS_OPENED, user=user) for user in directory.passwords
        },
        "sealed": sum(record.sealed for record in counters.requests()),
        "clear": sum(bool(record.shell_id) and not record.sealed for record in counters.requests()),
        "delegated": _delegated,
        "blamed": directory.failures,
        "steps": [record.step.value for record in counters.requests()],
    }


_HONEST = KerberosAcceptor.step
_delegated: list[str] = []
"""Who handed the host a ticket to act with."""


def _watched(self: KerberosAcceptor, token: bytes, application_data: bytes | None) -> bytes:
    reply = _HONEST(self, token, application_data)
    if self.delegated:
        _delegated.append(self.user)
    return reply


def _spoil(how: str) -> None:
    """Make the host a liar: its proof is "missing", "garbled", or (empty) as it should be."""

    def spoilt(self: KerberosAcceptor, token: bytes, application_data: bytes | None) -> bytes:
        reply = _HONEST(self, token, application_data)
        return b"" if how == "missing" else reply[:-8] + bytes(8)

    KerberosAcceptor.step = spoilt if how else _watched  # type: ignore[method-assign]


def _say(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
