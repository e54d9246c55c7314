"""Said before each change of a server: what is there, and what it is asked to be. docs/audit.md says where it goes.

The log has it whole, in fields of its own. The Event has it in one line, and is gone after an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from partner_operator.engine.ports import Kind
from partner_operator.engine.state import Draft, Reached
from partner_operator.logs import AUDIT
from partner_operator.trust.audit import Record, record_of
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostStatus

logger = logging.getLogger(AUDIT)
RESTART = "Restart"


async def change_begins(work: Reached, draft: Draft, change: Change) -> None:
    """A change of an entry is about to be made."""
    record = record_of(work.rules, change, draft.desired, draft.document, work.observed)
    host, key, generation = work.observed.host, draft.desired.key, draft.desired.generation
    what = f"{change.kind} on {work.server.product} ({host}), for generation {generation}"
    asked = " As asked, the partner's document is read again." if change.asked else ""
    message = f"{what}: {record}.{asked}"
    _write(Kind.APPLICATION, key, message, change.kind, host, generation, record)
    await work.tell(draft, Reason.CHANGE_BEGINS, message)


async def restart_begins(work: Reached, host: HostStatus) -> None:
    """IIS of a host is about to be restarted."""
    began = host.workers_started_at
    record = Record(
        {"workersStartedAt": began.isoformat()} if began is not None else None,
        {"workersStartedAt": "now"},
    )
    server = work.server
    message = f"Restart of IIS on {host.name}, for generation {server.generation}."
    _write(Kind.SERVER, server.key, message, RESTART, host.name, server.generation, record)
    await work.tell_server(Reason.CHANGE_BEGINS, message)


def _write(
    kind: Kind,
    key: ObjectKey,
    message: str,
    operation: str,
    host: str,
    generation: int,
    record: Record,
) -> None:
    fields: Mapping[str, Any] = {
        "kind": str(kind),
        "object": f"{key.namespace}/{key.name}",
        "operation": str(operation),
        "host": host,
        "generation": generation,
        "reason": str(Reason.CHANGE_BEGINS),
        "before": record.before,
        "after": record.after,
    }
    logger.info("%s %s/%s: %s", kind, key.namespace, key.name, message, extra=fields)
