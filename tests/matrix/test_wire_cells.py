"""The wire layer: one run against one host per cell, and what both sides say of it."""

from __future__ import annotations

import pytest

from partner_operator.products.failures import run_failed
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import ConditionType
from partner_operator.winrm import Answer, RemoteRunError
from partner_simulator.wsman import Step, Tally
from support.matrix.model import SHOWN, STEPS, Cell, Counts, Expected, Failure, Kind, Shown
from support.matrix.rules import NO_OUTPUT
from support.matrix.stage import Stage
from support.matrix.table import cells, impossible
from support.waiting import comes_true
from support.winrm.host import PASSWORD

_SETTLING_SECONDS = 20.0
_ASKED_AGAIN = frozenset({Kind.LOOP, Kind.STDERR, Kind.STDOUT, Kind.EXIT})
"""Kinds with several Receives by their nature."""
_ONCE = frozenset({Step.CREATE, Step.COMMAND, Step.RECEIVE})
"""A Send that is repeated is in the counts."""


def _played(stage: Stage) -> Answer | RemoteRunError:
    try:
        return stage.play()
    except RemoteRunError as error:
        return error


def _counted(stage: Stage) -> Counts:
    counters = stage.host.server.counters
    return Counts(
        accepted=counters.count(Tally.LOGONS_ACCEPTED),
        rejected=counters.count(Tally.LOGONS_REJECTED),
        commands=counters.count(Tally.COMMANDS_STARTED),
        sends=len(counters.requests(step=Step.SEND)),
        shells_left=len(counters.open_shells()),
    )


def _settled(stage: Stage, expected: Counts) -> Counts:
    """What the host counts; it may still be at work on a request whose client has gone."""
    comes_true(lambda: _counted(stage) == expected, _SETTLING_SECONDS)
    return _counted(stage)


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_a_run_with_this_fault_ends_as_the_table_says(stage: Stage, cell: Cell) -> None:
    """Class, what is known of the outcome, and the host's own counts."""
    cell.arrange(stage, cell)
    if cell.step is Step.SIGNAL:
        stage.host.server.faults.add(NO_OUTPUT)
    outcome = _played(stage)
    if isinstance(outcome, RemoteRunError):
        failure = Failure(
            type(outcome), outcome.nothing_ran, outcome.outcome_unknown, outcome.logon_refused
        )
        ended: Failure | None = failure
        assert PASSWORD not in outcome.message
        told = run_failed(
            outcome, product="Exchange", operation="observe", host="ex1.litwareinc.com"
        )
        beside = (
            ConditionType.STALLED if told.obstacle.then is Next.HUMAN else ConditionType.RECONCILING
        )
        assert Shown(told.obstacle.reason, beside) == SHOWN[failure]
    else:
        ended = None
        assert outcome.logon_refused is (cell.expected.counts.rejected > 0)
        assert set(outcome.data) == {"a"}
    assert str(Expected(ended, _settled(stage, cell.expected.counts))) == str(cell.expected)
    assert cell.expected.counts.rejected <= 1
    if ended is not None and cell.step in _ONCE and cell.kind not in _ASKED_AGAIN:
        assert len(stage.host.server.counters.requests(step=cell.step)) <= 1
    left = {shell.shell_id for shell in stage.host.server.counters.open_shells()}
    assert {shell.shell_id for shell in stage.host.server.counters.open_operations()} <= left
    if stage.decoy is not None:
        assert stage.decoy.received == b"" or cell.kind is Kind.NETWORK


def test_every_kind_at_every_step_is_a_cell_or_cannot_be() -> None:
    """Nothing is silently missing, and nothing impossible is tested."""
    played = {(cell.kind, cell.step) for cell in cells()}
    named = {(pair.kind, pair.step) for pair in impossible()}
    everything = {(kind, step) for kind in Kind for step in STEPS}
    assert everything - played - named == set()
    assert played & named == set()


def test_no_two_cells_are_the_same() -> None:
    """A cell is found by its name."""
    names = [cell.name for cell in cells()]
    assert len(set(names)) == len(names)
