"""Many changes of one Exchange organisation in one remote run, by both engines of the simulator, over the wire."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed, Outcome, Wanted
from partner_operator.products import calls
from partner_operator.products.exchange.operations import ExchangeOperations, ExchangeSession
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_simulator.powershell.emulation import WindowsPowerShell
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.wsman import Tally
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pools import document_of, further_pools, pools
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds

MANY = 20
ACCOUNT = "LyncEnterprise-ApplicationAccount"


@dataclass
class Hall:
    """The domain, and one session on its Exchange."""

    simulation: Simulation
    session: ExchangeSession
    held: set[str] = field(default_factory=set)
    """Pools that give their document to nobody until the end."""
    over: threading.Event = field(default_factory=threading.Event)

    def asked(self, pool: str) -> None:
        """Somebody wants the document of a pool."""
        if pool in self.held:
            self.over.wait(60)

    async def seen(self) -> Observed:
        """One look, with the documents of all pools."""
        return await self.session.observe([document_of(pool) for pool in pools(MANY)], None)

    def made(self) -> set[str]:
        """Names of the entries that are not of the stock."""
        return {entry.name for entry in self.simulation.exchange_entries()} - self.stock

    stock: frozenset[str] = frozenset()

    def counted(self) -> tuple[int, int, int]:
        """Processes, logons, and calls of the cmdlet that makes the linked account."""
        calls = self.simulation.domain.ledger.calls()
        return (
            sum(self.simulation.commands_started().values()),
            self.simulation.counters.count(Tally.LOGONS_ACCEPTED),
            sum(call.what == "New-MailUser" for call in calls),
        )


@pytest.fixture(
    params=[
        pytest.param(True, id="PowerShell", marks=pytest.mark.pwsh),
        pytest.param(False, id="embedded"),
    ]
)
def hall(request: pytest.FixtureRequest) -> Iterator[Hall]:
    """A fresh domain with further pools."""
    pwsh = find_pwsh() if request.param else None
    with Simulation(pwsh=pwsh, windows_powershell=WindowsPowerShell.V3_0) as simulation:
        server = declared_server(simulation, Product.EXCHANGE)
        known = logon(simulation, Product.EXCHANGE)
        session = ExchangeOperations(remotely).on(server, known, server.hosts[0])
        made = Hall(simulation, session)
        made.stock = frozenset(entry.name for entry in simulation.exchange_entries())
        with names_of(simulation), further_pools(simulation, MANY, made.asked):
            yield made
            made.over.set()


def registration(pool: str, **declared: Any) -> Wanted:
    """Exchange shall trust this pool."""
    name = pool.partition(".")[0]
    application = trust_worlds.application(
        Product.LYNC, name, document_of(pool), **{"identity": name, **declared}
    )
    difference = Difference(Field.ENTRY, "", "")
    return Wanted(
        Change(ChangeKind.REGISTER, application.key, None, (difference,), needs_restart=True),
        application,
    )


def update(pool: str, reference: str) -> Wanted:
    """Exchange's entry for this pool shall be enabled."""
    wanted = registration(pool)
    entry = trust_worlds.entry(Product.LYNC, reference=reference)
    difference = Difference(Field.ENABLED, "", "")
    return Wanted(
        Change(ChangeKind.UPDATE, wanted.application.key, entry, (difference,), needs_restart=True),
        wanted.application,
    )


def reasons(outcomes: Sequence[Outcome]) -> list[Reason | None]:
    """Of the failures."""
    return [each.failure.obstacle.reason if each.failure else None for each in outcomes]


async def test_twenty_registrations_are_one_logon_and_one_process(hall: Hall) -> None:
    """And one account: the shipped script runs for the first, and the others find what it made."""
    seen = await hall.seen()
    processes, logons, _ = hall.counted()
    outcomes = await hall.session.apply_all(seen, [registration(pool) for pool in pools(MANY)])
    after = hall.counted()
    assert (after[0] - processes, after[1] - logons) == (1, 1)
    assert after[2] == 1
    assert all(each.begun and each.failure is None for each in outcomes)
    again = await hall.seen()
    ours = {entry.reference: entry for entry in again.entries if entry.identity in hall.made()}
    assert [ours[each.made or ""].identity for each in outcomes] == [
        pool.partition(".")[0] for pool in pools(MANY)
    ]
    for entry in ours.values():
        assert entry.linked_account is not None
        assert entry.linked_account.canonical_name.endswith(ACCOUNT)
        assert entry.enabled
        assert entry.accepts_security_identifiers
    assert hall.counted()[0] - processes == 2


async def test_a_further_registration_takes_two_calls(hall: Hall) -> None:
    """It is made and looked at. What the one before it saw of entries and account still holds."""
    seen = await hall.seen()
    all_pools = pools(MANY)
    await hall.session.apply_all(seen, [registration(all_pools[0])])

    async def calls(chosen: Sequence[str]) -> Counter[str]:
        before = len(hall.simulation.domain.ledger.calls())
        await hall.session.apply_all(seen, [registration(pool) for pool in chosen])
        return Counter(call.what for call in hall.simulation.domain.ledger.calls()[before:])

    few, more = await calls(all_pools[1:4]), await calls(all_pools[4:14])
    assert more - few == {"New-PartnerApplication": 7, "Get-PartnerApplication": 7}
    assert not few - more


async def test_a_partner_that_is_asked_for_twice_in_a_run_is_made_once(hall: Hall) -> None:
    """The list that a change hands on has what it made."""
    seen = await hall.seen()
    one, two, three = pools(3)
    await hall.session.apply_all(seen, [registration(one)])
    known = len(hall.simulation.exchange_entries())
    outcomes = await hall.session.apply_all(
        seen, [registration(two), registration(two, identity="again"), registration(three)]
    )
    assert reasons(outcomes) == [None, None, None]
    assert outcomes[1].made == ""
    assert len(hall.simulation.exchange_entries()) == known + 2


async def test_what_fails_keeps_nobody_and_is_told_by_itself(hall: Hall) -> None:
    """A name that is taken by then, an entry that is not there, a document that nobody read."""
    seen = await hall.seen()
    one, two, three, four = pools(4)
    unread = registration("nowhere.litwareinc.com")
    wanted = [
        registration(one),
        registration(two, identity="pool-000"),
        unread,
        update(three, "CN=gone"),
        registration(four),
    ]
    outcomes = await hall.session.apply_all(seen, wanted)
    assert reasons(outcomes) == [
        None,
        Reason.REMOTE_ERROR,
        Reason.METADATA_UNREACHABLE,
        Reason.REMOTE_ERROR,
        None,
    ]
    assert all(each.begun for each in outcomes)
    failures = [each.failure for each in outcomes if each.failure is not None]
    assert "pool-000" in failures[0].obstacle.message
    assert failures[1].nothing_ran
    assert hall.made() == {"pool-000", "pool-003"}


async def test_a_right_that_is_missing_is_told_on_each_that_needs_it(hall: Hall) -> None:
    seen = await hall.seen()
    await hall.session.apply_all(seen, [registration(pools(1)[0])])
    missing = (names.EXCHANGE_ADMIN.casefold(), "new-partnerapplication")
    hall.simulation.domain.missing_cmdlets |= {missing}
    known = next(entry for entry in (await hall.seen()).entries if entry.identity == "pool-000")
    wanted = [registration(pool) for pool in pools(3)[1:]]
    outcomes = await hall.session.apply_all(
        seen, [wanted[0], update(pools(1)[0], known.reference), wanted[1]]
    )
    assert reasons(outcomes) == [Reason.FORBIDDEN, None, Reason.FORBIDDEN]


async def test_what_no_time_is_left_for_is_not_begun(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "BEGIN_SECONDS", 0)
    seen = await hall.seen()
    outcomes = await hall.session.apply_all(seen, [registration(pool) for pool in pools(3)])
    assert [each.begun for each in outcomes] == [True, False, False]
    assert hall.made() == {"pool-000"}


async def test_one_that_hangs_ends_the_run_which_tells_how_far_it_came(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = await hall.seen()
    await hall.session.apply_all(seen, [registration(pools(1)[0])])
    monkeypatch.setattr(calls, "MANY_SECONDS", 8)
    hall.held = {pools(3)[2]}
    outcomes = await hall.session.apply_all(seen, [registration(pool) for pool in pools(5)[1:]])
    assert [each.begun for each in outcomes] == [True, True, False, False]
    for each in outcomes[:2]:
        assert each.failure is not None
        assert each.failure.outcome_unknown
    assert hall.made() == {"pool-000", "pool-001"}
    hall.over.set()
    # Its process is over, so the next run has the host to itself, and reads what became of it.
    assert {entry.identity for entry in (await hall.seen()).entries} >= {"pool-000", "pool-001"}


async def test_the_whole_run_fails_where_exchange_lets_nobody_in(hall: Hall) -> None:
    """Nothing of any of them was begun."""
    seen = await hall.seen()
    hall.session.credentials = logon(hall.simulation, Product.LYNC)
    with pytest.raises(OperationFailed) as failed:
        await hall.session.apply_all(seen, [registration(pool) for pool in pools(3)])
    assert failed.value.nothing_ran
    assert hall.made() == set()
