"""A lost reply to work that goes on: it is waited for and looked at, and never done again blindly."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.reasons import ConditionType, Reason
from partner_simulator.simulation import Simulation
from partner_simulator.world.misbehaviour import Misbehaviour, Misbehaviours
from partner_simulator.wsman import Fault, Occasion, Reset, Step, Tally, When
from support.matrix.domain import Landscape
from support.matrix.model import SHOWN, UNKNOWN, Shown
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh
_PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """A domain with a real PowerShell: what goes on behind a lost reply is a process of its own."""
    with Simulation(pwsh=find_pwsh()) as running:
        yield running


class SlowCmdlet(Misbehaviours):
    """One cmdlet that takes minutes: it goes on only when the test lets it."""

    def __init__(self, cmdlet: str) -> None:
        super().__init__()
        self._cmdlet = cmdlet.casefold()
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def take(self, cmdlet: str) -> Misbehaviour | None:
        """Hold the call."""
        if cmdlet.casefold() == self._cmdlet:
            self.begun.set()
            self.may_end.wait(_PATIENCE_SECONDS)
        return None


@pytest.fixture
def slow(land: Landscape, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowCmdlet]:
    """Exchange's New-PartnerApplication takes its time."""
    made = SlowCmdlet("New-PartnerApplication")
    monkeypatch.setattr(land.simulation.domain, "misbehaviours", made)
    yield made
    made.may_end.set()


def _registering(land: Landscape, step: Step, action: Reset, when: When) -> None:
    """A fault in the second shell of the pass, which is that of the registration."""
    shells: list[str] = []

    def second(occasion: Occasion) -> bool:
        if occasion.shell_id not in shells:
            shells.append(occasion.shell_id)
        return shells.index(occasion.shell_id) == 1

    land.simulation.faults.add(Fault(step, action, when=when, where=second))


def test_work_that_goes_on_for_minutes_is_waited_for_and_then_read(
    land: Landscape, slow: SlowCmdlet
) -> None:
    """Busy while it works, however often it is asked; one registration, and one entry in the end."""
    _registering(land, Step.SEND, Reset(), When.AFTER)
    # The run that observes sends no Signal: its command has ended.
    land.simulation.faults.add(Fault(Step.SIGNAL, Reset()))
    _registering(land, Step.DELETE, Reset(), When.BEFORE)
    land.pass_by()
    assert slow.begun.wait(_PATIENCE_SECONDS)
    assert land.shown() == SHOWN[UNKNOWN]
    assert land.pinned_to() == land.host
    land.simulation.faults.clear()
    land.mutex_seconds = 0.5
    for _ in range(2):
        land.pass_by()
        assert land.shown() == Shown(Reason.BUSY, ConditionType.RECONCILING)
        assert land.shown_on_server() == Shown(Reason.BUSY, ConditionType.RECONCILING)
        assert land.entries() == []
    land.restart_operator()
    land.pass_by()
    assert land.shown() == Shown(Reason.BUSY, ConditionType.RECONCILING)
    slow.may_end.set()
    land.mutex_seconds = _PATIENCE_SECONDS
    land.pass_by()
    assert land.registered()
    assert land.runs.count("register") == 1
    assert (len(land.entries()), land.made()) == (1, 1)
    assert land.pinned_to() is None


@pytest.mark.parametrize(
    ("land", "step"),
    [
        (Product.EXCHANGE, Step.COMMAND),
        (Product.EXCHANGE, Step.SEND),
        (Product.EXCHANGE, Step.RECEIVE),
        (Product.LYNC, Step.COMMAND),
        (Product.LYNC, Step.SEND),
        (Product.LYNC, Step.RECEIVE),
    ],
    indirect=["land"],
)
def test_a_lost_reply_is_never_answered_by_a_blind_repeat(land: Landscape, step: Step) -> None:
    """What the lost run did is found by reading; only what is proven missing is done (again)."""
    _registering(land, step, Reset(), When.AFTER)
    land.pass_by()
    assert land.shown() == SHOWN[UNKNOWN]
    assert land.runs == ["observe", "register"]
    land.pass_by()
    assert land.runs[:3] == ["observe", "register", "observe"]
    assert land.registered()
    assert (len(land.entries()), land.made()) == (1, 1)


def test_a_reply_that_is_lost_after_the_write_costs_no_second_write(land: Landscape) -> None:
    """The entry is there when the connection is lost: the next pass reads it and writes nothing."""
    written = threading.Event()

    def after_the_write(_: Occasion) -> bool:
        return land.made() > 0 and not written.is_set()

    armed = land.simulation.faults.add(
        Fault(Step.RECEIVE, Reset(), when=When.AFTER, where=after_the_write)
    )
    land.pass_by()
    written.set()
    assert armed.struck == 1
    assert land.shown() == SHOWN[UNKNOWN]
    assert land.made() == 1
    before = len(land.simulation.configuration_writes())
    land.heal()
    assert land.registered()
    assert land.made() == 1
    assert len(land.entries()) == 1
    renamed = land.simulation.configuration_writes()[before:]
    assert {write.what for write in renamed} <= {"Set-PartnerApplication"}


def test_a_command_that_never_got_its_script_does_not_hold_the_host(land: Landscape) -> None:
    """PowerShell waits for standard input in a shell that could not be deleted; nobody waits for it."""
    _registering(land, Step.COMMAND, Reset(), When.AFTER)
    _registering(land, Step.DELETE, Reset(), When.BEFORE)
    land.pass_by()
    assert land.shown() == SHOWN[UNKNOWN]
    assert len(land.shells()) == 1
    land.simulation.faults.clear()
    land.pass_by()
    assert land.registered()
    assert land.made() == 1
    assert land.count(Tally.LOGONS_REJECTED) == 0
