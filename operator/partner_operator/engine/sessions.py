"""The sessions of one pass: all with one logon, whose refusal is noted where it happens and ends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from partner_operator.engine.ports import Credentials, LogonRefused, Operations, Session
from partner_operator.trust.logon import LogonKey, key_of
from partner_operator.trust.model import DesiredServer
from partner_operator.trust.status import LogonStatus

AFTER_AN_ANSWER = "The hosts answered, and refused the logon afterwards."


@dataclass(slots=True)
class Logon:
    """The credentials of a pass, and the sessions with them."""

    operations: Operations
    server: DesiredServer
    credentials: Credentials
    note: Callable[[str], None]
    """Notes a refusal in memory: whatever follows may fail before it is written."""
    known: LogonStatus | None = None
    """What was remembered of the last try when this pass began."""
    _newest: Session | None = None

    @property
    def key(self) -> LogonKey:
        """What makes it another logon."""
        return key_of(self.server, self.credentials.digest, self.credentials.version)

    @property
    def refused(self) -> bool:
        """Refused after an answer had come. What was answered holds; nobody is asked any more."""
        return self._newest is not None and self._newest.logon_refused

    def on(self, host: str) -> Session:
        """A session on this host. Raises LogonRefused where the logon must not be tried again."""
        if self.refused:
            raise LogonRefused(f"{host} was not asked: the logon was refused.", nothing_ran=True)
        self._newest = self.operations.on(self.server, self.credentials, host)
        return cast(Session, _Noting(self._newest, self.note))


@dataclass(frozen=True, slots=True)
class _Noting:
    """A session whose refusal is noted in memory where it happens: whatever follows may fail before it is written."""

    session: Session
    note: Callable[[str], None]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.session, name)
        if not callable(found):
            return found

        async def run(*arguments: Any, **options: Any) -> Any:
            try:
                return await found(*arguments, **options)
            except LogonRefused as refusal:
                self.note(refusal.obstacle.message)
                raise
            finally:
                if self.session.logon_refused:
                    self.note(AFTER_AN_ANSWER)

        return run
