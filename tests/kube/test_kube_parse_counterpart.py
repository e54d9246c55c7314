"""The other direction of a trust, read from its object: whether it is there, active, and can be tested."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.kube.parse import counterpart_view, declared_application
from support.kube.objects import READY, application, changed, stored
from support.kube.parsed import EXCHANGE, JOINED, LYNC

REGISTRATION = {
    "identity": "Exchange",
    "reference": "Exchange",
    "applicationIdentifier": "id",
    "realm": "litwareinc.com",
    "issuer": "id@litwareinc.com",
    "createdByUs": True,
    "lastChangedAt": "2026-11-25T08:30:00Z",
}


@pytest.mark.parametrize(
    ("generation", "extra", "ready"),
    [(1, {}, True), (2, {}, False), (1, {"deletionTimestamp": "2026-11-25T10:00:00Z"}, False)],
)
def test_the_other_direction_is_ready_for_its_present_generation_only(
    generation: int, extra: dict[str, Any], ready: bool
) -> None:
    body = stored(
        application("exchange-on-lync", generation=generation, **extra), conditions=[READY]
    )
    view = counterpart_view("lync", [body])
    assert view is not None
    assert (view.name, view.ready) == ("exchange-on-lync", ready)


def test_the_other_direction_changed_when_registered_or_activated_last() -> None:
    activated = {**READY, "type": "Activated", "reason": "Activated"}
    test = {
        "result": "Passed",
        "lastTestedAt": "2026-11-25T09:30:00Z",
        "lastSucceededAt": "2026-11-25T09:30:00Z",
        "latency": "1s",
        "message": "",
        "failures": 0,
    }
    body = stored(
        application("exchange-on-lync"),
        registration=REGISTRATION,
        conditions=[READY, activated],
        connectivity=test,
    )
    view = counterpart_view("lync", [body])
    assert view is not None
    assert view.last_changed_at == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert view.test_passed_at == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mode", "ready"), [("Suspend", True), ("Observe", False), ("Enforce", False)]
)
def test_what_a_suspended_direction_told_last_counts_though_its_generation_moved(
    mode: str, ready: bool
) -> None:
    """Nothing is told of it while it is suspended (C28)."""
    body = stored(application("exchange-on-lync", generation=2), conditions=[READY])
    view = counterpart_view("lync", [changed(body, "mode", mode)])
    assert view is not None
    assert view.ready is ready


def test_a_registered_direction_can_be_tested_once_it_is_active_or_has_read_by_itself() -> None:
    """C28: also where nobody restarts anything."""
    registered = {**READY, "type": "Registered", "reason": "Registered"}
    activated = {**READY, "type": "Activated", "reason": "Activated"}
    changed_at = datetime(2026, 11, 25, 8, tzinfo=UTC)
    for conditions, at in (
        ([], None),
        ([activated], None),
        ([registered], changed_at + timedelta(minutes=30)),
        ([registered, activated], changed_at),
    ):
        body = stored(
            application("exchange-on-lync"),
            registration={**REGISTRATION, "lastChangedAt": "2026-11-25T08:00:00Z"},
            conditions=conditions,
        )
        view = counterpart_view("lync", [body])
        assert view is not None
        assert view.testable_at == at


def test_of_several_other_directions_one_that_stays_wins_then_the_oldest() -> None:
    leaving = stored(application("a", {"serverRef": {"name": "lync"}}))
    leaving["metadata"]["deletionTimestamp"] = "2026-11-25T10:00:00Z"
    leaving["metadata"]["creationTimestamp"] = "2026-11-24T08:00:00Z"
    old = stored(application("b", {"serverRef": {"name": "lync"}}))
    young = stored(application("c", {"serverRef": {"name": "lync"}}))
    young["metadata"]["creationTimestamp"] = "2026-11-26T08:00:00Z"
    elsewhere = stored(application("d", {"serverRef": {"name": "other"}}))
    view = counterpart_view("lync", [young, leaving, elsewhere, old])
    assert view is not None
    assert view.name == "b"
    assert counterpart_view("nobody", [young]) is None


@pytest.mark.parametrize(("partner", "gradual"), [("sharepoint", True), ("lync", False)])
def test_the_other_sides_product_says_whether_it_takes_changes_over_by_itself(
    partner: str, gradual: bool
) -> None:
    body = changed(stored(application("lync-on-exchange")), "partnerRef.name", partner)
    other = changed(stored(application("exchange-on-lync")), "serverRef.name", partner)
    servers = [EXCHANGE, LYNC, JOINED]
    found = declared_application(body, EXCHANGE, servers, CATALOG, [other])
    assert found.counterpart is not None
    assert found.counterpart.gradual is gradual
