"""A server as stored to what the engine works with: defaults, restarts and windows, other servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.kube.parse import other_server, parse_server
from partner_operator.trust.model import Authentication, Product, RestartPolicy, RestartWindow
from partner_operator.trust.obstacle import Next
from partner_operator.trust.product import Catalog
from partner_operator.trust.reasons import Reason
from support.kube.objects import changed, server, stored
from support.kube.parsed import EXCHANGE, LYNC


def test_a_server_is_read_with_its_defaults() -> None:
    desired = parse_server(EXCHANGE, CATALOG).desired
    assert desired.product is Product.EXCHANGE
    assert desired.authentication is Authentication.NTLM
    assert (desired.port, desired.interval) == (5986, timedelta(minutes=10))
    assert desired.restart.policy is RestartPolicy.AUTOMATIC
    assert desired.restart.settle == timedelta(seconds=30)
    assert desired.credentials_secret == "exchange-admin"
    assert desired.created_at == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert not desired.deleting


@pytest.mark.parametrize("policy", [None, *RestartPolicy])
def test_a_declared_restart_policy_is_taken_and_the_usual_one_is_the_products(
    policy: RestartPolicy | None,
) -> None:
    body = changed(EXCHANGE, "restart", {"policy": policy} if policy else {})
    rules = replace(CATALOG.rules[Product.EXCHANGE], restart_policy=RestartPolicy.NEVER)
    calm = Catalog({Product.EXCHANGE: rules}, CATALOG.partners)
    assert parse_server(body, CATALOG).desired.restart.policy is (policy or RestartPolicy.AUTOMATIC)
    assert parse_server(body, calm).desired.restart.policy is (policy or RestartPolicy.NEVER)


@pytest.mark.parametrize(
    ("body", "authentication"),
    [
        (EXCHANGE, Authentication.NTLM),
        (LYNC, Authentication.CREDSSP),
        (changed(LYNC, "winrm.authentication", "Kerberos"), Authentication.KERBEROS),
    ],
)
def test_the_logon_defaults_by_product_because_of_the_second_hop(
    body: dict[str, Any], authentication: Authentication
) -> None:
    assert parse_server(body, CATALOG).desired.authentication is authentication


def test_restart_windows_are_read() -> None:
    windows = [{"schedule": "0 2 * * 6", "duration": "4h", "timeZone": "Europe/Berlin"}]
    facts = parse_server(changed(EXCHANGE, "restart.windows", windows), CATALOG)
    expected = RestartWindow("0 2 * * 6", timedelta(hours=4), "Europe/Berlin")
    assert facts.desired.restart.windows == (expected,)
    assert facts.problem is None


def test_an_unknown_time_zone_is_a_problem_and_not_no_window() -> None:
    """A window that cannot be understood must never mean: restart at any time."""
    windows = [{"schedule": "0 2 * * 6", "duration": "4h", "timeZone": "Europe/Atlantis"}]
    problem = parse_server(changed(EXCHANGE, "restart.windows", windows), CATALOG).problem
    assert problem is not None
    assert problem.reason is Reason.INVALID_OBJECT
    assert problem.then is Next.HUMAN
    assert "Europe/Atlantis is not a time zone" in problem.message


@pytest.mark.parametrize(
    ("window", "field", "words"),
    [
        ({"schedule": "30 25 * * *"}, "schedule", "hour '25' is outside 0 to 23"),
        ({"schedule": "60 2 * * *"}, "schedule", "minute '60' is outside 0 to 59"),
        ({"schedule": "0 2 31 2 *"}, "schedule", "never opens"),
        ({"schedule": "0 2 30,31 FEB *"}, "schedule", "never opens"),
        ({"schedule": "0 2 31 4,6,9,11 ?"}, "schedule", "never opens"),
        ({"schedule": "*/0 2 * * *"}, "schedule", "the step in minute '*/0' must be 1 or more"),
        ({"schedule": "0 5-1 * * *"}, "schedule", "hour '5-1' runs backwards"),
        ({"schedule": "0 2 * * SAT-SUN"}, "schedule", "day of week 'SAT-SUN' runs backwards"),
        ({"schedule": "0 2 * * Samstag"}, "schedule", "day of week 'Samstag' is not understood"),
        ({"schedule": "0 2 * SAT *"}, "schedule", "month 'SAT' is not understood"),
        ({"schedule": "0 2 L * *"}, "schedule", "day of month 'L' is not understood"),
        ({"schedule": "0 2 * *"}, "schedule", "4 fields where cron has 5"),
        ({"schedule": "@weekly"}, "schedule", "1 fields where cron has 5"),
        ({"schedule": "0 0000000005 * * *"}, "schedule", "is not understood"),
        ({"duration": "0s"}, "duration", "between 5 minutes and 7 days"),
        ({"duration": "4m59s"}, "duration", "between 5 minutes and 7 days"),
        ({"duration": "999h"}, "duration", "between 5 minutes and 7 days"),
        ({"timeZone": "Mars/Olympus"}, "timeZone", "Mars/Olympus is not a time zone"),
        ({"timeZone": ""}, "timeZone", "is not a time zone"),
    ],
)
def test_a_window_that_never_opens_is_found_when_the_object_is_read(
    window: dict[str, str], field: str, words: str
) -> None:
    """C36: not when a restart is due. The place and the field are named, whatever stands before it."""
    good = {"schedule": "0 2 * * 6", "duration": "4h"}
    windows = [good, {**good, **window}]
    problem = parse_server(changed(EXCHANGE, "restart.windows", windows), CATALOG).problem
    assert problem is not None
    assert (problem.reason, problem.then) == (Reason.INVALID_OBJECT, Next.HUMAN)
    assert problem.message.startswith(f"spec.restart.windows[1].{field} cannot be used: ")
    assert words in problem.message


@pytest.mark.parametrize(
    "schedule",
    [
        "0 2 29 2 *",
        "0 2 29 FEB ?",
        "0 2 31 2 MON",
        "0 2 31 */2 *",
        "59 23 31 12 7",
        "0 2 1-31/30 2 *",
    ],
)
def test_a_window_that_opens_once_in_a_while_is_one(schedule: str) -> None:
    """29 February comes; with both day fields given, a day of the week is enough."""
    windows = [{"schedule": schedule, "duration": "5m"}]
    assert parse_server(changed(EXCHANGE, "restart.windows", windows), CATALOG).problem is None


@pytest.mark.parametrize(
    ("field", "value"), [("interval", "0s"), ("interval", "999h"), ("restart", {"settle": "61m"})]
)
def test_a_duration_that_the_crd_refuses_is_refused_here_too(field: str, value: Any) -> None:
    """An interval of nothing would be a pass without end."""
    problem = parse_server(changed(EXCHANGE, field, value), CATALOG).problem
    assert problem is not None
    assert (problem.reason, problem.then) == (Reason.INVALID_OBJECT, Next.HUMAN)
    assert problem.message.startswith(f"spec.{field}")


def test_the_budget_of_restarts_is_read_and_has_a_default() -> None:
    assert parse_server(EXCHANGE, CATALOG).desired.restart.max_per_day == 4
    facts = parse_server(changed(EXCHANGE, "restart.maxPerDay", 24), CATALOG)
    assert facts.desired.restart.max_per_day == 24


@pytest.mark.parametrize("most", [0, 25])
def test_a_budget_from_before_the_rules_restarts_nothing(most: int) -> None:
    facts = parse_server(changed(EXCHANGE, "restart.maxPerDay", most), CATALOG)
    assert facts.problem is not None
    assert "spec.restart.maxPerDay" in facts.problem.message


@pytest.mark.parametrize(("field", "value"), [("interval", "soon"), ("hosts", 3), ("product", "X")])
def test_an_object_from_before_the_rules_is_a_problem_and_never_a_crash(
    field: str, value: object
) -> None:
    facts = parse_server(changed(EXCHANGE, field, value), CATALOG)
    assert facts.problem is not None
    assert facts.problem.reason is Reason.INVALID_OBJECT
    assert f"spec.{field}" in facts.problem.message
    assert facts.desired.restart.policy is RestartPolicy.NEVER


def test_another_server_is_known_by_its_organisation() -> None:
    other = other_server(stored(server("lync"), organization="litwareinc.com"))
    assert other is not None
    assert (other.product, other.organization) == (Product.LYNC, "litwareinc.com")
    assert other.key.uid == "uid-of-lync"
    assert (other.deleting, other.stands_back) == (False, False)
    unreadable = changed(stored(server("lync")), "product", "Zimbra")
    assert other_server(unreadable) is None


@pytest.mark.parametrize(
    ("type_", "reason", "stands_back"),
    [
        ("Stalled", "DuplicateServer", True),
        ("Stalled", "OtherOrganization", True),
        ("Stalled", "RestartFailed", False),
        ("Ready", "DuplicateServer", False),
    ],
)
def test_another_server_stands_back_by_its_own_word(
    type_: str, reason: str, stands_back: bool
) -> None:
    """An older one that waits for a younger one gives the same reason, and is not stalled."""
    condition = {
        "type": type_,
        "status": "True" if type_ == "Stalled" else "False",
        "reason": reason,
        "message": "Why.",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-11-25T08:00:00Z",
    }
    leaving = server("lync", deletionTimestamp="2026-11-26T08:00:00Z")
    other = other_server(stored(leaving, organization="x", conditions=[condition]))
    assert other is not None
    assert other.deleting
    assert other.stands_back is stands_back
