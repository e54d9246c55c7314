"""C32: a certificate that cannot be read is one unreadable certificate; all beside it goes on."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from partner_operator.oauth import metadata
from partner_operator.oauth.certificates import (
    Certificate,
    CertificateError,
    UnreadableCertificate,
    judge,
    parse_certificate,
    read_certificate,
    thumbprint,
)
from partner_operator.oauth.metadata import parse_metadata
from partner_operator.oauth.tokens import explain
from partner_operator.winrm.kerberos import end_point_bindings
from support.oauth.damaged_certificates import flipped, odd, version_2
from support.oauth.samples import (
    LYNC_ID,
    NOW,
    actor_token,
    body,
    certificate_der,
    document,
    key_of,
    private_key,
    user_token,
)

GOOD = certificate_der()
ODD = odd()
READABLE = {
    "serial negative",
    "year 9999",
    "year 1950",
    "elliptic curve",
    "Ed25519",
    "odd subject",
    "no subject",
}


def test_a_flip_of_any_byte_gives_a_certificate_or_its_error() -> None:
    """And each that is read can be judged and verified with: nothing else may come out."""
    for der in flipped(GOOD):
        found = read_certificate(der)
        assert found.thumbprint == thumbprint(der)
        if isinstance(found, Certificate):
            judge(found, NOW)
            assert found.subject.isprintable()
        else:
            assert found.why.endswith(".")


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_flip_of_any_byte_of_a_hosts_certificate_has_channel_bindings() -> None:
    """TLS has judged that certificate; only its hash is needed here."""
    assert all(end_point_bindings(der) for der in flipped(GOOD))


def test_a_flip_of_any_byte_stays_in_its_key() -> None:
    """The other key of the document is read, and a token by it is explained."""
    other = certificate_der("other")
    token = actor_token(other)
    for der in flipped(GOOD, step=7):
        for ders in ((der, other), (other, der)):
            read = parse_metadata(body(document(LYNC_ID, "litwareinc.com", *ders)))
            assert thumbprint(other) in read.thumbprints
            named = {*read.thumbprints, *(found.thumbprint for found in read.unreadable)}
            assert named == {thumbprint(der), thumbprint(other)}
        for signed in (token, actor_token(der)):
            found = explain(
                signed, documents=[read], host="h.litwareinc.com", realm="litwareinc.com", now=NOW
            )
            assert all("\n" not in finding.message for finding in found)


@pytest.mark.parametrize("name", ODD)
def test_odd_certificates_are_read_or_called_unreadable(name: str) -> None:
    found = read_certificate(ODD[name])
    assert isinstance(found, Certificate) == (name in READABLE)
    if isinstance(found, Certificate):
        judge(found, NOW)
        assert found.subject.isprintable()


def test_the_error_has_the_librarys_own_words() -> None:
    with pytest.raises(CertificateError, match="1 is not a valid X509 version") as caught:
        parse_certificate(version_2(GOOD))
    assert str(caught.value).endswith(".")


def test_a_document_of_unreadable_certificates_says_why() -> None:
    with pytest.raises(metadata.BadCertificate, match="1 is not a valid X509 version"):
        parse_metadata(body(document(LYNC_ID, "litwareinc.com", version_2(GOOD))))


@pytest.mark.parametrize("value", ["", "%%%", "A", 7, None, base64.b64encode(b"none").decode()])
def test_a_key_without_a_certificate_beside_a_good_one_is_passed_over(value: Any) -> None:
    bad = {"usage": "signing", "keyvalue": {"type": "x509Certificate", "value": value}}
    read = parse_metadata(body(document(keys=[bad, key_of(GOOD)])))
    assert read.thumbprints == (thumbprint(GOOD),)
    assert [type(found) for found in read.unreadable] == [UnreadableCertificate]


def test_an_x5t_that_is_not_of_the_bytes_is_a_contradiction_readable_or_not() -> None:
    key = key_of(GOOD)
    key["keyvalue"]["value"] = base64.b64encode(version_2(GOOD)).decode()
    with pytest.raises(metadata.BadCertificate, match="contradicts itself"):
        parse_metadata(body(document(keys=[key, key_of(certificate_der("other"))])))


WRONG: list[Any] = [
    None,
    True,
    7,
    1e400,
    -0.0,
    [],
    [[]],
    {},
    {"a": 1},
    "\ud800",
    "\x00\x1b\u202e",
    "x" * 9000,
]


@pytest.mark.parametrize(
    "place",
    ["issuer", "serviceName", "realm", "name", "keys", "endpoints", "version", "id", "surplus"],
)
def test_any_value_at_any_place_gives_a_document_or_a_metadata_error(place: str) -> None:
    """What is read can be written to the API server."""
    for value in WRONG:
        _judge(body(document(**{place: value})))


@pytest.mark.parametrize("place", ["usage", "keyinfo", "keyvalue", "x5t", "type", "value"])
def test_any_value_in_a_key_too(place: str) -> None:
    for value in WRONG:
        key = key_of(GOOD)
        holder = {"x5t": "keyinfo", "type": "keyvalue", "value": "keyvalue"}.get(place)
        (key[holder] if holder else key)[place] = value
        _judge(body(document(keys=[key, key_of(certificate_der("other"))])))


@pytest.mark.parametrize(
    "written",
    [
        b'{"issuer": NaN, "keys": [Infinity, -Infinity]}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1e' + b"9" * 400 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"keys": ' + b"[" * 4000 + b"]" * 4000 + b"}",
        b'{"issuer": "a", "issuer": "b"}',
        b'{"x": "\\ud800", "\\udfff": 1}',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'{"a": "\x00"}',
    ],
)
def test_json_at_its_edges_gives_a_metadata_error(written: bytes) -> None:
    assert _judge(written) is None


@pytest.mark.parametrize("name", ["issuer", "serviceName", "realm", "keys"])
def test_a_member_that_stands_twice_with_two_values_is_a_contradiction(name: str) -> None:
    """Two readers could each take another one for true."""
    good = body(document()).decode()
    for written in (name, name.upper()):
        twice = good[:-1] + f', "{written}": "another"' + "}"
        with pytest.raises(metadata.InvalidJson, match=f"says {written} twice"):
            parse_metadata(twice.encode())


def test_a_member_that_stands_twice_with_one_value_or_that_nobody_reads_does_not_matter() -> None:
    fields = document()
    good = body(fields).decode()[:-1]
    more = f', "issuer": {json.dumps(fields["issuer"])}, "surplus": 1, "surplus": 2, "Surplus": 3}}'
    assert parse_metadata((good + more).encode()).issuer == fields["issuer"]


def _judge(written: bytes) -> metadata.AuthMetadata | None:
    """The document, or None; every text of it or of its error can be written and seen."""
    texts: tuple[str, ...]
    try:
        read = parse_metadata(written)
        texts = (read.issuer, read.realm, read.name, read.application_identifier)
    except metadata.MetadataError as error:
        read, texts = None, (str(error),)
    assert all(text.isprintable() for text in texts)
    return read


@pytest.mark.parametrize("claim", ["iss", "aud", "nameid", "nbf", "exp", "actortoken", "smtp"])
def test_any_claim_gives_findings_on_one_line(claim: str) -> None:
    read = [parse_metadata(body(document()))]
    for value in [*WRONG, "\nok  issuer: fine", 10**400, "9" * 5000]:
        for token in (
            actor_token(**{claim: value}),
            user_token(actor_token(), **{claim: value}),
        ):
            for finding in explain(
                token, documents=read, host="h", realm="r", now=datetime.now(NOW.tzinfo)
            ):
                assert finding.message.isprintable()


@pytest.mark.parametrize("bits", [16385, 262_144])
def test_a_key_that_nobody_verifies_with_makes_its_certificate_unreadable(bits: int) -> None:
    modulus = (1 << (bits - 1)) | 1
    key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "n" * 64)])
    der = (
        x509.CertificateBuilder(name, name, key, 5, NOW, NOW + timedelta(days=9))
        .sign(private_key(2048), hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    found = read_certificate(der)
    assert isinstance(found, UnreadableCertificate)
    assert f"{bits} bits" in found.why
