"""Documents that partners publish, and the server's own certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from partner_operator.trust.model import DocumentFault, DocumentReading, Product, RestartPolicy
from partner_operator.trust.reasons import ConditionType, Reason
from support.parked.hall import Hall
from support.parked.state import (
    RECONCILE,
    Parked,
    mended_and_asked,
    observes,
    publishing,
    then_passes,
)
from support.trust import worlds as values


def _documents(**fault: Any) -> Parked:
    """Every partner's document is bad in this way, then good again."""

    def reach(hall: Hall) -> None:
        hall.partners(lambda one: replace(one, **fault))
        hall.passes(3)

    return Parked(reach, _good_documents)


def _bad_certificates(**changes: Any) -> Parked:
    def reach(hall: Hall) -> None:
        def spoiled(one: DocumentReading) -> DocumentReading:
            assert one.document is not None
            bad = values.certificate(values.ROLLED, **changes)
            return replace(one, document=replace(one.document, certificates=(bad,)))

        hall.partners(spoiled)
        hall.passes(3)

    return Parked(reach, _good_documents)


def _good_documents(hall: Hall) -> None:
    partner = Product.LYNC if hall.product is Product.EXCHANGE else Product.EXCHANGE

    def good(one: DocumentReading) -> DocumentReading:
        number = one.url.removeprefix("https://partner-").partition(".")[0]
        return values.reading(partner, one.url, realm=f"realm-{number}")

    hall.partners(good)
    hall.ask()


def _alternates(hall: Hall) -> None:
    hall.restarts(policy=RestartPolicy.NEVER)
    for number in range(10):
        thumbprint = (values.ROLLED, values.THUMBPRINT)[number % 2]

        def turned(one: DocumentReading, found: str = thumbprint) -> DocumentReading:
            return publishing(one, found)

        hall.partners(turned)
        hall.passes()


def _of_the_server(reach: Callable[[Hall], None], says: str = "") -> Parked:
    """The server's own certificate; mended by hand, and noticed."""
    return Parked(then_passes(reach), mended_and_asked, says, on_server=True)


def _own_certificates(hall: Hall, **changes: Any) -> None:
    certificate = values.certificate(**changes)
    own = hall.organisation._own_certificates

    def bad(found: Any) -> Any:
        return tuple(replace(one, certificate=certificate) for one in own(found))

    hall.organisation._own_certificates = bad  # type: ignore[method-assign]


DOCUMENTS: dict[Reason, Parked] = {
    Reason.METADATA_UNREACHABLE: _documents(document=None, fault=DocumentFault.UNREACHABLE),
    Reason.METADATA_INVALID: _documents(document=None, fault=DocumentFault.INVALID),
    Reason.METADATA_WRONG_PRODUCT: _documents(document=values.metadata(Product.SHAREPOINT)),
    Reason.METADATA_ALTERNATES: Parked(_alternates, Hall.ask, RECONCILE),
    Reason.CERTIFICATE_EXPIRED: _bad_certificates(not_after=values.NOW - timedelta(days=1)),
    Reason.CERTIFICATE_WEAK: _bad_certificates(key_bits=1024),
    Reason.CERTIFICATE_NOT_YET_VALID: _bad_certificates(
        not_before=values.NOW + timedelta(days=300), not_after=values.NOW + timedelta(days=600)
    ),
    Reason.CERTIFICATE_EXPIRES_SOON: replace(
        _of_the_server(
            lambda hall: _own_certificates(hall, not_after=values.NOW + timedelta(days=10)),
            "Set-AuthConfig",
        ),
        where=ConditionType.CERTIFICATE_EXPIRING,
    ),
    Reason.CERTIFICATE_MISSING: _of_the_server(
        lambda hall: observes(hall, own_certificates=()), "Set-AuthConfig"
    ),
    Reason.CERTIFICATE_UNREADABLE: _of_the_server(
        lambda hall: observes(hall, own_certificates_fault="No access."), "check it first"
    ),
    Reason.CERTIFICATE_NOT_PUBLISHED: _of_the_server(
        lambda hall: hall.organisation.__dict__.update(signs_with="EE" * 20), "Set-AuthConfig"
    ),
}
