"""A logon reaches PowerShell as data on standard input: no process shows it, in its command line or around it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_operator.trust.model import Product
from partner_simulator.simulation import Simulation
from support.operated_domain import declared_server, held, logon, names_of
from support.pwsh import find_pwsh
from support.secrets.net import Net, read_processes
from support.secrets.search import found

pytestmark = pytest.mark.pwsh


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Command line and environment of every process that this one starts."""
    seen: list[str] = []
    real = subprocess.Popen.__init__

    def start(self: Any, command: Any, *arguments: Any, **options: Any) -> None:
        seen.append(f"{command} {options.get('env')}")
        real(self, command, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    return seen


@pytest.fixture
def simulation(started: list[str]) -> Iterator[Simulation]:
    """A domain whose PowerShell processes are all seen."""
    with Simulation(pwsh=find_pwsh()) as running, names_of(running):
        yield running


def test_no_process_shows_the_logon(
    simulation: Simulation, started: list[str], tmp_path: Path
) -> None:
    """Neither when it is started nor while a script holds the password in its hands."""
    server = declared_server(simulation, Product.EXCHANGE)
    credentials = logon(simulation, Product.EXCHANGE)
    net = Net()
    with held(server, credentials, tmp_path) as running:
        read_processes(net)
    answer = running.result()
    assert answer.data == {"length": len(credentials.password)}
    assert net.caught("a process's command line")
    assert net.caught("a process's environment")
    assert net.lift() == []
    assert any("pwsh" in text for text in started)
    assert not found("\n".join(started), (credentials.password,))
    assert not found(simulation.transcript(), (credentials.password,))
    assert "-EncodedCommand" in simulation.transcript()
