"""Applications that name no existing server: one small worker answers them all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from partner_operator.engine.bell import Bell
from partner_operator.engine.finalizers import restored
from partner_operator.engine.ports import (
    DeclaredApplication,
    Gone,
    Kind,
    NotWritten,
    Severity,
    StatusChanged,
)
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.refused_writes import not_written, with_way_out
from partner_operator.engine.state import Ports
from partner_operator.trust.conditions import ready_reason
from partner_operator.trust.deletion import stays
from partner_operator.trust.facts import ApplicationFacts, not_known
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.reasons import Reason
from partner_operator.trust.verdict import application_verdict

logger = logging.getLogger(__name__)
AGAIN = timedelta(minutes=10)


async def serve_unserved(ports: Ports, bell: Bell) -> None:
    """For ever: whenever rung, tell each such application what is missing."""
    memory = ProcessMemory()
    while True:
        await bell.wait(until=ports.clock.now() + AGAIN)
        # A server and its applications arrive in one breath; let the server arrive first.
        await asyncio.sleep(1)
        try:
            await answer_all(ports, memory, bell.ring)
        except Exception:  # the outermost loop of this worker: the next ring tries again
            logger.exception("applications without a server could not be answered")


async def answer_all(ports: Ports, memory: ProcessMemory, ring: Callable[[str], None]) -> None:
    """Tell each such application once. `ring` is called where another round is needed."""
    for application in await ports.reader.unserved():
        try:
            await _answer(ports, memory, application)
        except StatusChanged as changed:
            ring(f"{changed} was written by somebody else")
        except Gone:
            logger.debug("%s left while it was answered", application.desired.key.name)


async def _answer(ports: Ports, memory: ProcessMemory, application: DeclaredApplication) -> None:
    """What the API server refuses of one object is told of it, and the next one is answered."""
    try:
        try:
            await _say(ports, application)
        except NotWritten as refused:
            await _tell(ports, application, not_written(refused))
    except NotWritten as refused:
        key = application.desired.key
        if memory.is_news(key.uid, refused.message):
            message = with_way_out(refused.message)
            await ports.announcer.announce(
                Kind.APPLICATION, key, Severity.WARNING, Reason.NOT_WRITTEN, message
            )


async def _say(ports: Ports, application: DeclaredApplication) -> None:
    desired = application.desired
    if desired.deleting:
        await _let_go(ports, application)
        return
    application = await restored(ports.writer, ports.announcer, application)
    blocker = application.blocker or missing_server(desired.server_name)
    await _tell(ports, application, blocker)


def missing_server(name: str) -> Obstacle:
    """The sentence for a serverRef to nothing."""
    return Obstacle(
        Reason.SERVER_NOT_FOUND,
        f"spec.serverRef names PartnerServer {name}, which does not exist in this namespace. Create it, "
        "or delete this object and make one that names an existing PartnerServer.",
        Next.HUMAN,
    )


async def _let_go(ports: Ports, application: DeclaredApplication) -> None:
    """Without a server nothing can be removed; only what promises to leave the server alone may go."""
    desired = application.desired
    registration = application.status.registration
    released = desired.release_requested == desired.key.uid
    harmless = registration is None and application.status.intent is None
    if not desired.has_finalizer:
        return
    if released or harmless or stays(ApplicationView(desired, application.status)):
        await ports.writer.remove_finalizer(desired)
        await ports.announcer.announce(
            Kind.APPLICATION,
            desired.key,
            Severity.NORMAL,
            Reason.RELEASED if released else Reason.RETAINED,
            "Let go without contact to a server.",
        )
        return
    blocker = Obstacle(
        Reason.DELETION_BLOCKED,
        f"PartnerServer {desired.server_name} does not exist, so the registration on the server cannot be "
        f"removed. Create the PartnerServer again, or leave the server as it is: kubectl annotate papp "
        f"{desired.key.name} partner-operator.io/release={desired.key.uid}",
        Next.HUMAN,
    )
    await _tell(ports, application, blocker)


async def _tell(ports: Ports, application: DeclaredApplication, blocker: Obstacle) -> None:
    desired, status = application.desired, application.status
    facts = ApplicationFacts(
        generation=desired.generation,
        mode=desired.mode,
        metadata=not_known(blocker),
        registered=not_known(blocker),
        obstacle=blocker,
    )
    verdict = application_verdict(status.conditions, facts, ports.clock.now())
    observed = verdict.observed_generation(status.observed_generation, desired.generation)
    told = replace(status, conditions=verdict.conditions, observed_generation=observed)
    await ports.writer.application_status(desired, told)
    if ready_reason(status.conditions) is not blocker.reason is ready_reason(verdict.conditions):
        await ports.announcer.announce(
            Kind.APPLICATION, desired.key, Severity.WARNING, blocker.reason, blocker.message
        )
