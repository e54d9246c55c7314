"""Whom a server may trust is its owner's word, and where a logon may go the Secret's: nobody else widens either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.engine.ports import Credentials, CredentialsProblem
from partner_operator.trust.allowed import Bounds
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DesiredApplication, Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.meanwhile import kill_at, when
from support.engine.world import LYNC_ON_EXCHANGE, World, converged
from support.trust import worlds as values

FALSE = ConditionStatus.FALSE
EVIL = "https://lync.evil.example/metadata/json/1"
NAME = "by-url"
HOST = ("*.evil.example",)


def by_url(product: Product = Product.LYNC, **changes: Any) -> DesiredApplication:
    """An object that names its partner by URL, as whoever may create PartnerApplications can."""
    desired = values.application(
        product, NAME, EVIL, server_name="exchange", identity="Mine", has_finalizer=False
    )
    return replace(desired, partner=replace(desired.partner, server_name=None), **changes)


def with_evil(*allowed: str) -> tuple[World, list[str]]:
    """A world with a partner that answers, and a list of all documents that Exchange is asked to fetch."""
    world = World()
    model = world.exchange.model
    model.documents = (*model.documents, values.reading(Product.LYNC, EVIL, realm="evil.example"))
    world.cluster.change_server("exchange", allowed_partners=allowed)
    fetched: list[str] = []
    observe = world.exchange.observe

    async def noted(*arguments: Any) -> Any:
        fetched.extend(arguments[3])
        return await observe(*arguments)

    world.exchange.observe = noted  # type: ignore[method-assign,assignment]  # on its way
    return world, fetched


def trusted(*allowed: str) -> tuple[World, list[str]]:
    """The same, with the trust registered; then the owner's word is as given."""
    world, fetched = with_evil(*HOST)
    world.cluster.add(by_url())
    world.settle()
    assert world.cluster.ready(NAME) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    world.cluster.change_server("exchange", allowed_partners=allowed)
    fetched.clear()
    return world, fetched


@pytest.mark.parametrize("allowed", [(), ("lync.example",), ("*",), ("lync.evil.example:8443",)])
@pytest.mark.parametrize("mode", Mode)
def test_a_partner_that_is_not_allowed_is_neither_fetched_nor_registered(
    allowed: tuple[str, ...], mode: Mode
) -> None:
    world, fetched = with_evil(*allowed)
    world.cluster.add(by_url(mode=mode))
    world.settle()
    assert EVIL not in fetched
    assert world.exchange.changes == 0
    assert not world.exchange.restarts
    assert not world.cluster.applications[NAME].has_finalizer
    if mode is not Mode.SUSPEND:
        assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
        stalled = find(world.cluster.status(NAME).conditions, ConditionType.STALLED)
        assert stalled is not None
        assert stalled.reason is Reason.PARTNER_NOT_ALLOWED


def test_a_partner_that_is_not_allowed_is_in_nobodys_way() -> None:
    """The others are served in the same pass, whoever came first and whatever name it wants."""
    world, _ = with_evil()
    squatting = by_url(identity="Lync", created_at=values.NOW.replace(year=2020))
    world.cluster.add(squatting)
    world.declare()
    world.settle()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert [entry.metadata_url for entry in world.exchange.model.entries] == [values.LYNC_URL]


def test_an_allowed_partner_is_served() -> None:
    world, fetched = with_evil(*HOST)
    world.cluster.add(by_url())
    world.settle()
    assert EVIL in fetched
    assert [entry.metadata_url for entry in world.exchange.model.entries] == [EVIL]


def _disable(world: World) -> None:
    world.exchange.model.entries = (replace(world.exchange.model.entries[0], enabled=False),)


def _roll(world: World) -> None:
    rolled = values.reading(Product.LYNC, EVIL, realm="evil.example")
    certificate = values.certificate(values.ROLLED)
    assert rolled.document is not None
    rolled = replace(rolled, document=replace(rolled.document, certificates=(certificate,)))
    others = (each for each in world.exchange.model.documents if each.url != EVIL)
    world.exchange.model.documents = (*others, rolled)


@pytest.mark.parametrize("drift", [_disable, _roll])
def test_what_was_withdrawn_is_neither_repaired_nor_removed_and_says_how_to_revoke(
    drift: Callable[[World], None],
) -> None:
    world, fetched = trusted()
    changes = world.exchange.changes
    drift(world)
    entries = world.exchange.model.entries
    world.settle()
    assert world.exchange.model.entries == entries
    assert world.exchange.changes == changes
    assert EVIL not in fetched
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
    ready = find(world.cluster.status(NAME).conditions, ConditionType.READY)
    assert ready is not None
    assert "To revoke the trust, delete this object" in ready.message
    world.cluster.change_server("exchange", allowed_partners=HOST)
    world.settle()
    assert world.cluster.ready(NAME) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert world.exchange.changes == changes + 1


def test_the_deletion_of_what_was_withdrawn_removes_and_asks_nobody() -> None:
    world, fetched = trusted()
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.exchange.model.entries == ()
    assert EVIL not in fetched


def test_a_deletion_right_after_a_kill_removes_what_the_open_intent_made() -> None:
    """Its registration was never read back; the pattern went meanwhile."""
    world, _ = with_evil(*HOST)
    world.cluster.add(by_url())
    kill_at(world, "Exchange apply Register done")
    world.run_pass("exchange")
    assert world.cluster.status(NAME).registration is None
    world.cluster.change_server("exchange", allowed_partners=())
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.exchange.model.entries == ()


def test_what_is_not_allowed_is_no_heir() -> None:
    """Else whoever may create PartnerApplications could keep a trust that its owner revokes, by naming it too."""
    world, _ = trusted()
    twin = by_url(key=replace(by_url().key, name="twin", uid="uid-twin"))
    world.cluster.add(twin)
    world.settle()
    world.cluster.delete(NAME)
    world.settle()
    assert world.exchange.model.entries == ()
    assert world.cluster.ready("twin") == (FALSE, Reason.PARTNER_NOT_ALLOWED)


def test_what_is_not_allowed_holds_no_removal_back() -> None:
    """An object whose partner is not known yet is waited for, because it may be the heir. This one cannot be."""
    world, _ = trusted()
    twin = by_url(key=replace(by_url().key, name="twin", uid="uid-twin"))
    world.cluster.add(replace(twin, created_at=world.clock.now()))
    world.cluster.delete(NAME)
    world.run_pass("exchange")
    assert world.exchange.model.entries == ()


def test_an_owners_word_that_is_taken_back_while_a_pass_runs_is_heard_before_the_registration() -> (
    None
):
    world, _ = with_evil(*HOST)
    world.cluster.add(by_url())
    when(
        world,
        "Exchange observe done",
        lambda: world.cluster.change_server("exchange", allowed_partners=()),
    )
    world.settle()
    assert world.exchange.model.entries == ()
    assert world.cluster.status(NAME).intent is None
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)


def test_an_owners_word_that_is_taken_back_is_heard_before_a_repair() -> None:
    world, _ = trusted(*HOST)
    changes = world.exchange.changes
    _disable(world)
    when(
        world,
        f"write status of {NAME}",
        lambda: world.cluster.change_server("exchange", allowed_partners=()),
    )
    world.settle()
    assert world.exchange.changes == changes
    assert not world.exchange.model.entries[0].enabled


# ---- where a logon may go


def _hosts(world: World, *hosts: str, bounds: Bounds | None = None) -> None:
    """The Secret of Exchange names these hosts."""
    logon = Credentials("admin", "geheim", "exchange-1", hosts)
    logon = replace(logon, bounds=bounds) if bounds is not None else logon
    world.cluster.credentials_by_server["exchange"] = logon


@pytest.mark.parametrize(
    ("hosts", "bounds"),
    [
        ((), None),
        (("ex1.litwareinc.com",), None),
        (("*.contoso.com",), None),
        (values.OURS, Bounds(("ex1.litwareinc.com",))),
        (values.OURS, Bounds(ports=frozenset({5985, 443}))),
    ],
    ids=["none", "one of two", "others", "--allowed-hosts", "--allowed-ports"],
)
def test_a_host_that_the_secret_does_not_name_makes_the_server_stalled_and_nobody_is_asked(
    hosts: tuple[str, ...], bounds: Bounds | None
) -> None:
    """Also where another host of the list is named: half a list is met in the middle of a round of restarts."""
    world = World()
    world.declare()
    _hosts(world, *hosts, bounds=bounds)
    world.run_round()
    assert not world.exchange.seen_passwords
    assert world.cluster.server_ready("exchange") == (FALSE, Reason.HOST_NOT_ALLOWED)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.HOST_NOT_ALLOWED)
    _hosts(world, *values.OURS)
    world.settle()
    assert world.cluster.server_ready("exchange") == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_a_host_that_somebody_adds_gets_no_password() -> None:
    world = converged()
    _hosts(world, "ex1.litwareinc.com", "ex2.litwareinc.com")
    asked = len(world.exchange.seen_passwords)
    world.cluster.change_server(
        "exchange", hosts=("ex1.litwareinc.com", "ex2.litwareinc.com", "ex1.evil.example")
    )
    world.run_round()
    assert len(world.exchange.seen_passwords) == asked
    assert world.cluster.server_ready("exchange") == (FALSE, Reason.HOST_NOT_ALLOWED)


def test_a_remembered_logon_does_not_outlive_the_word_of_the_secret() -> None:
    """While something is deleted, a logon stays in memory for a Secret that went first; this one is there."""
    world = converged()
    world.cluster.credentials_by_server["exchange"] = CredentialsProblem(
        Reason.HOST_NOT_ALLOWED, "The key hosts of Secret exchange-admin is empty."
    )
    asked = len(world.exchange.seen_passwords)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange", Credentials("admin", "geheim", "exchange-1", values.OURS))
    assert len(world.exchange.seen_passwords) == asked
    assert LYNC_ON_EXCHANGE in world.cluster.applications
