"""C32: certificates that nobody can read, in anybody's entry or among the server's own; the rest goes on."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.oauth.certificates import Certificate, UnreadableCertificate, thumbprint
from partner_operator.trust.differences import differences
from partner_operator.trust.model import Product
from support.oauth.damaged_certificates import flipped, odd
from support.oauth.samples import LYNC_ID, body, certificate_der, document
from support.products.answers import EXCHANGE, LYNC, changed, observed
from support.trust.worlds import LYNC_URL, application, server

GOOD = certificate_der()
BAD = [*odd().values(), *flipped(GOOD, step=29)]


def encoded(der: bytes) -> str:
    """As a script writes it."""
    return base64.b64encode(der).decode()


def published(*ders: bytes, url: str = LYNC_URL) -> dict[str, Any]:
    """A document as a server fetched it."""
    text = body(document(LYNC_ID, "litwareinc.com", *ders))
    return {
        "url": url,
        "status": 200,
        "type": "application/json",
        "body": encoded(text),
        "fault": "",
        "detail": "",
    }


@pytest.mark.parametrize("role", ["current", "previous", "next"])
async def test_a_bad_certificate_among_exchanges_own_is_one_of_its_own(role: str) -> None:
    for der in BAD:
        own = [{"thumbprint": thumbprint(der).lower(), "der": encoded(der) or "%"}]
        seen = await observed(
            {**EXCHANGE, role: thumbprint(der), "certificates": own, "certificateFault": ""}
        )
        [found] = seen.own_certificates
        assert isinstance(found.certificate, Certificate | UnreadableCertificate)
        assert found.thumbprint == found.certificate.thumbprint == thumbprint(der)
        assert seen.incomplete is None


async def test_a_bad_certificate_among_lyncs_own_is_one_of_its_own() -> None:
    for der in BAD:
        told = {
            "thumbprint": thumbprint(der),
            "der": encoded(der) or "%",
            "previous": thumbprint(der),
            "previousDer": encoded(der) or "%",
            "subject": "CN=a",
            "notBefore": None,
            "notAfter": None,
            "effectiveAt": None,
        }
        url = server(Product.LYNC).auth_metadata_url
        seen = await observed(
            {**LYNC, "certificate": told, "documents": [published(GOOD, der, url=url)]},
            Product.LYNC,
        )
        assert [found.thumbprint for found in seen.own_certificates] == [thumbprint(der)] * 2
        assert all(found.certificate is not None for found in seen.own_certificates)


@pytest.mark.parametrize("stores_it", [True, False])
async def test_whether_a_server_takes_over_an_unreadable_key_is_no_difference(
    stores_it: bool,
) -> None:
    """Else an entry would be repaired for ever, or never be Ready, for a key that nobody signs with."""
    bad = odd()["version 2"]
    stored = [thumbprint(GOOD), thumbprint(bad)] if stores_it else [thumbprint(GOOD)]
    told = changed(EXCHANGE, "entries.0.thumbprints", stored)
    seen = await observed({**told, "documents": [published(bad, GOOD)]})
    read = seen.documents[LYNC_URL].document
    assert read is not None
    found = differences(
        CATALOG.rules[Product.EXCHANGE], application(), seen.entries[0], None, read, seen
    )
    assert "certificates" not in {str(difference.field) for difference in found}
    assert [found.thumbprint for found in read.unreadable] == [thumbprint(bad)]


async def test_a_bad_certificate_in_one_document_leaves_the_other_documents() -> None:
    for der in BAD[:15]:
        other = published(GOOD, url="https://other.litwareinc.com/metadata/json/1")
        seen = await observed({**EXCHANGE, "documents": [published(der), other]})
        assert seen.documents[other["url"]].document is not None
        one = seen.documents[LYNC_URL]
        assert (one.document is None) == (one.fault is not None)
