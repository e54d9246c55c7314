"""A password that is changed, or an account that is locked, in the middle of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partner_operator.engine.ports import Credentials, LogonRefused
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash, Fault
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
)

CALLS = tuple(converged().crash.calls)
REFUSED = LogonRefused(
    "The host accepted the password at first and refused it later in the same run.",
    outcome_unknown=True,
)
TOLD = (ConditionStatus.FALSE, Reason.CREDENTIALS_REJECTED)


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=lambda at: f"{at} {CALLS[at - 1]}")
def test_refused_in_the_middle_of_any_call(at: int, done: bool) -> None:
    """It is not tried again, on no host and not by a new operator; the open run stays bound to its host; and
    with the new password everything ends well, made once.
    """
    world = World(crash=Crash(fault=Fault(at, REFUSED, done_all_the_same=done)))
    world.declare()
    for _ in range(20):
        world.run_round()
        if world.crash.fault is None:
            break
    server = "exchange" if CALLS[at - 1].startswith("Exchange") else "lync"
    organisation = world.exchange if server == "exchange" else world.lync
    name = LYNC_ON_EXCHANGE if server == "exchange" else EXCHANGE_ON_LYNC
    logons = len(organisation.seen_passwords)
    status = world.cluster.server_statuses[world.cluster.servers[server].key.uid]
    assert status.logon is not None
    assert status.logon.refusal
    if "apply" in CALLS[at - 1]:
        intent = world.cluster.status(name).intent
        assert intent is not None
        assert intent.host == world.cluster.servers[server].hosts[0]
    for _ in range(3):
        world.run_round()
    assert len(organisation.seen_passwords) == logons
    assert world.cluster.ready(name) == TOLD
    old = world.cluster.credentials_by_server[server]
    assert isinstance(old, Credentials)
    world.cluster.credentials_by_server[server] = replace(old, digest="new")
    world.settle(20)
    assert world.all_ready(), [world.cluster.ready(name) for name in world.cluster.applications]
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert dict(world.exchange.restarts) == dict.fromkeys(EXCHANGE_HOSTS, 1)
    ended = world.cluster.server_statuses[world.cluster.servers[server].key.uid]
    assert ended.logon is not None
    assert ended.logon.accepted
    assert world.cluster.status(name).intent is None


@pytest.mark.parametrize("work", ["much to do", "nothing to do"])
@pytest.mark.parametrize("server", ["exchange", "lync"])
def test_refused_after_an_answer_has_come(server: str, work: str) -> None:
    """What was answered holds. The password is not tried again in this pass, also where it would ask nobody else;
    in no later one; and by no new operator. A new one is.
    """
    world = World() if work == "much to do" else converged()
    if work == "much to do":
        world.declare()
    organisation = world.exchange if server == "exchange" else world.lync
    name = LYNC_ON_EXCHANGE if server == "exchange" else EXCHANGE_ON_LYNC
    organisation.refuses_afterwards = True
    before = len(organisation.seen_passwords)
    world.run_pass(server)
    assert len(organisation.seen_passwords) == before + 1
    status = world.cluster.server_statuses[world.cluster.servers[server].key.uid]
    assert status.organization is not None
    assert status.logon is not None
    assert status.logon.refusal
    assert world.cluster.ready(name) == TOLD
    organisation.refuses_afterwards = False
    for _ in range(3):
        world.run_round()
    assert len(organisation.seen_passwords) == before + 1
    old = world.cluster.credentials_by_server[server]
    assert isinstance(old, Credentials)
    world.cluster.credentials_by_server[server] = replace(old, digest="new")
    world.settle(20)
    assert world.all_ready(), [world.cluster.ready(each) for each in world.cluster.applications]
