"""Read the audit log: which requests the API server answered, and whose they were."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class AuditEvent:
    """One request that was answered."""

    user: str  # system:serviceaccount:NAMESPACE:NAME for a ServiceAccount
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    body: Mapping[str, Any] | list[Any] | None  # of writes, except those of Secrets and tokens
    rehearsal: bool = False  # a dry run: judged as a write, and nothing was changed

    @property
    def writes(self) -> bool:
        """Whether the request was one that changes something."""
        return self.verb in _WRITES and not self.rehearsal


def read_audit(path: Path, user: str | None = None) -> Iterator[AuditEvent]:
    """Yield the requests in the order of their answers, of one user if named.

    A watch counts when it starts. A line that is still being written is left for the next time.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            event = _event(json.loads(line))
            if user is None or event.user == user:
                yield event


def _event(entry: Mapping[str, Any]) -> AuditEvent:
    target = entry.get("objectRef", {})
    return AuditEvent(
        user=entry["user"].get("username", ""),
        verb=entry["verb"],
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=entry.get("responseStatus", {}).get("code", 0),
        body=entry.get("requestObject"),
        rehearsal="dryRun" in parse_qs(urlsplit(entry.get("requestURI", "")).query),
    )
