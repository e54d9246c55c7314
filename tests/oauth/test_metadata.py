"""The auth metadata document is read as leniently as the field needs, and no more."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.oauth import metadata
from partner_operator.oauth.certificates import parse_certificate
from partner_operator.oauth.identifiers import TOKEN_SERVER
from partner_operator.oauth.metadata import parse_metadata
from support.oauth.samples import (
    LYNC_ID,
    NOW,
    SHAREPOINT_ID,
    body,
    certificate_der,
    document,
    key_of,
    x5t,
)


def test_exchange_shape_is_read_whole() -> None:
    old, new = certificate_der("old"), certificate_der("new")
    parsed = parse_metadata(body(document(LYNC_ID, "litwareinc.com", old, new)))
    assert parsed.application_identifier == LYNC_ID
    assert parsed.realm == "litwareinc.com"
    assert parsed.issuer == f"{LYNC_ID}@litwareinc.com"
    assert parsed.name == "Lync"
    expected = {parse_certificate(old).thumbprint, parse_certificate(new).thumbprint}
    assert set(parsed.thumbprints) == expected


def test_sharepoint_capture_shape_takes_realm_from_issuer() -> None:
    """P-S2S-6: keyValue, Signing, no realm, no version, no keyinfo."""
    der = certificate_der()
    farm = "9f8e7d6c-5b4a-4321-8765-0123456789ab"
    value = base64.b64encode(der).decode()
    captured = {
        "issuer": f"{SHAREPOINT_ID}@{farm}",
        "name": "SharePoint",
        "serviceName": SHAREPOINT_ID,
        "keys": [{"usage": "Signing", "keyValue": {"type": "x509Certificate", "value": value}}],
    }
    parsed = parse_metadata(body(captured), "application/json; charset=utf-8")
    assert parsed.realm == farm
    assert parsed.thumbprints == (parse_certificate(der).thumbprint,)


def test_token_server_document_with_endpoints_and_three_keys_is_read() -> None:
    """Case C16: a token server's document; whose it is is told by the service id."""
    service = "00000001-0000-0000-c000-000000000000"
    ders = [certificate_der(name) for name in ("one", "two", "three")]
    endpoints = [
        {
            "location": "https://accounts.example/tokens/OAuth/2",
            "protocol": "OAuth2",
            "usage": "issuance",
        },
        {
            "location": "https://accounts.example/metadata/json/1",
            "protocol": "OAuth2",
            "usage": "metadata",
        },
    ]
    parsed = parse_metadata(
        body(document(service, "11112222-3333-4444-5555-666677778888", *ders, endpoints=endpoints))
    )
    assert parsed.application_identifier == service
    assert len(parsed.certificates) == 3


@pytest.mark.parametrize(
    ("realm", "issuer"), [("a.example", f"{TOKEN_SERVER}@a.example"), (None, TOKEN_SERVER)]
)
def test_a_token_server_may_leave_its_issuer_out(realm: str | None, issuer: str) -> None:
    """Then it is its identifier, with the realm where it has one: so servers store it."""
    fields = document(TOKEN_SERVER, "a.example", certificate_der("sts"))
    fields.pop("issuer")
    fields["realm"] = realm
    parsed = parse_metadata(body(fields))
    assert (parsed.issuer, parsed.realm) == (issuer, realm or "")


def test_a_product_may_not() -> None:
    fields = document()
    fields.pop("issuer")
    with pytest.raises(metadata.MissingField, match="Only token servers leave it out"):
        parse_metadata(body(fields))


def test_byte_order_mark_and_unknown_fields_do_not_matter() -> None:
    fields = document(surprise={"deep": [1, 2]}, allowedAudiences=None, endpoints=None)
    assert parse_metadata(b"\xef\xbb\xbf" + body(fields)).realm == "litwareinc.com"


@pytest.mark.parametrize(
    "write",
    [
        lambda der: x5t(der),
        lambda der: x5t(der) + "=",
        lambda der: x5t(der).replace("-", "+").replace("_", "/"),
    ],
    ids=["base64url", "padded", "base64"],
)
def test_x5t_in_either_alphabet_is_accepted(write: object) -> None:
    # A certificate whose SHA-1 has both characters in which the alphabets differ.
    der = next(
        candidate
        for number in range(500)
        if {"-", "_"} <= set(x5t(candidate := certificate_der(f"number {number}")))
    )
    key = key_of(der)
    key["keyinfo"]["x5t"] = write(der)  # type: ignore[operator]
    parsed = parse_metadata(body(document(keys=[key])))
    assert parsed.thumbprints == (parse_certificate(der).thumbprint,)


def test_x5t_of_another_certificate_is_refused() -> None:
    key = key_of(certificate_der("one"))
    key["keyinfo"]["x5t"] = x5t(certificate_der("two"))
    with pytest.raises(metadata.BadCertificate, match="contradicts itself"):
        parse_metadata(body(document(keys=[key])))


def test_keys_for_other_uses_are_passed_over() -> None:
    other = {"usage": "encryption", "keyvalue": {"type": "x509Certificate", "value": "%%%"}}
    symmetric = {"usage": "signing", "keyvalue": {"type": "symmetric", "value": "c2VjcmV0"}}
    good = key_of(certificate_der())
    assert len(parse_metadata(body(document(keys=[other, symmetric, good]))).certificates) == 1


def test_the_same_certificate_twice_counts_once() -> None:
    der = certificate_der()
    assert len(parse_metadata(body(document(LYNC_ID, "r", der, der))).certificates) == 1


HTML = b"<!DOCTYPE html><html><title>401 - Unauthorized</title></html>"


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (HTML, metadata.NotJson, "HTML"),
        (b"  \r\n" + HTML, metadata.NotJson, "HTML"),
        (b"", metadata.NotJson, "empty"),
        (b"not json", metadata.NotJson, "not a JSON document"),
        (b"\xff\xfe{\x00", metadata.NotJson, "UTF-8"),
        (body(document())[:-30], metadata.InvalidJson, "cut off"),
        (b"[1, 2]", metadata.InvalidJson, "not an object"),
        (b"[" * 100_000, metadata.InvalidJson, "damaged"),
        (body(document(issuer=None)), metadata.MissingField, "issuer"),
        (body(document(issuer="  ")), metadata.MissingField, "issuer"),
        (body(document(serviceName=None)), metadata.MissingField, "serviceName"),
        (body(document(serviceName=7)), metadata.MissingField, "serviceName"),
        (body(document(keys=None)), metadata.MissingField, "keys"),
        (body(document(keys={"a": 1})), metadata.MissingField, "keys"),
        (body(document(keys=[])), metadata.NoSigningCertificate, "signing"),
        (body(document(keys=[1, "x", None])), metadata.NoSigningCertificate, "signing"),
        (b"{" + b" " * metadata.LARGEST_DOCUMENT + b"}", metadata.TooLarge, "256 KiB"),
        (body(document(keys=[{}] * 51)), metadata.TooLarge, "50 keys"),
        (body(document(serviceName="x" * 1025)), metadata.TooLarge, "servicename is longer"),
        (body(document(issuer="x@" + "y" * 1024)), metadata.TooLarge, "issuer is longer"),
        (body(document(realm="y" * 1025, issuer="a@b")), metadata.TooLarge, "realm is longer"),
        (body(document(name="y" * 1025)), metadata.TooLarge, "name is longer"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    content: bytes, error: type[metadata.MetadataError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        parse_metadata(content)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("value", ["", "%%%", "AAAA", base64.b64encode(b"no certificate").decode()])
def test_a_signing_key_that_is_no_certificate_is_refused(value: str) -> None:
    key = {"usage": "signing", "keyvalue": {"type": "x509Certificate", "value": value}}
    with pytest.raises(metadata.BadCertificate):
        parse_metadata(body(document(keys=[key])))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_metadata_error(content: bytes) -> None:
    with pytest.raises(metadata.MetadataError):
        parse_metadata(content)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_document_never_gives_another_certificate(place: int, damage: bytes) -> None:
    """What is read after damage has the certificate that was written, or none is read at all."""
    der = certificate_der()
    content = bytearray(body(document(LYNC_ID, "litwareinc.com", der)))
    place %= len(content)
    content[place : place + len(damage)] = damage
    try:
        parsed = parse_metadata(bytes(content))
    except metadata.MetadataError:
        return
    written = bytes(content).count(x5t(der).encode()) == 1
    assert not written or parsed.thumbprints == (parse_certificate(der).thumbprint,)


def test_expired_certificates_are_read_and_left_to_the_judge() -> None:
    der = certificate_der("past", start=NOW - timedelta(days=9), end=NOW - timedelta(days=1))
    assert len(parse_metadata(body(document(LYNC_ID, "r", der))).certificates) == 1
