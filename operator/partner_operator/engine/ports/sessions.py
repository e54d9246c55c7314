"""What the engine asks of a server: the sessions of its product, and what some of them can do beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from partner_operator.engine.ports.credentials import Credentials
from partner_operator.engine.ports.failures import RunFailed
from partner_operator.oauth.challenge import Challenge
from partner_operator.trust.model import (
    AnyTest,
    DesiredApplication,
    DesiredServer,
    HostState,
    Observed,
    Product,
    RestartReport,
    TestReport,
)
from partner_operator.trust.plan import Change


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that is to be made for an application."""

    change: Change
    application: DesiredApplication


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change of a run. Without a failure the cmdlets said that it is done; only a read-back
    proves it."""

    made: str | None = None
    """Of a registration: the reference of the entry that this run made, empty when one was there already, None when
    it cannot tell."""
    failure: RunFailed | None = None
    begun: bool = True
    """False: the run ended before its turn came."""


class Session(Protocol):
    """What can be done on one host of every product. Each method is one remote run.

    All methods of sessions raise OperationFailed or LogonRefused, and nothing else. They are coroutines; the
    blocking work is done on a bounded thread pool that the composition root owns.
    """

    @property
    def logon_refused(self) -> bool:
        """The answer of the newest run came, and the logon was refused afterwards: it must not be tried again."""
        ...

    async def observe(self, urls: Sequence[str], controller: str | None) -> Observed:
        """Read everything that decisions need, and fetch `urls` on the server. Changes nothing.

        `controller`: the domain controller to ask, while it answers (rule 14).
        """
        ...

    async def apply_all(self, observed: Observed, wanted: Sequence[Wanted]) -> Sequence[Outcome]:
        """Make these changes one after the other in one run, on the domain controller of `observed`.

        Returns what became of each, in the same order: that one fails does not keep the others. Raises where
        nothing is known of any of them.
        """
        ...


class Restarts(Protocol):
    """What a session has beside it where changes become active by restarts of IIS."""

    async def host_state(self) -> HostState:
        """Look at the host: worker start times, services, what it serves."""
        ...

    async def restart(self, older_than: datetime) -> RestartReport:
        """Run iisreset locally and wait for it.

        The host looks again and does nothing where no worker started before `older_than` (its own clock).
        """
        ...


class Challenges(Protocol):
    """What a session has beside it where hosts tell whom their workers trust."""

    async def challenge(self) -> Challenge | None:
        """The bearer challenge of this very host; None where it asks for no token."""
        ...


class Replicates(Protocol):
    """What a session has beside it where the product brings changes to its hosts by itself."""

    async def replicate(self) -> tuple[str, ...]:
        """Ask for replication and wait a while; returns the FQDNs that are up to date."""
        ...


class Tests(Protocol):
    """What a session has beside it where the product can prove trust by a test of its own."""

    async def test(self, test: AnyTest) -> TestReport:
        """Run the connectivity test. A failed test is a report, not an error."""
        ...


class Operations(Protocol):
    """The sessions of one product."""

    @property
    def product(self) -> Product:
        """Whose servers they are for."""
        ...

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Session:
        """A session on one host, which asks nobody before its first run. It has the abilities of its product."""
        ...
