"""However a pass behind a token server is broken off: one application, one token server."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.reasons import Reason
from support.engine.behind import NAME, READY, StsWorld, disable_ours, registered
from support.engine.crash import Fault
from support.trust import worlds as values
from support.trust.worlds import STS_URL


def _began(chapter: str) -> StsWorld:
    """A world in which the next pass makes, mends or removes something."""
    if chapter == "first":
        world = StsWorld(create=True, there=())
        world.ask()
        return world
    world = registered(create=True)
    if chapter == "roll-over":
        world.publish(values.sts(certificates=(values.certificate(values.ROLLED),)))
        disable_ours(world)
    elif chapter == "token server gone":
        world.set_there()
    else:
        world.cluster.delete(NAME)
    world.crash.steps.clear()
    world.crash.calls.clear()
    return world


def _ended(world: StsWorld, chapter: str) -> None:
    """However it was broken off: one application, one token server, and what the object made goes with it."""
    world.settle()
    if chapter != "deletion":
        assert world.cluster.ready(NAME) == READY
        assert [entry.enabled for entry in world.ours] == [True]
        [there] = world.model.token_servers
        document = values.sts().document if chapter != "roll-over" else None
        assert there.thumbprints == (document.thumbprints if document else (values.ROLLED,))
        world.cluster.delete(NAME)
        world.settle()
    assert NAME not in world.cluster.applications
    assert world.model.entries == values.STOCK
    assert world.addresses == [STS_URL]


CHAPTERS = ("first", "roll-over", "token server gone", "deletion")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_killed_at_any_step_there_is_one_of_each(chapter: str) -> None:
    world = _began(chapter)
    world.run_pass("exchange")
    steps = len(world.crash.steps)
    assert steps > 5
    for at in range(1, steps + 1):
        world = _began(chapter)
        world.crash.at = at
        world.run_pass("exchange")
        _ended(world, chapter)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("done", [True, False])
def test_a_run_whose_answer_is_lost_leaves_the_same(chapter: str, done: bool) -> None:
    world = _began(chapter)
    world.run_pass("exchange")
    for at in range(1, len(world.crash.calls) + 1):
        world = _began(chapter)
        failure = OperationFailed(Reason.OUTCOME_UNKNOWN, "No answer.", outcome_unknown=True)
        world.crash.fault = Fault(at, failure, done_all_the_same=done)
        world.run_pass("exchange")
        _ended(world, chapter)
