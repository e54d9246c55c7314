"""The Exchange server of the simulated domain behind a WinRM service, with the real PowerShell in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.world import names, setup
from partner_simulator.world.domain import Domain
from partner_simulator.world.switches import Switches
from partner_simulator.world.world import World
from partner_simulator.wsman import Quotas, WsmanServer, WsmanSettings
from support.pwsh import find_pwsh
from support.waiting import eventually

HOST = names.EXCHANGE_HOSTS[0]
_SHORT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Inside:
    """A domain, and the engine that runs command lines on its machines."""

    domain: Domain
    engine: PowerShellEngine


@dataclass(frozen=True, slots=True)
class Exchange:
    """One Exchange server that listens on https and http."""

    server: WsmanServer
    user: str
    password: str
    ca_file: Path


@contextmanager
def powershell_inside() -> Iterator[Inside]:
    """Build the domain once; PowerShell starts with the first command."""
    folder = Path(tempfile.mkdtemp(prefix="clients-"))
    domain = setup.build(Switches())
    engine = PowerShellEngine(find_pwsh(), World(domain, folder))
    try:
        yield Inside(domain, engine)
    finally:
        engine.close()
        domain.network.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def exchange_in(
    folder: Path,
    inside: Inside,
    *,
    engine: CommandEngine | None = None,
    quotas: Quotas = Quotas(),  # noqa: B008  # frozen
) -> Iterator[Exchange]:
    """Listen; at the end there must be no shell and no operation. `engine`: instead of PowerShell's."""
    domain = inside.domain
    ca_file = folder / "domain-ca.pem"
    ca_file.write_text(domain.authority.pem)
    [account] = [known for known in domain.accounts.known if known.user == names.EXCHANGE_ADMIN]
    identity = domain.authority.issue_server([HOST])
    settings = WsmanSettings(allow_unencrypted=True, quotas=quotas)
    with WsmanServer(
        HOST, engine or inside.engine, domain.accounts, identity, http_port=0, settings=settings
    ) as server:
        yield Exchange(server, account.user, account.password, ca_file)
        wait_for_idle(server)
        assert server.counters.open_shells() == ()
        assert server.counters.open_operations() == ()


def wait_for_idle(server: WsmanServer) -> None:
    """Wait until shells that a client forgot are reaped, if the host's IdleTimeOut is short."""
    if server.settings.quotas.idle_timeout_seconds < _SHORT_SECONDS:
        eventually(lambda: not server.counters.open_shells())
