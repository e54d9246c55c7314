"""Changes that hosts have when the product's own store has reached them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

from partner_operator.engine.activation.at_once import AtOnce
from partner_operator.engine.ports import Replicates
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.conditions import Part, true, unknown
from partner_operator.trust.facts import not_known
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason

LATELY = timedelta(minutes=5)


class Replication(AtOnce):
    """Ask for it and wait a while; a host that is up to date can be tested."""

    async def run(self, work: Reached) -> None:
        """Replicate, then test on a host that has the present configuration. Raises OperationFailed."""
        work.up_to_date = await _replicate(work)
        await super().run(work)

    def activated(self, work: Pass, draft: Draft) -> Part:
        """Whether a listed host has it."""
        stopped = work.blocker is not None or work.failure is not None
        if stopped or not isinstance(work, Reached) or draft.status.registration is None:
            # Nobody looked at machines of ours, so nothing is claimed of them.
            return not_known(work.obstacle_to(draft))
        if any(host.lower() in work.up_to_date for host in work.server.hosts):
            return true(Reason.ACTIVATED, work.rules.activated)
        return unknown(Reason.WAITING_FOR_REPLICATION, work.rules.not_activated)

    def waiting(self, work: Pass, draft: Draft) -> Obstacle | None:
        """Replication first, then the other side."""
        part = self.activated(work, draft)
        if part.reason is Reason.WAITING_FOR_REPLICATION:
            return Obstacle(part.reason, part.message, Next.WAITS)
        return super().waiting(work, draft)


def _changed_lately(work: Reached) -> bool:
    known = (draft.status.registration for draft in work.live)
    changes = [one.last_changed_at for one in known if one is not None]
    return any(at is not None and at > work.now() - LATELY for at in changes)


async def _replicate(work: Reached) -> frozenset[str]:
    """FQDNs (lower case) whose configuration is up to date; waits a while after a change."""
    observed = work.observed
    # A machine that left the topology never reports.
    there = {replica.fqdn.lower() for replica in observed.replicas}
    hosts = there & {host.lower() for host in work.server.hosts}
    fresh = {replica.fqdn.lower() for replica in observed.replicas if replica.up_to_date}
    if hosts <= fresh or not work.may_act():
        return frozenset(fresh)
    patience, monotonic = work.ports.patience, work.ports.clock.monotonic
    # What did not come within minutes of its change is asked for once in a pass: each time is a process there.
    waits = patience.replication if _changed_lately(work) else timedelta(0)
    deadline = monotonic() + waits.total_seconds()
    while True:
        session = cast(Replicates, work.on(observed.host))
        answer = await session.replicate()
        fresh = {fqdn.lower() for fqdn in answer}
        if hosts <= fresh or monotonic() >= deadline:
            break
        await asyncio.sleep(patience.poll.total_seconds())
    replicas = tuple(
        replace(replica, up_to_date=replica.fqdn.lower() in fresh) for replica in observed.replicas
    )
    work.observed = replace(observed, replicas=replicas)
    return frozenset(fresh)
