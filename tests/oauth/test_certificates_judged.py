"""Certificates are judged by dates and strength, in UTC."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from partner_operator.oauth.certificates import (
    CertificateError,
    CertificateProblem,
    judge,
    parse_certificate,
    usable,
)
from partner_operator.oauth.metadata import x5t_to_thumbprint
from support.oauth.samples import NOW, certificate_der, x5t

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left", "problems"),
    [
        (timedelta(days=400), ()),
        (61 * DAY, ()),
        (60 * DAY, (CertificateProblem.EXPIRES_WITHIN_60_DAYS,)),
        (15 * DAY, (CertificateProblem.EXPIRES_WITHIN_60_DAYS,)),
        (14 * DAY, (CertificateProblem.EXPIRES_WITHIN_14_DAYS,)),
        (SECOND, (CertificateProblem.EXPIRES_WITHIN_14_DAYS,)),
        (timedelta(0), (CertificateProblem.EXPIRED,)),
        (-DAY, (CertificateProblem.EXPIRED,)),
    ],
)
def test_the_end_is_announced_60_and_14_days_ahead(
    left: timedelta, problems: tuple[CertificateProblem, ...]
) -> None:
    certificate = parse_certificate(certificate_der(end=NOW + 500 * DAY))
    assert judge(certificate, certificate.not_after - left) == problems
    assert usable(certificate, certificate.not_after - left) is (left > timedelta(0))


def test_not_yet_valid_and_weak_are_problems() -> None:
    certificate = parse_certificate(certificate_der("early and weak", start=NOW + DAY, bits=1024))
    assert judge(certificate, NOW) == (CertificateProblem.NOT_YET_VALID, CertificateProblem.WEAK)
    assert not usable(certificate, NOW)
    assert certificate.key_bits == 1024


def test_a_key_that_cannot_sign_rs256_is_weak() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([])
    der = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 300 * DAY)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    certificate = parse_certificate(der)
    assert certificate.key_algorithm == "EC"
    assert judge(certificate, NOW) == (CertificateProblem.WEAK,)


def test_thumbprint_and_x5t_name_the_same_certificate() -> None:
    der = certificate_der()
    certificate = parse_certificate(der)
    assert x5t_to_thumbprint(x5t(der)) == certificate.thumbprint
    assert len(certificate.thumbprint) == 40
    assert certificate.thumbprint == certificate.thumbprint.upper()
    assert certificate.not_after.tzinfo is not None
    assert certificate.subject == "CN=signing"


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "x" * 28])
def test_what_is_no_sha1_is_no_x5t(text: str) -> None:
    assert x5t_to_thumbprint(text) is None


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x00", b"text"])
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateError):
        parse_certificate(der)
    with pytest.raises(CertificateError):
        parse_certificate(certificate_der()[:-40])
