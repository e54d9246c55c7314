"""A certificate that will end: told in a condition, in Events and in a column, long before and once each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest

from partner_operator.engine.ports import Severity
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, CertificateEnd, Condition, ServerStatus
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, converged
from support.trust import worlds as values

DAY = timedelta(days=1)
TOLD = frozenset({Reason.CERTIFICATE_EXPIRES_SOON, Reason.CERTIFICATE_EXPIRED})
OWN, PARTNERS = "lync", LYNC_ON_EXCHANGE
"""Objects that tell of Lync's certificate."""


def ends(world: World, thumbprint: str, instant: datetime, product: Product = Product.LYNC) -> None:
    """From now on the product signs with this certificate and publishes it."""
    document = values.reading(
        product, certificates=(values.certificate(thumbprint, not_after=instant),)
    )
    for organisation in (world.exchange, world.lync):
        organisation.model.documents = tuple(
            document if old.url == document.url else old for old in organisation.model.documents
        )


def live(world: World, until: datetime, step: timedelta = DAY) -> None:
    """Passes over both servers, by an operator that starts anew for each."""
    while world.clock.instant < until:
        world.clock.instant += step
        for name in ("exchange", "lync"):
            world.run_pass(name)


def status(world: World, name: str) -> ApplicationStatus | ServerStatus:
    """Of an application or a server."""
    if name in world.cluster.servers:
        return world.cluster.server_statuses[world.cluster.servers[name].key.uid]
    return world.cluster.status(name)


def condition(world: World, name: str, which: ConditionType) -> Condition | None:
    return find(status(world, name).conditions, which)


def column(world: World, name: str) -> str:
    end = status(world, name).certificate
    assert isinstance(end, CertificateEnd)
    return end.ends


def events(world: World, name: str) -> list[str]:
    """The warnings about certificates on one object."""
    return [
        message
        for about, severity, reason, message in world.cluster.events
        if about == name and severity is Severity.WARNING and reason in TOLD
    ]


@pytest.fixture
def world() -> World:
    """Lync's certificate has a hundred days left."""
    made = converged()
    # Each test is written down, and this is about what is not.
    made.cluster.change(EXCHANGE_ON_LYNC, connectivity_test=None)
    ends(made, values.ROLLED, values.NOW + 100 * DAY)
    live(made, values.NOW + 2 * DAY)
    assert made.all_ready()
    return made


@pytest.mark.parametrize("name", [OWN, PARTNERS])
def test_it_is_told_once_for_each_threshold_and_stands_where_people_look(
    world: World, name: str
) -> None:
    """Every pass is that of an operator that was started anew."""
    live(world, values.NOW + 39 * DAY)
    assert condition(world, name, ConditionType.CERTIFICATE_EXPIRING) is None
    assert events(world, name) == []
    assert column(world, name) == "2027-03-05"
    live(world, values.NOW + 98.5 * DAY)
    expiring = condition(world, name, ConditionType.CERTIFICATE_EXPIRING)
    ready = condition(world, name, ConditionType.READY)
    assert expiring is not None
    assert ready is not None
    assert (expiring.status, expiring.reason) == (
        ConditionStatus.TRUE,
        Reason.CERTIFICATE_EXPIRES_SOON,
    )
    for part in (values.ROLLED, "2027-03-05", "Lync", "Set-CsCertificate"):
        assert part in expiring.message
    assert ready.status is ConditionStatus.TRUE
    assert "ends on 2027-03-05" in ready.message
    begins = [message.partition(":")[0] for message in events(world, name)]
    assert begins == [f"Within {days} days" for days in (60, 30, 14, 7)] + ["Within 1 day"]


@pytest.mark.parametrize("name", [OWN, PARTNERS])
def test_the_end_has_a_sentence_of_its_own(world: World, name: str) -> None:
    live(world, values.NOW + 98.5 * DAY)
    before = len(events(world, name))
    live(world, values.NOW + 130 * DAY)
    (last,) = events(world, name)[before:]
    assert "expired on 2027-03-05" in last
    expiring = condition(world, name, ConditionType.CERTIFICATE_EXPIRING)
    assert expiring is not None
    assert expiring.reason is Reason.CERTIFICATE_EXPIRED
    assert "ended on 2027-03-05" in expiring.message
    ready = condition(world, name, ConditionType.READY)
    assert ready is not None
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, Reason.CERTIFICATE_EXPIRED)


@pytest.mark.parametrize("name", [OWN, PARTNERS])
def test_a_new_certificate_ends_the_condition_and_begins_anew(world: World, name: str) -> None:
    live(world, values.NOW + 90 * DAY)
    told = len(events(world, name))
    ends(world, "EE" * 20, values.NOW + 190 * DAY)
    live(world, values.NOW + 91 * DAY)
    assert condition(world, name, ConditionType.CERTIFICATE_EXPIRING) is None
    assert column(world, name) == "2027-06-03"
    live(world, values.NOW + 165 * DAY)
    again = events(world, name)[told:]
    assert [message.partition(":")[0] for message in again] == ["Within 60 days", "Within 30 days"]
    assert all("EE" * 20 in message for message in again)


def test_the_first_look_tells_the_nearest_threshold_only(world: World) -> None:
    ends(world, "EE" * 20, world.clock.instant + 10 * DAY)
    live(world, world.clock.instant + 2 * DAY)
    for name in (OWN, PARTNERS):
        (told,) = events(world, name)
        assert told.startswith("Within 14 days")


def test_a_clock_that_jumps_storms_nobody_and_costs_no_later_warning(world: World) -> None:
    """Ahead to the last day, back, and so on; afterwards it goes as it should."""
    began = world.clock.instant
    for days in (97.5, 1, 97.5, 50, 92, 1, 85, 97.5, 1, 50):
        world.clock.instant = began + days * DAY
        for _ in range(3):
            for name in ("exchange", "lync"):
                world.run_pass(name)
    world.clock.instant = began
    live(world, values.NOW + 98.5 * DAY)
    for name in (OWN, PARTNERS):
        soon = Counter(message for message in events(world, name) if "Within" in message)
        assert len(soon) == 5
        assert set(soon.values()) == {1}
        expiring = condition(world, name, ConditionType.CERTIFICATE_EXPIRING)
        assert expiring is not None
        assert expiring.reason is Reason.CERTIFICATE_EXPIRES_SOON


def test_machines_that_publish_by_turns_repeat_nothing(world: World) -> None:
    """With Observe nobody stops at MetadataAlternates."""
    world.cluster.change(PARTNERS, mode=Mode.OBSERVE)
    one, other = (world.clock.instant + days * DAY for days in (20, 40))
    for thumbprint, instant in zip(cycle(("EE" * 20, "FF" * 20)), (one, other) * 12, strict=False):
        ends(world, thumbprint, instant)
        live(world, world.clock.instant + timedelta(hours=1), timedelta(hours=1))
    assert sorted(message.partition(":")[0] for message in events(world, PARTNERS)) == [
        "Within 30 days",
        "Within 60 days",
    ]


def test_a_partner_with_another_certificate_each_hour_is_told_of_six_times_a_day(
    world: World,
) -> None:
    world.cluster.change(PARTNERS, mode=Mode.OBSERVE)
    for number in range(24):
        ends(world, f"{number:040X}", world.clock.instant + 20 * DAY)
        live(world, world.clock.instant + timedelta(minutes=59), timedelta(minutes=59))
    assert len(events(world, PARTNERS)) == 6
    end = world.cluster.status(PARTNERS).certificate
    assert end is not None
    assert len(end.warned) <= 12


@pytest.mark.parametrize("instant", [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)])
def test_a_certificate_without_an_end_is_a_day_like_any(world: World, instant: datetime) -> None:
    """SharePoint's own ends with the calendar."""
    ends(world, "EE" * 20, instant)
    live(world, values.NOW + 6 * DAY)
    assert world.all_ready()
    for name in (OWN, PARTNERS):
        assert column(world, name) == "9999-12-31"
        assert condition(world, name, ConditionType.CERTIFICATE_EXPIRING) is None


def test_a_threshold_wakes_the_pass_whatever_the_interval(world: World) -> None:
    for server in ("exchange", "lync"):
        world.cluster.change_server(server, interval=DAY)
    live(world, values.NOW + 39 * DAY)
    for server in ("exchange", "lync"):
        world.clock.instant = values.NOW + 39.9 * DAY
        world.run_pass(server)
        assert world.due[server] == values.NOW + 40 * DAY
    for name, server in ((OWN, "lync"), (PARTNERS, "exchange")):
        world.run_when_due(server)
        assert len(events(world, name)) == 1


def test_a_server_that_cannot_be_reached_keeps_nothing_from_ending(world: World) -> None:
    """Its certificate is the one that was seen last."""
    for organisation in (world.exchange, world.lync):
        organisation.unreachable.update(organisation.hosts)
    for days in (41, 80):
        world.clock.instant = values.NOW + days * DAY
        for server in ("exchange", "lync"):
            world.run_pass(server)
            # The pause after the failure.
            world.run_when_due(server)
    for name in (OWN, PARTNERS):
        assert len(events(world, name)) == 2
        expiring = condition(world, name, ConditionType.CERTIFICATE_EXPIRING)
        assert expiring is not None
        assert "2027-03-05" in expiring.message


def test_observe_tells_and_suspend_does_not(world: World) -> None:
    world.cluster.change(PARTNERS, mode=Mode.OBSERVE)
    world.cluster.change(EXCHANGE_ON_LYNC, mode=Mode.SUSPEND)
    ends(world, "EE" * 20, values.NOW + 100 * DAY, Product.EXCHANGE)
    live(world, values.NOW + 90 * DAY)
    assert len(events(world, PARTNERS)) == 3
    expiring = condition(world, PARTNERS, ConditionType.CERTIFICATE_EXPIRING)
    assert expiring is not None
    assert "Mode is Observe, so somebody has to make Exchange read the new one" in expiring.message
    assert events(world, EXCHANGE_ON_LYNC) == []
    kept = condition(world, EXCHANGE_ON_LYNC, ConditionType.CERTIFICATE_EXPIRING)
    assert kept is None
    # The server itself tells.
    assert len(events(world, "exchange")) == 3


def test_while_it_lasts_a_steady_pass_writes_nothing(world: World) -> None:
    live(world, values.NOW + 41 * DAY)
    writes, told = world.cluster.writes, len(world.cluster.events)
    live(world, values.NOW + 69 * DAY)
    assert (world.cluster.writes, len(world.cluster.events)) == (writes, told)


@pytest.mark.parametrize("fault", ["No access.", None])
def test_a_certificate_that_cannot_be_seen_is_the_one_of_before_and_one_that_is_missing_is_none(
    world: World, fault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = type(world.lync).observe

    async def blind(organisation: object, *arguments: object) -> object:
        seen = await observe(organisation, *arguments)  # type: ignore[arg-type]  # passed through
        return replace(seen, own_certificates=(), own_certificates_fault=fault)

    monkeypatch.setattr(type(world.lync), "observe", blind)
    live(world, world.clock.instant + DAY)
    end = status(world, OWN).certificate
    assert (end is None) == (fault is None)
