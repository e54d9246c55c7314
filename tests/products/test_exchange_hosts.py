"""host_state.ps1 and restart.ps1 of Exchange, in a real PowerShell."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import PROBES, ExchangeOperations
from partner_operator.trust.model import HostState, RestartReport
from partner_operator.trust.reasons import Reason
from support.scripts.exchange import CREDENTIALS
from support.scripts.stubs import Code, Stubs
from support.trust.worlds import server

pytestmark = pytest.mark.pwsh
NOBODY = "127.0.0.1"
"""A host on whose HTTPS port nobody answers."""
EARLY = datetime(2026, 11, 25, 6, 0, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 25, 7, 30, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 25, 7, 0, 0, tzinfo=UTC)
OLD = [{"CreationDate": EARLY}]


def machine(workers: Any, services: Any) -> Stubs:
    """A machine with these worker processes and services."""
    stubs = Stubs()
    stubs.tool("Get-CimInstance", "ClassName Filter", workers)
    stubs.tool("Get-Service", "Name", services)
    return stubs


def service(name: str, status: str = "Running") -> dict[str, Any]:
    """A service as Get-Service shows it: its status is an enum."""
    return {"Name": name, "Status": Code(f"[ServiceProcess.ServiceControllerStatus]::{status}")}


async def look(stubs: Stubs) -> HostState:
    """Run host_state.ps1 as the engine would."""
    return await ExchangeOperations(stubs.run).on(server(), CREDENTIALS, NOBODY).host_state()


async def test_the_oldest_worker_counts() -> None:
    """A host is pending while its oldest worker is older than the change (rule 7)."""
    workers = [{"CreationDate": LATE}, {"CreationDate": EARLY}, {"CreationDate": LATE}]
    state = await look(machine(workers, [service("W3SVC")]))
    assert state.workers_started_at == EARLY
    assert state.clock.year >= 2026


@pytest.mark.parametrize("workers", [[], None])
async def test_no_worker_is_no_start(workers: Any) -> None:
    """Stopped workers hold no old configuration."""
    state = await look(machine(workers, [service("W3SVC")]))
    assert state.workers_started_at is None


async def test_a_worker_of_unknown_age_is_not_taken_for_a_new_one() -> None:
    """It may hold the old configuration: nothing is said about the host at all."""
    stubs = machine([{"CreationDate": LATE}, {"CreationDate": None}], [service("W3SVC")])
    with pytest.raises(OperationFailed, match="does not tell"):
        await look(stubs)


async def test_running_services_of_exchange_and_iis_are_told() -> None:
    """Only what runs, and only what a restart touches."""
    services = [
        service("W3SVC"),
        service("WAS"),
        service("MSExchangeIS"),
        service("MSExchangeTransport", "Stopped"),
        service("Spooler"),
        service("msexchangerpc"),
    ]
    state = await look(machine([], services))
    assert state.running_services == {"W3SVC", "WAS", "MSExchangeIS", "msexchangerpc"}


async def test_a_single_service_stays_a_list() -> None:
    """C11 on another list."""
    state = await look(machine([], service("WAS")))
    assert state.running_services == {"WAS"}


async def test_probes_that_nobody_answers_say_none() -> None:
    """A refused connection is an answer of its own kind, and no failure of the run."""
    state = await look(machine([], [service("WAS")]))
    assert state.answers == dict.fromkeys(PROBES, "none")


async def test_an_unreadable_process_list_is_a_failure() -> None:
    """Not to be taken for 'no worker runs', which would count as restarted."""
    stubs = machine(Code("Write-Error 'Access denied'"), [])
    with pytest.raises(OperationFailed, match="Access denied"):
        await look(stubs)


async def test_ports_that_are_listened_on_are_told_and_no_others() -> None:
    """Whatever else listens on the machine."""
    with socket.socket() as listener, socket.socket() as other:
        for one in (listener, other):
            one.bind(("127.0.0.1", 0))
            one.listen()
        stubs = machine([], [service("WAS")])
        ports = (listener.getsockname()[1], 1)
        with patch("partner_operator.products.exchange.operations.PORTS", ports):
            state = await look(stubs)
    assert state.listeners == {ports[0]}


def with_iisreset(folder: Path, body: str, workers: Any = OLD) -> Stubs:
    """Put an iisreset.exe under `windir`, on a machine with these workers."""
    program = folder / "System32" / "iisreset.exe"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    stubs = machine(workers, [])
    stubs.environment = {"windir": str(folder)}
    return stubs


async def restart(stubs: Stubs) -> RestartReport:
    """Run restart.ps1 as the engine would."""
    return await ExchangeOperations(stubs.run).on(server(), CREDENTIALS, NOBODY).restart(SINCE)


async def test_iisreset_that_ends_with_zero_is_a_restart(tmp_path: Path) -> None:
    """Its words do not matter (they are localised), nor does standard error."""
    arguments = tmp_path / "arguments"
    stubs = with_iisreset(
        tmp_path, f'echo "$@" >> {arguments}\necho "Fehler?" >&2\necho "Neu gestartet"\nexit 0'
    )
    now = datetime.now(UTC)
    report = await restart(stubs)
    assert report.restarted
    assert abs(report.clock - now) < timedelta(minutes=1)
    assert arguments.read_text() == "/RESTART /TIMEOUT:120\n"


@pytest.mark.parametrize(
    "workers",
    [
        [],
        [{"CreationDate": SINCE + timedelta(seconds=1)}],
        [{"CreationDate": SINCE + timedelta(seconds=2)}, {"CreationDate": LATE}],
    ],
    ids=["none", "just young", "young"],
)
async def test_where_all_workers_are_young_nothing_is_restarted(
    tmp_path: Path, workers: Any
) -> None:
    """C30: the other operator was first. The script looks under the mutex."""
    arguments = tmp_path / "arguments"
    stubs = with_iisreset(tmp_path, f'echo "$@" >> {arguments}', workers)
    assert not (await restart(stubs)).restarted
    assert not arguments.exists()


@pytest.mark.parametrize(
    "workers",
    [
        [{"CreationDate": LATE}, {"CreationDate": SINCE - timedelta(seconds=1)}],
        [{"CreationDate": LATE}, {"CreationDate": SINCE + timedelta(milliseconds=900)}],
        [{"CreationDate": LATE}, {"CreationDate": None}],
    ],
    ids=["one is old", "one of the second of the look", "one does not tell"],
)
async def test_one_old_worker_is_enough(tmp_path: Path, workers: Any) -> None:
    """The oldest counts, and one of unknown age may hold the old configuration."""
    assert (await restart(with_iisreset(tmp_path, "exit 0", workers))).restarted


@pytest.mark.parametrize("code", [1, 5, 255])
async def test_any_other_code_is_a_failed_restart_with_its_words(tmp_path: Path, code: int) -> None:
    """C42: people read what iisreset said, without what steers a terminal, and not without end."""
    words = "printf 'Access \\033[31mdenied\\007 \\342\\200\\256.\\n'; yes | head -n 999"
    stubs = with_iisreset(tmp_path, f"{words}\nexit {code}")
    with pytest.raises(OperationFailed, match="Access ") as caught:
        await restart(stubs)
    assert caught.value.obstacle.reason is Reason.RESTART_FAILED
    assert not caught.value.outcome_unknown
    assert f"ended with {code}" in caught.value.obstacle.message
    assert caught.value.obstacle.message.isprintable()
    assert len(caught.value.obstacle.message) < 400


async def test_a_missing_iisreset_is_a_failure(tmp_path: Path) -> None:
    """No program, no restart: not success with an empty code."""
    stubs = machine(OLD, [])
    stubs.environment = {"windir": str(tmp_path)}
    with pytest.raises(OperationFailed):
        await restart(stubs)


async def test_a_process_list_that_cannot_be_read_restarts_nothing(tmp_path: Path) -> None:
    """Not to be taken for 'no worker runs', nor for 'all are old'."""
    arguments = tmp_path / "arguments"
    stubs = with_iisreset(
        tmp_path, f'echo "$@" >> {arguments}', Code("Write-Error 'Access denied'")
    )
    with pytest.raises(OperationFailed, match="Access denied"):
        await restart(stubs)
    assert not arguments.exists()
