"""Who may log on: administrators, their passwords, and the lockout counter."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from partner_simulator.ports import Standing
from partner_simulator.world import names

LOCKOUT_THRESHOLD = 10
"""Rejected logons in a row that lock an account (a common group policy)."""


@dataclass(slots=True)
class Account:
    """An administrator."""

    user: str
    """DOMAIN\\user."""
    password: str
    hosts: frozenset[str]
    """Machines whose administrator it is."""
    groups: frozenset[str] = frozenset()
    rejected: int = 0
    """Rejected logons since the last change of the password."""
    locked: bool = False
    standing: Standing = Standing.GOOD
    """What else keeps it from logging on, be the password right."""

    @property
    def principal_name(self) -> str:
        """user@domain."""
        return f"{self.user.partition(chr(92))[2]}@{names.DOMAIN}"

    def answers_to(self, spelling: str) -> bool:
        """Whether somebody who writes this means the account."""
        short = self.user.partition("\\")[2]
        known = (self.user, self.principal_name, short, f"{names.DOMAIN}\\{short}")
        return spelling.casefold() in {text.casefold() for text in known}


@dataclass(slots=True)
class Accounts:
    """The administrators of the domain; implements ports.Directory."""

    known: list[Account]
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rejected logons by host and the name that was given."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accounts(self) -> Mapping[str, str]:
        """Spellings to passwords, of those too that may not log on now."""
        with self._lock:
            return {
                spelling: account.password
                for account in self.known
                for spelling in (account.user, account.principal_name)
            }

    def may_use_winrs(self, host: str, user: str) -> bool:
        """Whether this account administers this machine."""
        account = self.find(user)
        return account is not None and host in account.hosts

    def standing(self, user: str) -> Standing:
        """Whether this account may log on at all."""
        account = self.find(user)
        if account is None:
            return Standing.GOOD
        return Standing.LOCKED_OUT if account.locked else account.standing

    def logon_failed(self, host: str, user: str) -> None:
        """Count a rejected logon; too many lock the account."""
        account = self.find(user)
        with self._lock:
            self.rejected[host, user] += 1
            if account is not None:
                account.rejected += 1
                account.locked = account.locked or account.rejected >= LOCKOUT_THRESHOLD

    def find(self, spelling: str) -> Account | None:
        """The account that a spelling means."""
        return next((account for account in self.known if account.answers_to(spelling)), None)

    def check(self, host: str, spelling: str, password: str) -> Account | None:
        """The account if the password is right; counts a rejection otherwise."""
        account = self.find(spelling)
        right = account is not None and account.password == password
        if right and self.standing(spelling) is Standing.GOOD:
            return account
        self.logon_failed(host, spelling)
        return None

    def change_password(self, user: str, password: str) -> None:
        """Give an account another password and unlock it. Raises LookupError."""
        account = self.find(user)
        if account is None:
            raise LookupError(user)
        with self._lock:
            account.password = password
            account.rejected, account.locked = 0, False

    def set_standing(self, user: str, standing: Standing) -> None:
        """Say what keeps an account from logging on; GOOD unlocks it, too. Raises LookupError."""
        account = self.find(user)
        if account is None:
            raise LookupError(user)
        with self._lock:
            account.standing = standing
            if standing is Standing.GOOD:
                account.rejected, account.locked = 0, False

    def member_of(self, user: str, group: str) -> bool:
        """Whether the account is in the group."""
        account = self.find(user)
        return account is not None and group in account.groups
