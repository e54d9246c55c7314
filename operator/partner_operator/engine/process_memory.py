"""What one worker keeps in memory between its passes, where a status cannot hold it or cannot be written.

It ends with the process. What must outlive the process stands in a status, and is written there before the
effect that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partner_operator.engine.documents import Fetched
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.status import LogonStatus, Retry


@dataclass(slots=True)
class ProcessMemory:
    """The memory of the worker of one server."""

    logon: LogonStatus | None = None
    """What became of the last try to log on, should the status not have taken it."""
    began_at: datetime | None = None
    """When the last pass began that was no waiting."""
    retry: Retry | None = None
    """The pause after the last pass that failed, whether or not it could be written."""
    writable: set[str] = field(default_factory=set)
    """By uid: objects whose status the API server took when it was asked last."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """Uids, and what was told of each in Events because its status cannot tell it."""
    server: ObjectKey | None = None
    """The server as it was read last."""
    documents: Mapping[str, Fetched] = field(default_factory=dict)
    """By URL: how it went with each document when it was asked for last."""
    interval: timedelta = timedelta(0)
    """Its interval, as it was read last."""
    due: datetime | None = None
    """When the next pass is due, or was: the one that is under way."""
    alive_at: float = 0.0
    """Monotonic seconds when a pass came to its end, or began a remote run."""
    overdue_told: bool = False
    """It was told that no pass came to its end since."""
    passes: int = 0
    """Passes that came to their end in order, for people who count."""
    broken: int = 0
    """Passes that broke off for a reason that nobody foresaw."""
    seconds: float = 0.0
    """That all these passes took."""

    def ended(self, due: datetime | None, monotonic: float) -> None:
        """A pass came to its end, and people can read how."""
        self.due, self.alive_at, self.overdue_told = due, monotonic, False

    def taken(self, uid: str) -> None:
        """The API server took this object's status."""
        self.writable.add(uid)
        self.told = {one for one in self.told if one[0] != uid}

    def refused(self, uid: str) -> None:
        """The API server did not take it: it is asked again before anything that must be remembered."""
        self.writable.discard(uid)

    def is_news(self, uid: str, message: str) -> bool:
        """Whether this is to be told of an object; from now on it is not."""
        news = (uid, message) not in self.told
        self.told.add((uid, message))
        return news
