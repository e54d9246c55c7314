"""Organisations as the field has them: hosts with clocks and health of their own, people who change entries.

Everything that an operator or a person does here is told to the Judge, who never asks an operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.trust.model import (
    ConnectivityTest,
    DesiredApplication,
    DesiredServer,
    Entry,
    HostState,
    Observed,
    Product,
    TestReport,
)
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.engine.invariants import HUMAN, Health, Judge
from support.engine.servers import HEALTHY, SERVES, FakeOrganisation
from support.trust.model_server import ModelServer

SELF_REFRESH = timedelta(minutes=15)
"""After this long workers have read a change by themselves. SharePoint promises it after a day only."""
UNCACHED = frozenset({"identity", "reference", "linked_account", "changed_at"})
"""Fields of an entry that no worker keeps."""


class FieldModel(ModelServer):
    """Entries that may have changed since they were read: a cmdlet names one, and takes it as it is now."""

    def apply(self, change: Change, desired: DesiredApplication) -> str | None:
        """Make one change, or refuse it as the product would."""
        if change.entry is not None:
            now = self.named(change.entry.reference)
            if now is None:
                raise OperationFailed(
                    Reason.REMOTE_ERROR, f"{change.entry.reference} couldn't be found."
                )
            change = replace(change, entry=self._shown(now))
        try:
            return super().apply(change, desired)
        except AssertionError as refused:
            raise OperationFailed(Reason.REMOTE_ERROR, "It already exists.") from refused

    def named(self, reference: str) -> Entry | None:
        """The entry that this reference names now."""
        wanted = reference.casefold()
        return next((found for found in self.entries if found.reference.casefold() == wanted), None)


@dataclass
class FieldOrganisation(FakeOrganisation):
    """A fake organisation whose hosts differ, and who tells the judge what is done to it."""

    judge: Judge = field(kw_only=True)
    returns: dict[str, Health] = field(default_factory=dict)
    """By host: what it runs and serves after its next restart; whole where nothing is set."""
    restarting: set[str] = field(default_factory=set)
    engine: str = ""
    """Who asks at the moment."""
    _stored_at: datetime | None = None

    def __post_init__(self) -> None:
        """All workers started an hour ago."""
        super().__post_init__()
        for host in self.hosts:
            self.services[host] = HEALTHY
            self.judge.started(self.product, host, self.clock.now() - timedelta(hours=1))

    def health(self, host: str) -> Health:
        """What a host truly runs and serves at this moment."""
        if host in self.restarting or host in self.unreachable:
            return frozenset()
        served = self.served[host].items()
        probes = {f"{path} {answer}" for path, answer in served if not answer.startswith("5")}
        return frozenset(self.services[host] | probes)

    # ---- what an operator does

    async def observe(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        urls: Sequence[str],
        controller: str | None,
    ) -> Observed:
        """Read everything; the judge remembers what was there."""
        seen = await super().observe(server, credentials, host, urls, controller)
        self.judge.observed(self.engine, self.product, self.model.entries, self.model.documents)
        return seen

    async def apply(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        change: Change,
        application: DesiredApplication,
    ) -> str | None:
        """Make the change, and tell whose entry it was."""
        before = self.model.entries
        made = await super().apply(server, credentials, observed, change, application)
        self._compare(before, application.key.uid, change.kind)
        self._stored(before)
        return made

    async def host_state(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> HostState:
        """Look at one host."""
        state = await super().host_state(server, credentials, host)
        self.judge.looked(self.engine, self.product, host, self.health(host))
        return state

    async def test(
        self, server: DesiredServer, credentials: Credentials, host: str, test: ConnectivityTest
    ) -> TestReport:
        """Run the test, and remember truly when it passed."""
        report = await super().test(server, credentials, host, test)
        if report.passed:
            self.judge.test_passed()
        return report

    def would_restart(self, host: str, older_than: datetime) -> bool:
        """Whether the restart script, under the mutex, finds workers that are too old."""
        return self.workers[host] < older_than

    def go_down(self, host: str) -> None:
        """An iisreset begins."""
        self.restarting.add(host)

    def iisreset(self, host: str) -> None:
        """Whoever types it: new workers, and what the host is to be afterwards."""
        self.restarting.discard(host)
        super().iisreset(host)
        back = self.returns.pop(host, None)
        self.services[host] = HEALTHY if back is None else HEALTHY & back
        if back is not None and not back & {f"{path} {code}" for path, code in SERVES.items()}:
            self.served[host] = dict.fromkeys(SERVES, "503")
        self.judge.started(self.product, host, self.clock.now())

    # ---- what people and time do

    def set_clock(self, host: str, ahead: timedelta) -> None:
        """A host's clock is wrong, and was when its workers started."""
        self.workers[host] += ahead - self.skews.get(host, timedelta(0))
        self.skews[host] = ahead

    def put(self, *entries: Entry) -> None:
        """People make, change or remove entries by hand: these are there afterwards."""
        before = self.model.entries
        self.model.entries = entries
        for entry in set(entries) - set(before):
            if entry.reference not in {old.reference for old in before}:
                self._reads_document_of(entry)
        self._compare(before, HUMAN, None)
        self._stored(before, ours=False)

    def read_again(self) -> None:
        """A person gives each entry its metadata URL once more."""
        for entry in self.model.entries:
            self._reads_document_of(entry)

    def _reads_document_of(self, entry: Entry) -> None:
        """Who makes an entry with a metadata URL makes the server read the document."""
        for reading in self.model.documents:
            if reading.url == entry.metadata_url and reading.document is not None:
                self.copies[reading.url] = reading.document.thumbprints

    def replace_by_hand(self, old: Entry, new: Entry) -> None:
        """A person removes an entry and makes another one, perhaps under the same name."""
        self.put(*(entry for entry in self.model.entries if entry != old))
        self.put(*self.model.entries, new)

    def break_host(self, host: str) -> None:
        """A service ends and a probe answers 503."""
        self.judge.broke(host)
        self.services[host] = HEALTHY - {"MSExchangeServiceHost"}
        self.served[host] = dict.fromkeys(SERVES, "503")
        self.judge.broke(host)

    def heal(self, host: str) -> None:
        """Everything runs and answers again, with the workers of before."""
        self.unreachable.discard(host)
        self.services[host] = HEALTHY
        self.served[host] = dict(SERVES)

    def tick(self) -> None:
        """Time has passed: workers read by itself what was stored long ago."""
        if self.product is Product.LYNC or self._stored_at is None:
            return
        if self.clock.now() - self._stored_at >= SELF_REFRESH:
            self._stored_at = None
            for host in self.hosts:
                self.running[host] = self.model.entries

    def _stored(self, before: tuple[Entry, ...], *, ours: bool = True) -> None:
        if cached(before) == cached(self.model.entries):
            return
        self._stored_at = self.clock.now()
        lost = {entry.reference for entry in before} - {
            entry.reference for entry in self.model.entries
        }
        again = {entry.reference for entry in self.model.entries} - {
            entry.reference for entry in before
        }
        if ours and self.product is not Product.LYNC and (again or not lost):
            self.judge.changed(self.engine, self.product)

    def _compare(self, before: tuple[Entry, ...], by: str, kind: ChangeKind | None) -> None:
        old = {entry.reference.casefold() for entry in before}
        new = {entry.reference.casefold() for entry in self.model.entries}
        lost, made = sorted(old - new), sorted(new - old)
        # What takes the place of another belongs to whom that belonged.
        in_place = kind in {ChangeKind.UPDATE, ChangeKind.RECREATE}
        if in_place and len(lost) == len(made) == 1:
            self.judge.renamed(self.product, lost[0], made[0])
            return
        for reference in lost:
            self.judge.removed(self.product, reference, by)
        for reference in made:
            self.judge.made(self.product, reference, by)


def cached(entries: tuple[Entry, ...]) -> frozenset[tuple[object, ...]]:
    """What a worker of Exchange keeps of the entries."""
    names = [name for name in Entry.__dataclass_fields__ if name not in UNCACHED]
    return frozenset(tuple(getattr(entry, name) for name in names) for entry in entries)
