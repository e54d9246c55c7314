"""What stops a change, and what is decided in the modes that make none (rules 1 and 15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.model import (
    DocumentFault,
    DocumentReading,
    Entry,
    Mode,
    Product,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind, Intent
from support.trust.decisions import one
from support.trust.worlds import (
    EXCHANGE_URL,
    LYNC_URL,
    NOW,
    ROLLED,
    application,
    certificate,
    entry,
    observed,
    reading,
    server,
    view,
)


@pytest.mark.parametrize(
    ("entries", "blocked"),
    [((), True), ((entry(enabled=False),), True), ((entry(),), False)],
    ids=["not seen", "seen and different", "plainly there"],
)
@pytest.mark.parametrize("mode", [Mode.ENFORCE, Mode.OBSERVE])
def test_an_incomplete_read_changes_nothing_and_proves_no_absence(
    entries: tuple[Entry, ...], blocked: bool, mode: Mode
) -> None:
    decision = one(
        *entries, seen={"incomplete": "a warning was written"}, desired=application(mode=mode)
    )
    assert (decision.change, decision.absent) == (None, False)
    assert (decision.blocker is not None) is blocked
    if decision.blocker is not None:
        assert decision.blocker.reason is Reason.INCOMPLETE_READ
        assert decision.blocker.then is not Next.HUMAN


def broken(fault: DocumentFault) -> DocumentReading:
    return DocumentReading(LYNC_URL, fault=fault, detail="status 500")


LATE = certificate(not_after=NOW - timedelta(days=1))
EARLY = certificate(not_before=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("document", "reason", "stalled"),
    [
        (None, Reason.METADATA_UNREACHABLE, False),
        (broken(DocumentFault.UNREACHABLE), Reason.METADATA_UNREACHABLE, False),
        (broken(DocumentFault.TLS_FAILED), Reason.METADATA_UNREACHABLE, False),
        (broken(DocumentFault.HTTP_STATUS), Reason.METADATA_UNREACHABLE, False),
        (broken(DocumentFault.INVALID), Reason.METADATA_INVALID, False),
        (reading(Product.EXCHANGE, LYNC_URL), Reason.METADATA_WRONG_PRODUCT, True),
        (reading(Product.LYNC, certificates=(LATE,)), Reason.CERTIFICATE_EXPIRED, True),
        (
            reading(Product.LYNC, certificates=(certificate(key_bits=1024),)),
            Reason.CERTIFICATE_WEAK,
            True,
        ),
        (reading(Product.LYNC, certificates=(EARLY,)), Reason.CERTIFICATE_NOT_YET_VALID, False),
    ],
)
@pytest.mark.parametrize("stored", [None, entry(thumbprints=(ROLLED,))], ids=["new", "registered"])
def test_a_document_that_cannot_be_trusted_blocks_and_leaves_the_entry_alone(
    document: DocumentReading | None, reason: Reason, stalled: bool, stored: Entry | None
) -> None:
    documents = [document] if document is not None else []
    decision = one(*([stored] if stored else []), seen={"documents": documents})
    assert decision.change is None
    assert decision.entry == stored
    assert decision.blocker is not None
    assert (decision.blocker.reason, decision.blocker.then is Next.HUMAN) == (reason, stalled)


def test_one_good_certificate_among_expired_ones_is_enough() -> None:
    """A rollover leaves the old one published for a while."""
    both = (replace(LATE, thumbprint=ROLLED), certificate())
    decision = one(seen={"documents": [reading(Product.LYNC, certificates=both)]})
    assert decision.blocker is None
    assert decision.change is not None


def test_observe_carries_the_plan_and_changes_nothing() -> None:
    """Case C13."""
    for entries in ((), (entry(enabled=False),)):
        decision = one(*entries, desired=application(mode=Mode.OBSERVE))
        assert decision.change is None
        assert decision.planned is not None
    assert one(entry(), desired=application(mode=Mode.OBSERVE)).planned is None


def test_suspend_plans_nothing() -> None:
    decision = one(entry(enabled=False), desired=application(mode=Mode.SUSPEND))
    assert (decision.change, decision.planned, decision.entry) == (
        None,
        None,
        entry(enabled=False),
    )


def test_a_product_is_no_partner_of_itself() -> None:
    (decision,) = decide(
        CATALOG.rules[Product.EXCHANGE],
        server(Product.EXCHANGE),
        [view(application(Product.EXCHANGE, url=EXCHANGE_URL))],
        observed(),
    )
    assert decision.blocker is not None
    assert decision.blocker.reason is Reason.UNSUPPORTED_PAIR


def test_wildcard_domains_warn_and_stop_nothing() -> None:
    assert one(seen={"wildcard_domains": ("*.litwareinc.com",)}).change is not None
    seen = observed(wildcard_domains=("*.litwareinc.com",))
    assert "2000004" in CATALOG.rules[Product.EXCHANGE].warnings(seen)[0]
    assert CATALOG.rules[Product.LYNC].warnings(seen) == ()


def test_a_killed_registration_is_known_as_ours_by_its_intent() -> None:
    intent = Intent(ChangeKind.REGISTER, NOW, "ex1.litwareinc.com")
    assert one(entry(), intent=intent).created_by_us
