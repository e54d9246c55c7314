"""Every operation, through WinRM and a real PowerShell, on the whole simulated domain.

Once as PowerShell 7 and once as the oldest and the newest Windows PowerShell: answers must be alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

import pytest

from partner_operator.engine.ports import Credentials, LogonRefused, OperationFailed
from partner_operator.products.exchange.operations import PROBES, ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.remote import Runner
from partner_operator.trust.model import (
    ConnectivityTest,
    DesiredApplication,
    DesiredServer,
    Entry,
    EntryKind,
    Observed,
    Product,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_simulator.simulation import PERSON, Simulation
from support.operated_domain import declared_server, logon, names_of, remotely
from support.prelude.warm import VERSIONS
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL, OURS

pytestmark = pytest.mark.pwsh
URLS = (EXCHANGE_URL, LYNC_URL)


Of = TypeVar("Of", ExchangeOperations, LyncOperations)

Told = list[tuple[str, Any]]
"""Operations and the shapes of their answers, in order."""


@dataclass(frozen=True, slots=True)
class Side(Generic[Of]):
    """One server: how it is declared, and what can be done on it."""

    server: DesiredServer
    credentials: Credentials
    operations: Of

    @property
    def host(self) -> str:
        """The first host."""
        return self.server.hosts[0]

    async def observe(self, controller: str | None = None) -> Observed:
        """One look."""
        return await self.operations.on(self.server, self.credentials, self.host).observe(
            URLS, controller
        )

    async def change(
        self, seen: Observed, kind: ChangeKind, entry: Entry | None, *fields: Field, **declared: Any
    ) -> Observed:
        """Make one change and look again, on the same controller."""
        partner = Product.LYNC if self.server.product is Product.EXCHANGE else Product.EXCHANGE
        application: DesiredApplication = trust_worlds.application(partner, **declared)
        differences = tuple(Difference(field, "", "") for field in fields)
        change = Change(kind, application.key, entry, differences, needs_restart=True)
        await self.operations.on(self.server, self.credentials, seen.host).apply(
            seen, change, application
        )
        return await self.observe(seen.domain_controller)


@dataclass(frozen=True, slots=True)
class Domain:
    """Both sides, and a look behind them."""

    simulation: Simulation
    exchange: Side[ExchangeOperations]
    lync: Side[LyncOperations]
    told: Told


@pytest.fixture(scope="module")
def told_elsewhere() -> list[Told]:
    """What the same steps told in the versions that were tried before."""
    return []


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: version.name)
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """A running domain, whose servers' PowerShell passes for a version."""
    with Simulation(pwsh=find_pwsh(), windows_powershell=request.param) as running:
        yield running


@pytest.fixture
def domain(simulation: Simulation) -> Iterator[Domain]:
    """Both servers as their objects would declare them; their names lead to loopback."""
    told: Told = []

    async def telling(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        answer = await remotely(endpoint, request)
        told.append((request.operation, shape(answer.data)))
        return answer

    def side(product: Product, operations: Callable[[Runner], Of]) -> Side[Of]:
        server, known = declared_server(simulation, product), logon(simulation, product)
        return Side(server, known, operations(telling))

    with names_of(simulation):
        yield Domain(
            simulation,
            side(Product.EXCHANGE, ExchangeOperations),
            side(Product.LYNC, LyncOperations),
            told,
        )


def shape(value: Any) -> Any:
    """Keys, types and nesting of an answer; values are new in each domain and at each time."""
    match value:
        case dict():
            return {key: shape(inner) for key, inner in value.items()}
        case list():
            kinds = [shape(inner) for inner in value]
            return [kind for index, kind in enumerate(kinds) if kind not in kinds[:index]]
    return type(value).__name__


def of_partner(seen: Observed) -> Entry:
    """The one entry that is not of an auth server."""
    [found] = [entry for entry in seen.entries if entry.kind is EntryKind.OWN_KEYS]
    return found


async def test_both_sides_from_nothing_to_a_passed_test_and_back(
    domain: Domain, told_elsewhere: list[Told]
) -> None:
    """Observe, register, restart, replicate, test, update, remove: each does what it says, and no more."""
    exchange, lync, simulation = domain.exchange, domain.lync, domain.simulation
    empty = await exchange.observe()
    assert empty.incomplete is None
    assert all(entry.kind is EntryKind.TOKEN_SERVER for entry in empty.entries)
    assert {reading.fault for reading in empty.documents.values()} == {None}
    assert empty.own_certificates[0].certificate is not None
    assert {host.fqdn for host in empty.discovered_hosts} >= set(exchange.server.hosts)
    assert simulation.writes() == []

    seen = await exchange.change(
        empty, ChangeKind.REGISTER, None, Field.ENTRY, identity="Lync OAuth"
    )
    entry = of_partner(seen)
    lync_document = seen.documents[LYNC_URL].document
    assert lync_document is not None
    assert (entry.identity, entry.metadata_url, entry.enabled) == ("Lync OAuth", LYNC_URL, True)
    assert entry.thumbprints == tuple(sorted(lync_document.thumbprints))
    assert entry.linked_account is not None
    assert "UserApplication" in entry.linked_account.roles
    written = len(simulation.writes())
    again = await exchange.change(empty, ChangeKind.REGISTER, None, Field.ENTRY)
    assert of_partner(again) == entry
    assert len(simulation.writes()) == written

    there = await lync.observe()
    assert (there.incomplete, there.entries) == (None, ())
    trusted = of_partner(await lync.change(there, ChangeKind.REGISTER, None, Field.ENTRY))
    assert (trusted.identity, trusted.metadata_url) == ("Exchange", EXCHANGE_URL)
    fresh = await lync.operations.on(lync.server, lync.credentials, lync.host).replicate()
    assert set(fresh) >= set(lync.server.hosts)

    for host in exchange.server.hosts:
        its_iis = exchange.operations.on(exchange.server, exchange.credentials, host)
        before = await its_iis.host_state()
        young = before.workers_started_at
        assert young is not None
        left = await its_iis.restart(young - timedelta(seconds=1))
        assert (left.restarted, simulation.restarts(host)) == (False, 0)
        later = before.clock + timedelta(seconds=1)
        done = await its_iis.restart(later)
        assert done.restarted
        after = await its_iis.host_state()
        assert set(after.answers) == set(PROBES)
        assert after.workers_started_at is not None
        assert after.workers_started_at >= young
        assert {"W3SVC", "WAS"} <= after.running_services
        assert simulation.restarts(host) == 1

    wanted = ConnectivityTest(sip_uri=f"sip:{PERSON}")
    report = await lync.operations.on(lync.server, lync.credentials, lync.host).test(wanted)
    assert report.passed, report.message
    nobody = ConnectivityTest(sip_uri="sip:nobody@litwareinc.com")
    failed = await lync.operations.on(lync.server, lync.credentials, lync.host).test(nobody)
    assert not failed.passed
    assert "failed:" in failed.message

    renamed = await exchange.change(
        seen, ChangeKind.UPDATE, entry, Field.IDENTITY, Field.CERTIFICATES, identity="Lync \u65e5"
    )
    assert of_partner(renamed).identity == "Lync \u65e5"
    gone = await exchange.change(renamed, ChangeKind.REMOVE, of_partner(renamed))
    assert gone.entries == empty.entries
    there = await lync.observe()
    assert (await lync.change(there, ChangeKind.REMOVE, trusted)).entries == ()
    told_elsewhere.append(domain.told)
    assert domain.told == told_elsewhere[0]


async def test_the_wrong_product_and_a_wrong_password_are_told_apart(domain: Domain) -> None:
    """A human must act on both, and on different things."""
    exchange, lync = domain.exchange, domain.lync
    swapped = replace(lync, server=replace(lync.server, hosts=exchange.server.hosts))
    with pytest.raises(OperationFailed) as caught:
        await swapped.observe()
    assert caught.value.obstacle.then is Next.HUMAN
    wrong = replace(
        exchange, credentials=Credentials(exchange.credentials.username, "x", "d", OURS)
    )
    with pytest.raises(LogonRefused) as refused:
        await wrong.observe()
    assert refused.value.obstacle.reason is Reason.CREDENTIALS_REJECTED
