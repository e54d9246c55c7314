"""What somebody changes by hand is noticed by content, named by field, and put right with the least."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import LinkedAccount, Product
from partner_operator.trust.plan import Field
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import ChangeKind
from support.engine.servers import FakeOrganisation
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)
from support.trust import worlds as values

FALSE = ConditionStatus.FALSE
TRUE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.UNKNOWN
ACCOUNT = "litwareinc.com/Users/Lync"
ON_EXCHANGE: list[tuple[dict[str, Any], set[Field], bool]] = [
    ({"enabled": False}, {Field.ENABLED}, True),
    ({"metadata_url": "https://elsewhere.litwareinc.com/x"}, {Field.METADATA_URL}, True),
    ({"metadata_url": None}, {Field.METADATA_URL}, True),
    ({"thumbprints": ("EF" * 20,)}, {Field.CERTIFICATES}, True),
    ({"issuer": "somebody@else"}, {Field.ISSUER}, True),
    ({"accepts_security_identifiers": False}, {Field.ACCEPTS_SECURITY_IDENTIFIERS}, True),
    ({"linked_account": LinkedAccount(ACCOUNT, ())}, {Field.ROLES}, False),
    ({"linked_account": None}, {Field.LINKED_ACCOUNT, Field.ROLES}, True),
    ({"enabled": False, "issuer": "x"}, {Field.ENABLED, Field.ISSUER}, True),
]
ON_LYNC: list[tuple[dict[str, Any], set[Field], ChangeKind]] = [
    ({"enabled": False}, {Field.ENABLED}, ChangeKind.UPDATE),
    ({"trust_level": "User"}, {Field.TRUST_LEVEL}, ChangeKind.UPDATE),
    ({"metadata_url": "https://elsewhere/x"}, {Field.METADATA_URL}, ChangeKind.UPDATE),
    ({"realm": "contoso.com"}, {Field.REALM}, ChangeKind.RECREATE),
]


def _spoil(organisation: FakeOrganisation, **changes: Any) -> None:
    """Somebody changes the one entry by hand."""
    entry = organisation.model.entries[0]
    organisation.model.entries = (replace(entry, **changes),)


def _touched(organisation: FakeOrganisation) -> list[tuple[ChangeKind, set[Field]]]:
    """All changes but the first registration."""
    return [(change.kind, set(change.fields)) for change in organisation.model.writes[1:]]


@pytest.mark.parametrize(("spoilt", "fields", "restart"), ON_EXCHANGE)
def test_each_field_on_exchange_is_repaired_alone(
    spoilt: dict[str, Any], fields: set[Field], restart: bool
) -> None:
    world = converged()
    before = world.exchange.model.entries
    _spoil(world.exchange, **spoilt)
    world.run_round()
    world.settle()
    assert _touched(world.exchange) == [(ChangeKind.UPDATE, fields)]
    assert world.cluster.told(Reason.DRIFT_DETECTED) == [
        f"Differs from the declaration, and the operator repairs it: {', '.join(sorted(fields))}."
    ]
    assert world.cluster.told(Reason.REPAIRED) == [f"Repaired: {', '.join(sorted(fields))}."]
    assert set(world.exchange.restarts.values()) == ({2} if restart else {1})
    assert world.all_ready()
    if spoilt.get("linked_account", "") is not None:
        assert world.exchange.model.entries == before


@pytest.mark.parametrize(("spoilt", "fields", "kind"), ON_LYNC)
def test_each_field_on_lync_is_repaired_alone(
    spoilt: dict[str, Any], fields: set[Field], kind: ChangeKind
) -> None:
    world = converged()
    before = world.lync.model.entries
    _spoil(world.lync, **spoilt)
    tests = world.lync.counts["test"]
    world.run_round()
    world.settle()
    assert _touched(world.lync) == [(kind, fields)]
    assert world.lync.model.entries == before
    assert world.lync.counts["test"] == tests + 1, "a change is proven by a test"
    assert set(world.exchange.restarts.values()) == {1}


def test_an_entry_that_somebody_removed_is_made_again() -> None:
    world = converged()
    world.exchange.model.entries = ()
    world.run_round()
    world.settle()
    assert world.exchange.counts["registered"] == 2
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert registration.created_by_us
    assert set(world.exchange.restarts.values()) == {2}
    assert world.trusted()


def test_letter_case_is_no_drift() -> None:
    world = converged()
    entry = world.exchange.model.entries[0]
    assert entry.metadata_url is not None
    _spoil(
        world.exchange,
        metadata_url=entry.metadata_url.upper().replace("HTTPS", "https"),
        realm=entry.realm.upper(),
    )
    changes = world.exchange.changes
    world.run_round()
    assert world.exchange.changes == changes


@pytest.mark.parametrize("partner", [Product.LYNC, Product.EXCHANGE])
def test_a_rolled_certificate_is_followed_while_both_are_published(partner: Product) -> None:
    """Also where the product does not show what it stored (Lync)."""
    world = converged()
    world.roll(partner, values.THUMBPRINT, values.ROLLED)
    for _ in range(3):
        world.run_round()
    # Only now is the new one signed with.
    world.roll(partner, values.ROLLED)
    tests = world.lync.counts["test"]
    world.clock.instant += timedelta(hours=2)
    for _ in range(2):
        world.run_round()
    assert world.lync.counts["test"] > tests
    assert world.trusted()
    assert not world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)
    world.settle()
    assert world.all_ready()


def test_a_write_that_shows_nothing_asks_for_no_restart_though_time_stamps_move() -> None:
    """Active Directory moves whenChanged on every write."""
    world = converged()
    restarts, required = dict(world.exchange.restarts), world.restart_required
    disable(world)

    async def only_touches(*arguments: object) -> None:
        world.exchange.counts["touched"] += 1
        _spoil(world.exchange, changed_at=world.exchange.now())

    world.exchange.apply = only_touches  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(3):
        world.run_pass("exchange")
    assert world.exchange.counts["touched"] == 3
    assert dict(world.exchange.restarts) == restarts
    assert world.restart_required == required


@pytest.mark.parametrize(("seconds", "proven"), [(0, False), (1, False), (2, True)])
def test_a_test_proves_only_what_surely_came_before_it(seconds: int, proven: bool) -> None:
    """The directory cuts the time of somebody's change off to whole seconds."""
    world = converged()
    server = world.cluster.server_statuses["uid-Exchange"]
    world.cluster.server_statuses["uid-Exchange"] = replace(server, iis=None)
    tested = world.cluster.status(EXCHANGE_ON_LYNC).connectivity
    assert tested is not None
    assert tested.last_succeeded_at is not None
    _spoil(world.exchange, changed_at=tested.last_succeeded_at - timedelta(seconds=seconds))
    world.run_pass("exchange")
    told = world.cluster.ready(LYNC_ON_EXCHANGE)
    assert told == ((TRUE, Reason.SUCCEEDED) if proven else (UNKNOWN, Reason.ACTIVATION_UNKNOWN))


def test_drift_that_persists_is_tried_again_on_request_and_for_a_new_generation() -> None:
    world = converged()
    disable(world)
    tried: list[int] = []

    async def says_done(*arguments: object) -> None:
        tried.append(1)

    apply = world.exchange.apply
    world.exchange.apply = says_done  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(6):
        world.run_pass("exchange")
    assert len(tried) == 3
    writes = world.cluster.writes
    world.run_pass("exchange")
    assert world.cluster.writes == writes, "a refused repair is not told anew in each pass"
    world.cluster.request(LYNC_ON_EXCHANGE, "now")
    for _ in range(3):
        world.run_pass("exchange")
    # The request gives one more series; its first attempt is made in the pass that handles it.
    assert len(tried) == 6
    world.exchange.apply = apply  # type: ignore[method-assign]
    world.cluster.change(LYNC_ON_EXCHANGE)
    world.settle()
    assert world.all_ready()


def test_a_created_nothing_is_said_and_restarts_nothing() -> None:
    """C07 B: no error, no output, and no object."""
    world = World()
    world.declare()
    apply = world.exchange.apply

    async def says_done(*arguments: object) -> None:
        world.exchange.counts["nothing"] += 1

    world.exchange.apply = says_done  # type: ignore[method-assign,assignment]  # takes anything
    due = world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.CREATED_NOTHING)
    assert not world.exchange.restarts
    assert due is not None
    assert due - world.clock.now() < timedelta(minutes=1)
    for _ in range(5):
        world.run_when_due("exchange")
    assert world.exchange.counts["nothing"] == 3
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_PERSISTS)
    world.exchange.apply = apply  # type: ignore[method-assign]
    world.cluster.request(LYNC_ON_EXCHANGE, "now")
    world.settle()
    assert world.all_ready()


def test_an_entry_that_shows_only_later_is_ours_and_activated() -> None:
    """C02, C07 A: the read-back did not show it yet; another read does."""
    world = World()
    world.declare()
    observe, apply = world.exchange.model.observed, world.exchange.apply
    late: list[object] = []

    async def hides(*arguments: Any) -> None:
        await apply(*arguments)
        late.extend(world.exchange.model.entries)
        world.exchange.model.entries = ()

    world.exchange.apply = hides  # type: ignore[method-assign,assignment]  # takes anything
    world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.CREATED_NOTHING)
    world.exchange.apply = apply  # type: ignore[method-assign]
    world.exchange.model.entries = tuple(late)  # type: ignore[arg-type]  # entries, kept as objects
    assert observe().entries
    world.settle()
    assert world.exchange.counts["registered"] == 1
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert registration.created_by_us
    assert set(world.exchange.restarts.values()) == {1}
    assert world.trusted()


def test_a_write_that_threw_and_stored_something_unreadable_is_repaired_in_place_and_capped() -> (
    None
):
    """C06: never a second entry, and no more than the cap."""
    world = converged()
    disable(world)

    async def stores_and_throws(*arguments: object) -> None:
        world.exchange.counts["thrown"] += 1
        _spoil(world.exchange, metadata_url=None, enabled=True)
        raise OperationFailed(Reason.REMOTE_ERROR, "Invalid URI.")

    world.exchange.apply = stores_and_throws  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(8):
        world.run_when_due("exchange")
    assert len(world.exchange.model.entries) == 1
    assert world.exchange.counts["registered"] == 1
    assert world.exchange.counts["thrown"] == 4, "once for enabled, three times for the URL"
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_PERSISTS)
    messages = world.cluster.told(Reason.DRIFT_PERSISTS)
    assert any("cannot be read" in message for message in messages)


def test_a_fight_asks_for_a_bounded_number_of_restarts_in_an_hour() -> None:
    """C01: somebody sets it back again and again, every five minutes."""
    world = converged()
    restarts = dict(world.exchange.restarts)
    for _ in range(12):
        disable(world)
        world.clock.instant += timedelta(minutes=5)
        world.run_pass("exchange")
        world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.ANOTHER_WRITER)
    for host, count in world.exchange.restarts.items():
        assert count - restarts[host] <= 5


def test_other_objects_go_on_while_one_repair_is_refused() -> None:
    world = converged()
    disable(world)

    async def says_done(*arguments: object) -> None:
        return

    world.exchange.apply = says_done  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(6):
        world.run_round()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_PERSISTS)
    _spoil(world.lync, enabled=False)
    world.run_round()
    assert world.lync.model.entries[0].enabled
    assert world.cluster.status(EXCHANGE_ON_LYNC).registration is not None


@pytest.mark.parametrize("first", [True, False], ids=["registration", "roll-over"])
def test_a_document_that_changes_while_lync_reads_it_is_read_again(first: bool) -> None:
    """Lync shows no certificates, and the read-back gets another document than Lync got."""
    world = World() if first else converged()
    apply = world.lync.apply

    async def then_it_rolls(*arguments: Any) -> Any:
        made = await apply(*arguments)
        del world.lync.apply
        world.roll(Product.EXCHANGE, "EF" * 20, values.ROLLED)
        return made

    if first:
        world.declare()
    else:
        world.roll(Product.EXCHANGE, values.ROLLED, values.THUMBPRINT)
    world.lync.apply = then_it_rolls  # type: ignore[method-assign,assignment]
    world.settle()
    world.settle()
    assert set(world.lync.copies[values.EXCHANGE_URL]) == {"EF" * 20, values.ROLLED}
    assert world.trusted()
    assert world.all_ready()
    changes = world.lync.changes
    world.run_round()
    assert world.lync.changes == changes
