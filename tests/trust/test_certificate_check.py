"""Step 1 of the procedure: own certificates are judged, and the message names what mends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.oauth.certificates import Certificate, UnreadableCertificate
from partner_operator.trust.certificate_check import check_document, check_own_certificates
from partner_operator.trust.model import (
    CertificateRole,
    DocumentFault,
    DocumentReading,
    OwnCertificate,
    Product,
)
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.trust.worlds import (
    EXCHANGE_URL,
    LYNC_URL,
    NOW,
    ROLLED,
    THUMBPRINT,
    URLS,
    certificate,
    observed,
    reading,
)

DAY = timedelta(days=1)


UNREADABLE = UnreadableCertificate("EF" * 20, "1 is not a valid X509 version.")


def own(
    found: Certificate | UnreadableCertificate | None,
    thumbprint: str = THUMBPRINT,
    product: Product = Product.EXCHANGE,
    **seen: Any,
) -> Any:
    current = OwnCertificate(CertificateRole.CURRENT, thumbprint, found)
    world = observed(product, **{"own_certificates": (current,), **seen})
    return check_own_certificates(world, CATALOG.partners[product].mending, URLS[product], NOW)


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        (certificate(), ConditionStatus.TRUE, Reason.CERTIFICATE_VALID),
        (
            certificate(not_after=NOW + 60 * DAY),
            ConditionStatus.TRUE,
            Reason.CERTIFICATE_EXPIRES_SOON,
        ),
        (
            certificate(not_after=NOW + 14 * DAY),
            ConditionStatus.TRUE,
            Reason.CERTIFICATE_EXPIRES_SOON,
        ),
        (certificate(not_after=NOW), ConditionStatus.FALSE, Reason.CERTIFICATE_EXPIRED),
        (
            certificate(not_before=NOW + DAY),
            ConditionStatus.FALSE,
            Reason.CERTIFICATE_NOT_YET_VALID,
        ),
        (certificate(key_bits=1024), ConditionStatus.FALSE, Reason.CERTIFICATE_WEAK),
        (None, ConditionStatus.FALSE, Reason.CERTIFICATE_MISSING),
    ],
)
@pytest.mark.parametrize(
    ("product", "cmdlets"),
    [
        (Product.EXCHANGE, ("New-ExchangeCertificate", "Set-AuthConfig")),
        (Product.LYNC, ("Request-CsCertificate", "Set-CsCertificate")),
    ],
)
def test_each_flaw_is_a_condition_that_names_the_cmdlets(
    found: Certificate | None,
    status: ConditionStatus,
    reason: Reason,
    product: Product,
    cmdlets: tuple[str, ...],
) -> None:
    part = own(found, product=product)
    assert (part.status, part.reason) == (status, reason)
    if reason is not Reason.CERTIFICATE_VALID:
        assert all(cmdlet in part.message for cmdlet in cmdlets)


def test_60_and_14_days_read_differently() -> None:
    assert "within 60 days" in own(certificate(not_after=NOW + 30 * DAY)).message
    assert "within 14 days" in own(certificate(not_after=NOW + 3 * DAY)).message


def test_no_certificate_named_at_all_is_missing() -> None:
    assert own(None, own_certificates=()).reason is Reason.CERTIFICATE_MISSING


def test_a_certificate_that_the_own_document_does_not_publish_is_told() -> None:
    part = own(certificate(ROLLED), ROLLED)
    assert (part.status, part.reason) == (ConditionStatus.FALSE, Reason.CERTIFICATE_NOT_PUBLISHED)
    assert "Set-AuthConfig -PublishCertificate" in part.message


def test_thumbprints_are_compared_without_letter_case() -> None:
    assert own(certificate(), THUMBPRINT.lower()).reason is Reason.CERTIFICATE_VALID


def test_an_unreadable_list_is_not_a_missing_certificate() -> None:
    """Case C08: two facts, and neither says 'missing'."""
    fault = DocumentReading(EXCHANGE_URL, fault=DocumentFault.HTTP_STATUS, detail="status 500")
    world: dict[str, Any] = {
        "own_certificates": (),
        "own_certificates_fault": "Get-ExchangeCertificate gave an empty list",
        "documents": [fault],
    }
    part = own(None, **world)
    assert (part.status, part.reason) == (ConditionStatus.UNKNOWN, Reason.CERTIFICATE_UNREADABLE)
    document = check_document(fault, CATALOG.partners[Product.EXCHANGE], NOW)
    assert (document.status, document.reason) == (
        ConditionStatus.UNKNOWN,
        Reason.METADATA_UNREACHABLE,
    )
    assert "500" in document.message


def test_a_good_certificate_with_an_unreachable_document_is_unknown() -> None:
    fault = DocumentReading(EXCHANGE_URL, fault=DocumentFault.UNREACHABLE, detail="no route")
    for documents in ([fault], []):
        part = own(certificate(), documents=documents)
        assert (part.status, part.reason) == (ConditionStatus.UNKNOWN, Reason.METADATA_UNREACHABLE)


def test_a_document_of_another_product_is_named_by_what_it_is() -> None:
    """Case C16: a token server's document where a Lync server's is expected."""
    token_server = "00000001-0000-0000-c000-000000000000"
    part = check_document(
        reading(Product.LYNC, application_identifier=token_server),
        CATALOG.partners[Product.LYNC],
        NOW,
    )
    assert part.reason is Reason.METADATA_WRONG_PRODUCT
    assert "token server" in part.message
    assert token_server in part.message
    # How it is to be named instead.
    assert "spec.partner {applicationIdentifier, tokenServer: {authMetadataUrl}}" in part.message
    other = check_document(reading(Product.EXCHANGE), CATALOG.partners[Product.LYNC], NOW)
    assert "tokenServer" not in other.message


def test_a_rollover_is_good_until_the_last_certificate_ends() -> None:
    old = certificate(not_after=NOW + 2 * DAY)
    new = certificate(ROLLED)
    part = check_document(
        reading(Product.LYNC, certificates=(old, new)), CATALOG.partners[Product.LYNC], NOW
    )
    assert (part.status, part.reason) == (ConditionStatus.TRUE, Reason.METADATA_VALID)
    alone = check_document(
        reading(Product.LYNC, certificates=(old,)), CATALOG.partners[Product.LYNC], NOW
    )
    assert alone.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert "Lync" in alone.message


def test_a_message_ends_as_a_sentence_and_holds_no_time_of_day_that_moves() -> None:
    first = check_document(
        DocumentReading(LYNC_URL, fault=DocumentFault.INVALID), CATALOG.partners[Product.LYNC], NOW
    )
    later = check_document(
        DocumentReading(LYNC_URL, fault=DocumentFault.INVALID),
        CATALOG.partners[Product.LYNC],
        NOW + DAY,
    )
    assert first == later
    assert first.status is ConditionStatus.FALSE
    assert first.message.endswith(".")


def test_an_own_certificate_that_cannot_be_read_is_not_called_missing_and_not_called_good() -> None:
    """C32: the library's words, and what mends it; whether it is valid is not known."""
    part = own(UNREADABLE, UNREADABLE.thumbprint)
    assert (part.status, part.reason) == (ConditionStatus.UNKNOWN, Reason.CERTIFICATE_UNREADABLE)
    assert "1 is not a valid X509 version" in part.message
    assert UNREADABLE.thumbprint in part.message
    assert "Set-AuthConfig" in part.message


def test_an_unreadable_key_beside_a_good_one_is_told_and_stops_nothing() -> None:
    read = reading(Product.LYNC, unreadable=(UNREADABLE,))
    part = check_document(read, CATALOG.partners[Product.LYNC], NOW)
    assert (part.status, part.reason) == (ConditionStatus.TRUE, Reason.CERTIFICATE_UNREADABLE)
    assert "1 is not a valid X509 version" in part.message
    assert "Set-CsCertificate" in part.message
