"""host_state.ps1 and restart.ps1 of Exchange, in a real PowerShell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import PROBES, ExchangeOperations
from partner_operator.trust.model import HostState
from partner_operator.trust.reasons import Reason
from support.scripts_exchange import CREDENTIALS
from support.scripts_stubs import Code, Stubs
from support.trust_worlds import server

pytestmark = pytest.mark.pwsh
NOBODY = "127.0.0.1"
"""A host on whose HTTPS port nobody answers."""
EARLY = datetime(2026, 11, 25, 6, 0, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 25, 7, 30, 0, tzinfo=UTC)


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
    return await ExchangeOperations(stubs.run).host_state(server(), CREDENTIALS, NOBODY)


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


def with_iisreset(folder: Path, body: str) -> Stubs:
    """Put an iisreset.exe under `windir`."""
    program = folder / "System32" / "iisreset.exe"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    stubs = Stubs()
    stubs.environment = {"windir": str(folder)}
    return stubs


async def test_iisreset_that_ends_with_zero_is_a_restart(tmp_path: Path) -> None:
    """Its words do not matter (they are localised), nor does standard error."""
    arguments = tmp_path / "arguments"
    stubs = with_iisreset(
        tmp_path, f'echo "$@" >> {arguments}\necho "Fehler?" >&2\necho "Neu gestartet"\nexit 0'
    )
    await ExchangeOperations(stubs.run).restart(server(), CREDENTIALS, NOBODY)
    assert arguments.read_text() == "/RESTART /TIMEOUT:120\n"


@pytest.mark.parametrize("code", [1, 5, 255])
async def test_any_other_code_is_a_failed_restart_with_its_words(tmp_path: Path, code: int) -> None:
    """The operator does not try again by itself; people read what iisreset said."""
    stubs = with_iisreset(tmp_path, f'echo "Restart attempt failed."\nexit {code}')
    with pytest.raises(OperationFailed, match="Restart attempt failed") as caught:
        await ExchangeOperations(stubs.run).restart(server(), CREDENTIALS, NOBODY)
    assert caught.value.reason is Reason.RESTART_FAILED
    assert f"ended with {code}" in caught.value.message


async def test_a_missing_iisreset_is_a_failure(tmp_path: Path) -> None:
    """No program, no restart: not success with an empty code."""
    stubs = Stubs()
    stubs.environment = {"windir": str(tmp_path)}
    with pytest.raises(OperationFailed):
        await ExchangeOperations(stubs.run).restart(server(), CREDENTIALS, NOBODY)
