"""Objects as stored to the values that the engine works with: references, blockers, counterparts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import DeclaredApplication
from partner_operator.kube.parse import (
    counterpart_view,
    declared_application,
    other_server,
    parse_server,
)
from partner_operator.trust.model import (
    Authentication,
    ConnectivityTest,
    DeletionPolicy,
    Mode,
    Partner,
    Product,
    RestartPolicy,
    RestartWindow,
    Right,
    ServiceTest,
    TrustLevel,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.product import Catalog
from partner_operator.trust.reasons import Reason
from support.kube.objects import FARM_SPEC, READY, application, changed, server, stored

EXCHANGE = stored(server("exchange"))
LYNC = stored(server("lync"))
SERVERS = [EXCHANGE, LYNC]
REGISTRATION = {
    "identity": "Exchange",
    "reference": "Exchange",
    "applicationIdentifier": "id",
    "realm": "litwareinc.com",
    "issuer": "id@litwareinc.com",
    "createdByUs": True,
    "lastChangedAt": "2026-11-25T08:30:00Z",
}


def declared(body: dict[str, Any], on: dict[str, Any] | None = EXCHANGE) -> DeclaredApplication:
    """An application on a server, with both servers there."""
    return declared_application(body, on, SERVERS, CATALOG)


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


def test_requests_by_annotation_are_read() -> None:
    annotations = {
        "partner-operator.io/reconcile-requested-at": "now",
        "partner-operator.io/release": "some-uid",
    }
    body = stored(application("lync-on-exchange", annotations=annotations))
    assert declared(body).desired.reconcile_requested_at == "now"
    assert declared(body).desired.release_requested == "some-uid"
    approved = server("exchange", annotations={"partner-operator.io/approve-restart": "yes"})
    assert parse_server(stored(approved), CATALOG).desired.restart_approved == "yes"
    assert parse_server(EXCHANGE, CATALOG).desired.restart_approved is None


def test_an_application_is_read_with_its_partner_resolved() -> None:
    found = declared(stored(application("exchange-on-lync")), LYNC)
    url = "https://autodiscover.litwareinc.com/autodiscover/metadata/json/1"
    assert found.blocker is None
    assert found.desired.partner == Partner(CATALOG.partners[Product.EXCHANGE], url, "exchange")
    assert found.desired.server_name == "lync"
    assert found.desired.identity is None
    assert found.desired.mode is Mode.ENFORCE
    assert found.desired.trust_level is TrustLevel.FULL
    assert found.desired.connectivity_test == ConnectivityTest("sip:kenmyer@litwareinc.com")
    assert not found.desired.has_finalizer


def test_all_that_can_be_declared_is_read() -> None:
    body = stored(application("exchange-on-lync", finalizers=["partner-operator.io/registration"]))
    for field, value in {
        "identity": "Exch",
        "mode": "Observe",
        "deletionPolicy": "Retain",
        "lync.applicationTrustLevel": "User",
        "lync.connectivityTest": {
            "sipUri": "sip:a@b.c",
            "deleteItem": False,
            "folder": "Inbox",
            "interval": "90m",
            "failureThreshold": 5,
        },
    }.items():
        body = changed(body, field, value)
    desired = declared(body, LYNC).desired
    assert (desired.identity, desired.mode) == ("Exch", Mode.OBSERVE)
    assert desired.deletion_policy is DeletionPolicy.RETAIN
    assert desired.trust_level is TrustLevel.USER
    assert desired.has_finalizer
    assert desired.connectivity_test == ConnectivityTest(
        "sip:a@b.c", False, "Inbox", timedelta(minutes=90), 5
    )


BY_URL = "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=1"


def _by_url(url: str = BY_URL, **meta: Any) -> Any:
    return changed(
        changed(stored(application("lync-on-exchange", **meta)), "partnerRef", None),
        "partner",
        {"product": "Lync", "authMetadataUrl": url},
    )


def _allowing(*hosts: str) -> Any:
    return changed(EXCHANGE, "allowedPartners", [{"host": host} for host in hosts])


def test_a_partner_by_url_needs_no_server() -> None:
    """C16: the query of a token server's address is kept as it is."""
    found = declared(_by_url(), _allowing("a.de", "*.accesscontrol.windows.net"))
    assert found.blocker is None
    assert found.desired.partner == Partner(CATALOG.partners[Product.LYNC], BY_URL, None)


STS = "https://sts.litwareinc.com/metadata/json/1?realm=A"
HR = "0D0C0B0A-1111-2222-3333-444455556666"


def _behind(identifier: str = HR, **partner: Any) -> Any:
    given = {"applicationIdentifier": identifier, "tokenServer": {"authMetadataUrl": STS}}
    body = changed(stored(application("lync-on-exchange")), "partnerRef", None)
    return changed(body, "partner", given | partner)


def _using(owner: Any = None, **line: Any) -> Any:
    lines = [{"host": "sts.litwareinc.com", **line}]
    return changed(owner or EXCHANGE, "allowedTokenServers", lines)


def test_a_partner_behind_a_token_server_is_nobodys_product() -> None:
    account = "litwareinc.com/Users/HR"
    body = changed(_behind(realm="litwareinc.com"), "exchange.linkedAccount", account)
    found = declared(body, _using(linkedAccounts=[account]))
    assert found.blocker is None
    partner = found.desired.partner
    assert partner.behind_token_server
    assert (partner.identifier, partner.realm) == (HR.lower(), "litwareinc.com")
    assert (partner.auth_metadata_url, partner.server_name) == (STS, None)
    assert partner.name == f"{HR.lower()}-litwareinc.com"
    assert found.desired.linked_account == account
    assert declared(_behind(), _using()).desired.linked_account is None


@pytest.mark.parametrize(
    ("body", "owner", "reason", "says"),
    [
        (_behind(), EXCHANGE, Reason.PARTNER_NOT_ALLOWED, "allowedTokenServers of the server names no"),
        (_behind(), _using(stored(server("farm", FARM_SPEC))), Reason.UNSUPPORTED_PAIR, "for the whole farm"),
        *(
            (_behind(identifier), _using(), Reason.UNSUPPORTED_PAIR, "is never registered on Exchange")
            for identifier in (
                "00000002-0000-0FF1-CE00-000000000000",
                "00000003-0000-0000-c000-000000000000",
                "7557eb47-c689-4224-abcf-aef9bd7573df",
                "db7de2b5-2149-435e-8043-e080dd50afae",
            )
        ),
        (
            changed(stored(application("lync-on-exchange")), "exchange.linkedAccount", "a.b/U/X"),
            EXCHANGE,
            Reason.PRODUCT_MISMATCH,
            "linkedAccount is for partners behind a token server",
        ),
        (_behind(product="Lync"), _using(), Reason.INVALID_OBJECT, ""),
        (_behind(tokenServer=None), _using(), Reason.INVALID_OBJECT, "applicationIdentifier and tokenServer"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_behind_a_token_server_is_told(
    body: Any, owner: Any, reason: Reason, says: str
) -> None:
    blocker = declared(body, owner).blocker
    assert blocker is not None
    assert (blocker.reason, blocker.then) == (reason, Next.HUMAN)
    assert says in blocker.message


@pytest.mark.parametrize(
    ("identifier", "owner"),
    [
        ("00000004-0000-0ff1-ce00-000000000000", EXCHANGE),
        (HR, EXCHANGE),
        # Setup looks for it on Exchange alone.
        ("00000002-0000-0ff1-ce00-000000000000", LYNC),
        ("00000003-0000-0000-c000-000000000000", LYNC),
    ],
)
def test_another_identifier_of_the_products_is_allowed(identifier: str, owner: Any) -> None:
    body = changed(_behind(identifier, realm="a.example"), "serverRef.name", "x")
    assert declared(body, _using(owner)).blocker is None


def test_a_token_server_of_a_cloud_is_made_by_nobody_here() -> None:
    found = parse_server(_using(host="login.microsoftonline.com", create=True), CATALOG)
    assert found.problem is not None
    assert "spec.allowedTokenServers[0].create cannot be used" in found.problem.message
    assert parse_server(_using(host="login.microsoftonline.com"), CATALOG).problem is None
    wrong = parse_server(_using(host="*"), CATALOG).problem
    assert wrong is not None
    assert "spec.allowedTokenServers[0].host" in wrong.message


@pytest.mark.parametrize("hosts", [(), ("accesscontrol.windows.net",), ("*.windows",)])
def test_a_partner_by_url_needs_the_word_of_the_servers_owner(hosts: tuple[str, ...]) -> None:
    blocker = declared(_by_url(), _allowing(*hosts)).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PARTNER_NOT_ALLOWED
    assert blocker.then is Next.HUMAN
    assert "names no host accounts.accesscontrol.windows.net." in blocker.message


def test_what_is_not_allowed_is_told_before_what_else_is_wrong() -> None:
    body = changed(_by_url("https://evil.example/metadata/json/1"), "lync", {})
    blocker = declared(body).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PARTNER_NOT_ALLOWED


def test_the_deletion_of_what_is_not_allowed_goes_on_as_any_other() -> None:
    body = _by_url(deletionTimestamp="2026-11-25T10:00:00Z")
    assert declared(body).blocker is None


def test_a_pattern_from_before_the_rules_makes_the_server_stalled_and_names_nobody() -> None:
    found = parse_server(_allowing("*"), CATALOG)
    assert found.problem is not None
    assert found.problem.reason is Reason.INVALID_OBJECT
    assert (
        "spec.allowedPartners[0].host cannot be used: write an exact name" in found.problem.message
    )
    assert declared(_by_url(), _allowing("*")).blocker is not None


def test_a_partner_that_is_not_there_blocks_with_the_next_step() -> None:
    body = changed(stored(application("lync-on-exchange")), "partnerRef", {"name": "nobody"})
    blocker = declared(body).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PARTNER_NOT_FOUND
    assert "PartnerServer nobody, which does not exist in this namespace" in blocker.message


def test_a_block_of_another_product_is_named() -> None:
    body = changed(stored(application("lync-on-exchange")), "lync", {})
    blocker = declared(body).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PRODUCT_MISMATCH
    assert "spec.lync is set, but the server exchange is Exchange" in blocker.message


def test_a_test_on_an_exchange_server_is_never_run() -> None:
    body = changed(
        stored(application("lync-on-exchange")), "lync.connectivityTest", {"sipUri": "sip:a@b.c"}
    )
    assert declared(body).desired.connectivity_test is None


def test_a_pair_that_cannot_be_served_is_named() -> None:
    partner = stored(changed(server("other"), "product", "Exchange"))
    body = changed(stored(application("lync-on-exchange")), "partnerRef", {"name": "other"})
    blocker = declared_application(body, EXCHANGE, [EXCHANGE, partner], CATALOG).blocker
    assert blocker is not None
    assert blocker.reason is Reason.UNSUPPORTED_PAIR
    assert "cannot make Exchange trust Exchange" in blocker.message


def test_a_farm_that_is_not_managed_can_be_a_partner() -> None:
    partner = stored(changed(server("other"), "product", "SharePoint"))
    body = changed(stored(application("lync-on-exchange")), "partnerRef", {"name": "other"})
    found = declared_application(body, EXCHANGE, [EXCHANGE, partner], CATALOG)
    assert (found.blocker, found.desired.partner.name) == (None, "SharePoint")


def test_an_application_without_its_server_is_readable() -> None:
    found = declared(stored(application("lync-on-exchange")), None)
    assert found.desired.server_name == "exchange"
    assert found.desired.partner.server_name == "lync"
    assert found.blocker is None


def test_an_application_from_before_the_rules_is_blocked_and_never_a_crash() -> None:
    body = changed(stored(application("lync-on-exchange")), "mode", "Dry")
    found = declared(body)
    assert found.blocker is not None
    assert found.blocker.reason is Reason.INVALID_OBJECT


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


FARM = stored(server("farm", FARM_SPEC))


def on_the_farm(partner: str, asked: str | None, most: str | None) -> DeclaredApplication:
    """An application whose server is a farm with this bound."""
    farm = changed(FARM, "sharePoint", {"maxPermission": most}) if most else FARM
    spec = {"serverRef": {"name": "farm"}, "partnerRef": {"name": partner}}
    block = {} if asked is None else {"sharePoint": {"permission": asked}}
    body = stored(application("app", {**spec, **block}))
    return declared_application(body, farm, [*SERVERS, farm], CATALOG)


@pytest.mark.parametrize(
    ("asked", "most", "reason"),
    [
        (None, None, None),
        ("None", None, None),
        ("None", "None", None),
        ("Read", "Read", None),
        ("Write", "FullControl", None),
        ("FullControl", "FullControl", None),
        ("Read", None, Reason.PERMISSION_NOT_ALLOWED),
        ("FullControl", "Manage", Reason.PERMISSION_NOT_ALLOWED),
        ("Manage", "Write", Reason.PERMISSION_NOT_ALLOWED),
    ],
)
def test_a_permission_needs_the_word_of_the_farms_owner(
    asked: str | None, most: str | None, reason: Reason | None
) -> None:
    found = on_the_farm("exchange", asked, most)
    assert found.desired.permission is Right(asked or "None")
    assert (found.blocker and found.blocker.reason) is reason
    if found.blocker is not None:
        assert found.blocker.then is Next.HUMAN


def test_a_partner_that_needs_no_permission_is_given_none() -> None:
    """No page gives one to Lync."""
    found = on_the_farm("lync", "Read", "FullControl")
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PRODUCT_MISMATCH
    assert "Lync needs no permission on SharePoint" in found.blocker.message
    assert on_the_farm("lync", "None", None).blocker is None


@pytest.mark.parametrize("on", [EXCHANGE, LYNC])
def test_a_permission_on_another_server_is_a_block_of_another_product(on: dict[str, Any]) -> None:
    partner = "lync" if on is EXCHANGE else "exchange"
    body = changed(stored(application("lync-on-exchange")), "partnerRef", {"name": partner})
    found = declared(changed(body, "sharePoint", {"permission": "FullControl"}), on)
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PRODUCT_MISMATCH
    assert found.desired.permission is Right.NONE


SERVICE = "https://portal.litwareinc.com/_vti_bin/client.svc"


JOINED = stored(server("sharepoint", FARM_SPEC))


def _farm_tested(**test: Any) -> Any:
    body = changed(stored(application("lync-on-exchange")), "partnerRef.name", "sharepoint")
    declared_test = {"url": SERVICE, "mailbox": "kenmyer@litwareinc.com", **test}
    return changed(body, "exchange.connectivityTest", declared_test)


def test_a_test_of_a_web_service_is_read() -> None:
    found = declared_application(_farm_tested(), EXCHANGE, [EXCHANGE, JOINED], CATALOG)
    assert found.blocker is None
    assert found.desired.connectivity_test == ServiceTest(SERVICE, "kenmyer@litwareinc.com")
    alone = _farm_tested(mailbox=None, appOnly=True, interval="6h", failureThreshold=1)
    read = declared_application(alone, EXCHANGE, [EXCHANGE, JOINED], CATALOG).desired
    assert read.connectivity_test == ServiceTest(SERVICE, None, True, timedelta(hours=6), 1)


@pytest.mark.parametrize(
    ("url", "allowed", "fine"),
    [
        ("https://PORTAL.litwareinc.com:443/other", (), True),
        ("https://my.litwareinc.com/", (), False),
        ("https://portal.litwareinc.com:8443/", (), False),
        ("https://portal.litwareinc.com.evil.example/", (), False),
        ("https://portal.litwareinc.com@evil.example/", (), False),
        ("https://my.litwareinc.com/", ("*.litwareinc.com",), True),
        ("https://evil.example/", ("*.litwareinc.com",), False),
    ],
)
def test_a_test_shows_no_token_to_whom_the_writer_likes(
    url: str, allowed: tuple[str, ...], fine: bool
) -> None:
    """Whom Exchange talks to is its owner's word."""
    owner = _allowing(*allowed)
    found = declared_application(_farm_tested(url=url), owner, [owner, JOINED], CATALOG)
    if fine:
        assert found.blocker is None
        return
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PARTNER_NOT_ALLOWED
    assert found.blocker.then is Next.HUMAN
    assert "spec.exchange.connectivityTest.url" in found.blocker.message


def test_a_test_for_another_partner_is_no_test_of_this_one() -> None:
    """Test-CsExStorageConnectivity would pass, and say nothing of SharePoint."""
    on_lync = changed(stored(application("exchange-on-lync")), "partnerRef.name", "sharepoint")
    found = declared_application(on_lync, LYNC, [LYNC, JOINED], CATALOG)
    of_lync = changed(_farm_tested(), "partnerRef.name", "lync")
    other = declared_application(of_lync, EXCHANGE, [EXCHANGE, LYNC], CATALOG)
    for declared_as, words in (
        (
            found,
            "spec.lync.connectivityTest cannot test the trust with SharePoint: it is for Exchange.",
        ),
        (
            other,
            "spec.exchange.connectivityTest cannot test the trust with Lync: it is for SharePoint.",
        ),
    ):
        assert declared_as.blocker is not None
        assert declared_as.blocker.reason is Reason.PRODUCT_MISMATCH
        assert words in declared_as.blocker.message


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


def test_a_farm_that_shall_trust_a_farm_is_no_pair_of_this_operator() -> None:
    """Such trusts need root authorities and permissions of their own; what is there is left alone."""
    body = changed(
        changed(stored(application("lync-on-exchange")), "partnerRef", None),
        "partner",
        {
            "product": "SharePoint",
            "authMetadataUrl": "https://search.contoso.com/_layouts/15/metadata/json/1",
        },
    )
    farm = changed(JOINED, "allowedPartners", [{"host": "search.contoso.com"}])
    blocker = declared_application(body, farm, [farm], CATALOG).blocker
    assert blocker is not None
    assert (blocker.reason, blocker.then) == (Reason.UNSUPPORTED_PAIR, Next.HUMAN)
