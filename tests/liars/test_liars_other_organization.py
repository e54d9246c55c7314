"""Hosts that answer for another organisation than before: named, and nothing is done there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import ServerStatus
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, converged, crowd

NAMES = {"exchange": LYNC_ON_EXCHANGE, "lync": EXCHANGE_ON_LYNC}
OTHER = "EE" * 20
"""What somebody else signs with."""
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
    organisation(world, server).signs_with = OTHER
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
    organisation(world, server).signs_with = OTHER
    next_pass(world, server)
    assert world.cluster.server_ready(server) == STALLED
    organisation(world, server).organization = None
    organisation(world, server).signs_with = None
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
def test_a_name_that_is_longer_than_a_condition_can_be_meant_too(server: str) -> None:
    """A message that is cut is still the one that was told."""
    world = replaced(server)
    organisation(world, server).organization = "CN=Fabrikam," + "OU=far," * 400
    next_pass(world, server)
    assert world.cluster.server_ready(server) == STALLED
    world.cluster.servers[server] = replace(
        world.cluster.servers[server], reconcile_requested_at="moved"
    )
    assert next_pass(world, server)["registered"] == 1


@pytest.mark.parametrize("server", NAMES)
def test_another_spelling_is_no_other_organisation(server: str) -> None:
    """Letter case alone is no difference."""
    world = converged()
    organisation(world, server).organization = str(status(world, server).organization).upper()
    next_pass(world, server)
    assert world.cluster.ready(NAMES[server]) == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_a_central_management_store_that_moved_is_the_same_deployment() -> None:
    """Move-CsManagementServer, a failover to the other pool, an update that writes the connection otherwise:
    the certificate that it signs its tokens with proves that it is still the same Lync."""
    world = converged()
    changes = world.lync.changes
    world.lync.organization = "Data Source=sql2.litwareinc.com\\rtc;Initial Catalog=xds"
    next_pass(world, "lync")
    assert world.cluster.server_ready("lync") == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert status(world, "lync").organization == world.lync.organization
    assert world.lync.changes == changes


def test_a_public_certificate_of_a_host_that_never_answered_proves_nothing() -> None:
    """Anybody can read it in the metadata document, and let a machine of his say that it signs with it."""
    world = converged()
    world.lync.organization = "Data Source=sql.evil.example\\rtc;Initial Catalog=xds"
    changes = world.lync.changes
    listed = world.cluster.servers["lync"].hosts
    world.cluster.change_server("lync", hosts=(listed[1], listed[0]))
    next_pass(world, "lync")
    assert world.cluster.server_ready("lync") == STALLED
    assert world.lync.changes == changes
    world.cluster.change_server("lync", hosts=listed)
    next_pass(world, "lync")
    assert world.cluster.server_ready("lync") == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_a_directory_does_not_move() -> None:
    """Exchange's organisation is a place in the directory: another place is another organisation."""
    world = converged()
    world.exchange.organization = "CN=Fabrikam"
    next_pass(world, "exchange")
    assert world.cluster.server_ready("exchange") == STALLED


@pytest.mark.parametrize("server", NAMES)
def test_who_asked_before_it_was_told_did_not_mean_it(server: str) -> None:
    """A request for something else, that meets the other organisation first, is no answer to the question."""
    world = replaced(server)
    asked = replace(world.cluster.servers[server], reconcile_requested_at="for something else")
    world.cluster.servers[server] = asked
    for _ in range(2):
        assert next_pass(world, server) == {"observe": 1}
        assert world.cluster.server_ready(server) == STALLED
    world.cluster.servers[server] = replace(asked, reconcile_requested_at="moved")
    assert next_pass(world, server)["registered"] == 1


@pytest.mark.parametrize("server", NAMES)
def test_a_confirmed_deletion_does_not_follow_the_names_elsewhere(server: str) -> None:
    """Until a confirmed deletion is done its request stays open; it is no leave to believe somebody else."""
    world = converged()
    world.cluster.delete(NAMES[server])
    world.cluster.servers[server] = replace(
        world.cluster.servers[server], reconcile_requested_at="delete them"
    )
    organisation(world, server).incomplete = "Something is left out."
    next_pass(world, server)
    organisation(world, server).incomplete = None
    organisation(world, server).organization = "CN=Fabrikam"
    organisation(world, server).signs_with = OTHER
    organisation(world, server).model.entries = ()
    for _ in range(3):
        next_pass(world, server)
        assert NAMES[server] in world.cluster.applications
        assert world.cluster.server_ready(server) == STALLED


def test_one_request_does_not_answer_two_questions() -> None:
    """Most objects are going, and somebody else answers. Who says that the move is meant has not confirmed that
    the registrations there go, too.
    """
    world = World()
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
    world.exchange.organization = "CN=Fabrikam"
    next_pass(world, "exchange")
    assert world.cluster.server_ready("exchange") == STALLED
    asked = replace(world.cluster.servers["exchange"], reconcile_requested_at="moved")
    world.cluster.servers["exchange"] = asked
    for _ in range(3):
        next_pass(world, "exchange")
        assert status(world, "exchange").organization == "CN=Fabrikam"
        assert len(world.exchange.model.entries) == len(names)
        assert set(names) <= set(world.cluster.applications)
    world.cluster.servers["exchange"] = replace(asked, reconcile_requested_at="and delete them")
    next_pass(world, "exchange")
    assert not world.exchange.model.entries


@pytest.mark.parametrize("server", NAMES)
def test_somebody_else_who_answers_the_read_back_proves_nothing(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names move between a removal and its read-back: what is not there was not there before either."""
    world = converged()
    there = organisation(world, server)
    apply = there.apply

    async def apply_and_move(*what: Any) -> None:
        await apply(*what)
        there.organization, there.signs_with = "CN=Fabrikam", OTHER

    monkeypatch.setattr(there, "apply", apply_and_move)
    world.cluster.delete(NAMES[server])
    for _ in range(2):
        next_pass(world, server)
        assert world.cluster.server_ready(server) == STALLED
        assert NAMES[server] in world.cluster.applications
    assert not world.cluster.told(Reason.REMOVED)
    there.organization = there.signs_with = None
    next_pass(world, server)
    assert NAMES[server] not in world.cluster.applications
