"""A pass of which nobody knows how far it came: said of the server and of its applications, once (rule 22)."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import (
    ClusterFailed,
    Gone,
    Kind,
    NotWritten,
    ServerName,
    Severity,
)
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.state import Ports
from partner_operator.texts import said
from partner_operator.trust import verdict
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, ObjectKey
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import Condition

LONGEST_WORDS = 500
"""Characters of what Kubernetes said."""


def sentence_of(error: Exception) -> str:
    """What people are told of an error that nobody foresaw. Its own text may hold anything, and stays in the log."""
    if isinstance(error, ClusterFailed):
        words = said(str(error), LONGEST_WORDS)
        return (
            f"Kubernetes did not answer as the operator needs it, so the pass broke off: {words}. The operator tries "
            "again. See whether the operator's rights are as in manifests/."
        )
    return (
        f"The operator met an error that it does not know ({type(error).__name__}), so the pass broke off. The "
        "operator tries again, ever more rarely. The operator's log says where it happened. Report it to us."
    )


async def tell(ports: Ports, name: ServerName, memory: ProcessMemory, message: str) -> None:
    """Ready is Unknown on all that the pass was about, with an Event where that is new.

    Suspended applications keep what was told last. Raises what reading raises.
    """
    declared = await ports.reader.server(name)
    if declared is None:
        return
    server, status, now = declared.desired, declared.status, ports.clock.now()
    conditions = verdict.broken_off(status.conditions, message, server.generation, now)
    try:
        known = _is_told(status.conditions, message)
        changed = replace(status, conditions=conditions, retry=memory.retry or status.retry)
        await ports.writer.server_status(server, changed)
    except NotWritten:
        known = not memory.is_news(server.key.uid, message)
    except Gone:
        # Somebody else knows better.
        return
    if not known:
        await _announce(ports, Kind.SERVER, server.key, message)
    for application in declared.applications:
        desired, before = application.desired, application.status
        if desired.mode is Mode.SUSPEND and not desired.deleting:
            continue
        after = verdict.broken_off(before.conditions, message, desired.generation, now)
        try:
            await ports.writer.application_status(desired, replace(before, conditions=after))
        except NotWritten:
            if memory.is_news(desired.key.uid, message):
                await _announce(ports, Kind.APPLICATION, desired.key, message)
        except Gone:
            continue


async def tell_in_event(
    ports: Ports, name: ServerName, memory: ProcessMemory, message: str
) -> None:
    """Where nothing can be read: an Event on the server as it was known last."""
    key = memory.server
    if key is not None and memory.is_news(key.uid, message):
        await _announce(ports, Kind.SERVER, key, message)


def _is_told(conditions: tuple[Condition, ...], message: str) -> bool:
    ready = find(conditions, ConditionType.READY)
    return ready is not None and ready.reason is Reason.INTERNAL_ERROR and ready.message == message


async def _announce(ports: Ports, kind: Kind, key: ObjectKey, message: str) -> None:
    await ports.announcer.announce(kind, key, Severity.WARNING, Reason.INTERNAL_ERROR, message)
