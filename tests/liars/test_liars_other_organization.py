"""Hosts that answer for another organisation than before: named, and nothing is done there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import ServerStatus
from support.engine_servers import FakeOrganisation
from support.engine_world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, converged

NAMES = {"exchange": LYNC_ON_EXCHANGE, "lync": EXCHANGE_ON_LYNC}
STALLED = (ConditionStatus.FALSE, Reason.OTHER_ORGANIZATION)


def organisation(world: World, server: str) -> FakeOrganisation:
    """What stands behind the names of a server."""
    return world.exchange if server == "exchange" else world.lync


def status(world: World, server: str) -> ServerStatus:
    """What is remembered of it."""
    return world.cluster.server_statuses[world.cluster.servers[server].key.uid]


def replaced(server: str) -> World:
    """A converged world in which the names now lead to somebody else, who has nothing of ours."""
    world = converged()
    organisation(world, server).organization = "CN=Fabrikam"
    organisation(world, server).model.entries = ()
    return world


def next_pass(world: World, server: str) -> Counter[str]:
    """A pass at the next resync; what was done at the far side in it."""
    before = Counter(organisation(world, server).counts)
    world.clock.instant += world.cluster.servers[server].interval
    world.run_pass(server)
    return organisation(world, server).counts - before


@pytest.mark.parametrize("server", NAMES)
def test_nothing_is_done_in_another_organisation(server: str) -> None:
    """Without the memory, what is missing there would be made."""
    world = replaced(server)
    known = status(world, server).organization
    for _ in range(3):
        assert next_pass(world, server) == {"observe": 1}
        assert world.cluster.server_ready(server) == STALLED
        assert world.cluster.ready(NAMES[server]) == STALLED
        assert status(world, server).organization == known
    told = world.cluster.told(Reason.OTHER_ORGANIZATION)
    assert told
    assert all("CN=Fabrikam" in message and str(known) in message for message in told)


@pytest.mark.parametrize("server", NAMES)
def test_nothing_is_taken_for_gone_there(server: str) -> None:
    """An object that is deleted meanwhile waits: its entry may still stand where it was made."""
    world = replaced(server)
    world.cluster.delete(NAMES[server])
    assert next_pass(world, server) == {"observe": 1}
    assert NAMES[server] in world.cluster.applications


@pytest.mark.parametrize("server", NAMES)
def test_when_the_old_one_answers_again_all_is_as_before(server: str) -> None:
    """A name that led astray for a while leaves no trace."""
    world = converged()
    organisation(world, server).organization = "CN=Fabrikam"
    next_pass(world, server)
    organisation(world, server).organization = None
    next_pass(world, server)
    assert world.cluster.ready(NAMES[server]) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert organisation(world, server).changes == converged_changes(server)


def converged_changes(server: str) -> int:
    """How many changes it takes to converge."""
    return organisation(converged(), server).changes


@pytest.mark.parametrize("server", NAMES)
def test_a_move_that_is_meant_is_said_once(server: str) -> None:
    """The annotation that the message names lets the new organisation be learnt, and worked on."""
    world = replaced(server)
    next_pass(world, server)
    world.cluster.servers[server] = replace(
        world.cluster.servers[server], reconcile_requested_at="moved"
    )
    assert next_pass(world, server)["registered"] == 1
    assert status(world, server).organization == "CN=Fabrikam"
    assert next_pass(world, server)["registered"] == 0
    assert world.cluster.server_ready(server) != STALLED


@pytest.mark.parametrize("server", NAMES)
def test_another_spelling_is_no_other_organisation(server: str) -> None:
    """Letter case alone is no difference."""
    world = converged()
    organisation(world, server).organization = str(status(world, server).organization).upper()
    next_pass(world, server)
    assert world.cluster.ready(NAMES[server]) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
