"""The embedded engine by itself: what it refuses, whom it lets wait, and how it is ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from partner_operator.products.scripts import watched
from partner_operator.winrm import Answer, Busy, ProtocolViolation, ScriptError, framing
from partner_operator.winrm.answer import Output, understand
from partner_operator.winrm.bootstrap import command_line
from partner_simulator.embedded import EmbeddedEngine
from partner_simulator.embedded.engine import OPERATIONS
from partner_simulator.ports import RunningCommand, Session
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.switches import ROWS
from support.embedded import cases as embedded_cases
from support.embedded.guesses import SHOWN_BY
from support.scripts.facts import operation_files, step_files
from support.world.bench import EXCHANGE_SESSION, LYNC_SESSION, Bench, bench

REPLICATE = watched("lync", "replicate")
HOST_STATE = watched("exchange", "host_state")
_PATIENCE = 30.0


@dataclass
class Hosts:
    """A domain, and the engine that answers for its hosts."""

    bench: Bench
    engine: EmbeddedEngine

    def begin(self, text: str, session: Session, wait: int = 5000, **asked: Any) -> Running:
        """Send a script."""
        line = framing.request_line(text, {"lifeSeconds": 60, **asked}, {}, wait)
        command = self.engine.start(session, command_line())
        command.write_stdin(line, end=True)
        return Running(command, line)

    def stall(self, life: int = 60) -> Running:
        """A run that works for seconds: a replication that one Front End never hears of."""
        self.bench.domain.cms.stall(names.FRONT_ENDS[1])
        self.bench.domain.cms.change(lambda state: state)
        asked: dict[str, Any] = {"hosts": list(names.FRONT_ENDS), "lifeSeconds": life}
        running = self.begin(REPLICATE, LYNC_SESSION, **asked)
        assert running.command.read(_PATIENCE).stdout == framing.STARTED
        return running


@dataclass
class Running:
    """A run that was begun."""

    command: RunningCommand
    line: bytes

    def end(self) -> tuple[bytes, bytes, int]:
        """Standard output, standard error and exit code."""
        stdout = stderr = b""
        while True:
            output = self.command.read(_PATIENCE)
            stdout, stderr = stdout + output.stdout, stderr + output.stderr
            if output.exit_code is not None:
                return stdout, stderr, output.exit_code
            assert output.stdout or output.stderr, "it does not end"

    def answer(self) -> Answer:
        """What the operator makes of its end. Raises RemoteRunError."""
        return understand("host", Output(*self.end(), {}), framing.request_digest(self.line), ())


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    with bench(tmp_path) as made:
        engine = EmbeddedEngine(made.world)
        yield Hosts(made, engine)
        engine.close()


def test_every_script_of_the_operator_is_known_and_held_to_the_real_engine() -> None:
    """A new script needs an operation here, and rows in the differential test."""
    scripts = {f"{path.parents[1].name}/{path.stem}" for path in operation_files()}
    assert set(OPERATIONS) == scripts
    steps = {f"{path.parents[1].name}/{path.stem}" for path in step_files()}
    assert set(embedded_cases.OPERATIONS) == scripts | steps
    asked = {case.name.partition(":")[0] for case in embedded_cases.CASES}
    assert scripts | steps <= asked


def test_every_guess_of_the_world_is_tried_in_both_engines() -> None:
    """One at a time, with the operations whose answer it can change."""
    guesses = {row.name for row in ROWS if row.flippable and row.alternatives}
    assert set(SHOWN_BY) == guesses


def test_case_names_are_told_apart() -> None:
    """Two cases of one name would be one."""
    told = [case.name for case in embedded_cases.CASES]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("name", ["exchange/frobnicate", "whatever", ""])
def test_an_unknown_script_is_refused_by_name_and_nothing_is_done(hosts: Hosts, name: str) -> None:
    """In the place of an error record, before anything began."""
    running = hosts.begin(f"# {name}\n@{{}}", EXCHANGE_SESSION)
    with pytest.raises(ScriptError) as refused:
        running.answer()
    assert refused.value.nothing_ran
    assert repr(name) in refused.value.details.messages[0]
    assert hosts.bench.domain.ledger.calls() == []


@pytest.mark.parametrize(
    "line",
    ["powershell.exe -Command Get-Process", "powershell.exe -NoProfile -File x.ps1"],
)
def test_powershell_that_is_not_the_operators_is_refused_aloud(hosts: Hosts, line: str) -> None:
    """The embedded engine never pretends to have run it."""
    command = hosts.engine.start(EXCHANGE_SESSION, line)
    stdout, stderr, code = Running(command, b"").end()
    assert (stdout, code) == (b"", 1)
    assert b"runs no PowerShell" in stderr


def test_a_damaged_request_is_answered_as_such(hosts: Hosts) -> None:
    """Its digest does not fit."""
    line = framing.request_line(HOST_STATE, {"paths": []}, {}, 0)
    command = hosts.engine.start(EXCHANGE_SESSION, command_line())
    command.write_stdin(line[:200] + line[204:], end=True)
    with pytest.raises(ProtocolViolation, match="arrived damaged") as refused:
        Running(command, line).answer()
    assert refused.value.nothing_ran


def test_one_run_at_a_time_on_a_host(hosts: Hosts) -> None:
    """A second one waits as long as it was told to; other hosts are not concerned."""
    working = hosts.stall()
    with pytest.raises(Busy):
        hosts.begin(REPLICATE, LYNC_SESSION, wait=100, hosts=[]).answer()
    hosts.begin(HOST_STATE, EXCHANGE_SESSION, wait=0, host=EXCHANGE_SESSION.host).answer()
    waiting = hosts.begin(REPLICATE, LYNC_SESSION, wait=20_000, hosts=[])
    working.command.terminate()
    assert working.end()[2] == 1
    assert "upToDate" in waiting.answer().data


def test_a_run_that_is_terminated_while_it_waits_does_nothing(hosts: Hosts) -> None:
    """Its turn never comes."""
    working = hosts.stall()
    before = len(hosts.bench.domain.ledger.calls())
    waiting = hosts.begin(REPLICATE, LYNC_SESSION, wait=20_000, hosts=[])
    waiting.command.terminate()
    assert waiting.end() == (b"", b"", 1)
    working.command.terminate()
    working.end()
    calls = [call.what for call in hosts.bench.domain.ledger.calls()[before:]]
    assert "Invoke-CsManagementStoreReplication" not in calls


def test_a_watchdog_ends_a_run_without_an_answer_and_frees_the_host(hosts: Hosts) -> None:
    """As the process that ends itself does."""
    assert hosts.stall(life=1).end() == (b"", b"", 1)
    assert "upToDate" in hosts.begin(REPLICATE, LYNC_SESSION, wait=0, hosts=[]).answer().data


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hostname", b"atl-exchange-001\r\n"),
        ("whoami.exe", b"litwareinc\\exadmin\r\n"),
        ("iisreset /restart", b"successfully restarted"),
    ],
)
def test_the_few_programs_of_a_host_run(hosts: Hosts, line: str, said: bytes) -> None:
    """As they do beside the real engine."""
    stdout, _, code = Running(hosts.engine.start(EXCHANGE_SESSION, line), b"").end()
    assert (said in stdout, code) == (True, 0)


def test_a_simulation_says_which_engine_answers() -> None:
    """So that nobody takes the one for the other."""
    assert Simulation(pwsh=None).engine_name == EmbeddedEngine.NAME == "embedded"
    assert Simulation(pwsh=Path("/usr/bin/pwsh")).engine_name == PowerShellEngine.NAME
