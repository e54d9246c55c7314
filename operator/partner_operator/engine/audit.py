"""Said before each change of a server: what is there, and what it is asked to be. docs/audit.md says where it goes.

The log has it whole, in fields of its own. The Event has it in one line, and is gone after an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Announced:
    """A change that is about to be made."""

    message: str
    """For the Event. To write one takes its time while the API server is away, so it comes before the last look at
    the declarations; the log has only what is begun."""
    fields: Mapping[str, Any]

    def log(self) -> None:
        """Right before the change."""
        kind, name = self.fields["kind"], self.fields["object"]
        logger.info("%s %s: %s", kind, name, self.message, extra=self.fields)


def of_change(work: Reached, draft: Draft, change: Change) -> Announced:
    """A change of an entry."""
    record = record_of(work.rules, change, draft.desired, draft.document, work.observed)
    host, generation = work.observed.host, draft.desired.generation
    what = f"{change.kind} on {work.called} ({host}), for generation {generation}"
    asked = " As asked, the partner's document is read again." if change.asked else ""
    fields = _fields(Kind.APPLICATION, draft.desired.key, change.kind, host, generation, record)
    return Announced(f"{what}: {record}.{asked}", fields)


def of_restart(work: Reached, host: HostStatus) -> Announced:
    """A restart of IIS on one host."""
    began = host.workers_started_at
    before = {"workersStartedAt": began.isoformat()} if began is not None else None
    record = Record(before, {"workersStartedAt": "now"})
    key, generation = work.server.key, work.server.generation
    message = f"Restart of IIS on {host.name}, for generation {generation}."
    return Announced(message, _fields(Kind.SERVER, key, RESTART, host.name, generation, record))


def _fields(
    kind: Kind, key: ObjectKey, operation: str, host: str, generation: int, record: Record
) -> Mapping[str, Any]:
    return {
        "kind": str(kind),
        "object": f"{key.namespace}/{key.name}",
        "operation": str(operation),
        "host": host,
        "generation": generation,
        "reason": str(Reason.CHANGE_BEGINS),
        "before": record.before,
        "after": record.after,
    }
