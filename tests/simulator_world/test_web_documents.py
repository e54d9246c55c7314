"""Metadata documents over real HTTPS, right ones and each way in which they can be wrong."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from partner_simulator.human import HumanActions
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import documents, names
from partner_simulator.world.network import RequestFailed
from support.world.farm import Web, web_of


@pytest.fixture(scope="module")
def shared() -> Iterator[Web]:
    with web_of() as web:
        yield web


@pytest.fixture
def web(shared: Web) -> Iterator[Web]:
    yield shared
    shared.farm.heal_document(names.LYNC_POOL)
    shared.domain.network.distrusting.clear()


def certificate(web: Web) -> x509.Certificate:
    text = web.read(names.LYNC_METADATA_URL).certificates[0]
    return x509.load_der_x509_certificate(base64.b64decode(text))


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        (names.LYNC_METADATA_URL, names.LYNC_ID),
        (names.EXCHANGE_METADATA_URL, names.EXCHANGE_ID),
        (f"https://{names.EXCHANGE_HOSTS[1]}/autodiscover/metadata/json/1", names.EXCHANGE_ID),
    ],
)
def test_each_product_publishes_itself(web: Web, url: str, identifier: str) -> None:
    """Identifier, issuer and one certificate; the same bytes on the next look."""
    document = web.read(url)
    assert document.issuer == f"{identifier}@litwareinc.com"
    assert len(document.certificates) == 1
    assert web.get(url).body == web.get(url).body
    assert web.get(url).header("Content-Type").startswith("application/json")


def test_another_path_is_not_found(web: Web) -> None:
    """A typo in the path is a 404, as for a browser."""
    assert web.get(f"https://{names.LYNC_POOL}/metadata/json").status == 404


@pytest.mark.parametrize("fault", [DocumentFault.HTML, DocumentFault.TRUNCATED])
def test_what_is_no_document_is_not_read(web: Web, fault: DocumentFault) -> None:
    """A log-on page and half a document come with status 200 and are no documents."""
    web.farm.spoil_document(names.LYNC_POOL, fault)
    assert web.get(names.LYNC_METADATA_URL).status == 200
    with pytest.raises(documents.NotADocument):
        web.read(names.LYNC_METADATA_URL)


def test_a_server_error_is_said_in_dotnets_words(web: Web) -> None:
    """Status 500."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.STATUS_500)
    with pytest.raises(documents.NotADocument, match=r"\(500\) Internal Server Error"):
        web.read(names.LYNC_METADATA_URL)


def test_an_expired_certificate_is_published(web: Web) -> None:
    """The document itself is well formed."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.EXPIRED_CERTIFICATE)
    assert certificate(web).not_valid_after_utc < datetime.now(UTC)


def test_a_weak_certificate_is_published(web: Web) -> None:
    """1024 bits."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.WEAK_CERTIFICATE)
    key = certificate(web).public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 1024


def test_another_products_document_is_published(web: Web) -> None:
    """SharePoint's identifier where Lync's should be."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.OTHER_PRODUCT)
    assert web.read(names.LYNC_METADATA_URL).application_identifier == names.SHAREPOINT_ID


def test_nobody_listens(web: Web) -> None:
    """Connections are refused; afterwards the same port answers again."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.UNREACHABLE)
    with pytest.raises(RequestFailed) as failed:
        web.get(names.LYNC_METADATA_URL)
    assert failed.value.text == "Unable to connect to the remote server"
    web.farm.heal_document(names.LYNC_POOL)
    assert web.get(names.LYNC_METADATA_URL).status == 200


def test_a_wrong_tls_name_is_not_trusted(web: Web) -> None:
    """Validation is real: by name."""
    web.farm.spoil_document(names.LYNC_POOL, DocumentFault.WRONG_TLS_NAME)
    with pytest.raises(RequestFailed) as failed:
        web.get(names.LYNC_METADATA_URL)
    assert "Could not establish trust relationship" in failed.value.text


def test_a_machine_without_the_ca_trusts_nothing(web: Web) -> None:
    """Validation is real: by issuer; -TrustAnySSLCertificate goes around it."""
    web.domain.network.distrusting.add(names.FRONT_ENDS[0])
    with pytest.raises(RequestFailed, match="trust"):
        web.get(names.LYNC_METADATA_URL)
    answer = web.domain.network.request(
        names.FRONT_ENDS[0], "GET", names.LYNC_METADATA_URL, check_certificate=False
    )
    assert answer.status == 200


def test_an_unknown_name_cannot_be_resolved(web: Web) -> None:
    """In .NET's words."""
    with pytest.raises(RequestFailed) as failed:
        web.get("https://nowhere.litwareinc.com/metadata/json/1")
    assert "could not be resolved: 'nowhere.litwareinc.com'" in failed.value.text


def test_both_certificates_are_published_while_lync_rolls() -> None:
    """Next beside current; after the date the former is still there as previous."""
    with web_of() as web:
        person = HumanActions()
        person.domain = web.domain
        before = web.read(names.LYNC_METADATA_URL).certificates
        thumbprint = person.roll_lync_certificate()
        during = web.read(names.LYNC_METADATA_URL).certificates
        assert set(before) < set(during)
        assert len(during) == 2
        state = web.domain.cms.state
        assert state.certificate is not None
        assert state.certificate.signing(web.domain.clock.now()).thumbprint != thumbprint
        person.activate_rolled_certificate()
        state = web.domain.cms.state
        assert state.certificate is not None
        assert state.certificate.signing(web.domain.clock.now()).thumbprint == thumbprint
        assert set(web.read(names.LYNC_METADATA_URL).certificates) == set(during)


def test_x5t_may_be_written_in_plain_base64() -> None:
    """Older producers do so."""
    with web_of(x5t_alphabet="base64") as web:
        assert b'"x5t": "' in web.get(names.LYNC_METADATA_URL).body
        text = web.get(names.LYNC_METADATA_URL).body.decode().split('"x5t": "')[1].split('"')[0]
        assert len(base64.b64decode(text, validate=True)) == 20
