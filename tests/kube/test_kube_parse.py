"""An application as stored to what the engine works with: what is declared, and what blocks it."""

from __future__ import annotations

from datetime import timedelta

from partner_operator.catalog import CATALOG
from partner_operator.kube.parse import declared_application, parse_server
from partner_operator.trust.model import (
    ConnectivityTest,
    DeletionPolicy,
    Mode,
    Partner,
    Product,
    TrustLevel,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.kube.objects import application, changed, server, stored
from support.kube.parsed import (
    BY_URL,
    EXCHANGE,
    JOINED,
    LYNC,
    allowing,
    by_url,
    declared,
    farm_tested,
)


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


def test_a_partner_by_url_needs_no_server() -> None:
    """C16: the query of a token server's address is kept as it is."""
    found = declared(by_url(), allowing("a.de", "*.accesscontrol.windows.net"))
    assert found.blocker is None
    assert found.desired.partner == Partner(CATALOG.partners[Product.LYNC], BY_URL, None)


def test_what_is_not_allowed_is_told_before_what_else_is_wrong() -> None:
    body = changed(by_url("https://evil.example/metadata/json/1"), "lync", {})
    blocker = declared(body).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PARTNER_NOT_ALLOWED


def test_the_deletion_of_what_is_not_allowed_goes_on_as_any_other() -> None:
    body = by_url(deletionTimestamp="2026-11-25T10:00:00Z")
    assert declared(body).blocker is None


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


def test_a_test_for_another_partner_is_no_test_of_this_one() -> None:
    """Test-CsExStorageConnectivity would pass, and say nothing of SharePoint."""
    on_lync = changed(stored(application("exchange-on-lync")), "partnerRef.name", "sharepoint")
    found = declared_application(on_lync, LYNC, [LYNC, JOINED], CATALOG)
    of_lync = changed(farm_tested(), "partnerRef.name", "lync")
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
