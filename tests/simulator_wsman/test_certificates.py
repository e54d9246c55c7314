"""The simulated PKI: what it issues passes OpenSSL's strict checks and helpers agree with OpenSSL."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from partner_simulator.certificates import (
    CertificateAuthority,
    Identity,
    self_signed,
    server_context,
)


def _handshake(identity: Identity, trusted: str, name: str) -> str:
    """Do a strict TLS handshake in memory over a socket pair; return the peer's common name."""
    ours, theirs = socket.socketpair()
    server_side = server_context(identity)

    def serve() -> None:
        try:
            with server_side.wrap_socket(theirs, server_side=True) as tls:
                tls.recv(1)
        except ssl.SSLError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cadata=trusted)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with client.wrap_socket(ours, server_hostname=name) as tls:
            tls.sendall(b"x")
            certificate = tls.getpeercert()
            assert certificate is not None
            return str(dict(part[0] for part in certificate["subject"])["commonName"])  # type: ignore[misc]
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize(
    "name", ["exch1.litwareinc.com", "autodiscover.litwareinc.com", "127.0.0.1"]
)
def test_server_chain_passes_strict_verification(
    authority: CertificateAuthority, name: str
) -> None:
    """Python 3.13's VERIFY_X509_STRICT accepts the chain for every DNS name and address."""
    identity = authority.issue_server(["exch1.litwareinc.com", "autodiscover.litwareinc.com"])
    assert _handshake(identity, authority.pem, name) == "exch1.litwareinc.com"


def test_other_name_other_authority_and_expired_are_refused(
    authority: CertificateAuthority,
) -> None:
    """The usual TLS failures are real ones."""
    identity = authority.issue_server(["exch1.litwareinc.com"])
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _handshake(identity, authority.pem, "other.litwareinc.com")
    with pytest.raises(
        ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"
    ):
        _handshake(identity, CertificateAuthority("OTHER-CA").pem, "exch1.litwareinc.com")
    past = datetime.now(UTC) - timedelta(days=2)
    expired = authority.issue_server(
        ["exch1.litwareinc.com"], not_before=past - timedelta(days=1), not_after=past
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        _handshake(expired, authority.pem, "exch1.litwareinc.com")


def test_signing_certificates_obey_dates_and_bits(authority: CertificateAuthority) -> None:
    """Weak and expired OAuth certificates can be made on purpose, to the second."""
    start = datetime(2020, 2, 29, 12, 0, 1, tzinfo=UTC)
    end = datetime(2020, 3, 1, tzinfo=UTC)
    for identity in (
        self_signed("Weak", bits=1024, not_before=start, not_after=end),
        authority.issue_signing("Weak", bits=1024, not_before=start, not_after=end),
    ):
        assert (identity.not_before, identity.not_after) == (start, end)
        assert identity.private_key.key_size == 1024
        assert identity.subject == "CN=Weak"
    first, second = authority.issue_signing("A"), authority.issue_signing("A")
    assert first.private_key.public_key() != second.private_key.public_key()
    assert first.thumbprint != second.thumbprint


def test_helpers_agree_with_the_standards() -> None:
    """Thumbprint, x5t, PEM and base64 all speak of the same DER, and the key fits."""
    identity = self_signed("Microsoft Exchange Server Auth Certificate")
    der = identity.der
    assert identity.thumbprint == hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    assert (
        base64.urlsafe_b64decode(identity.x5t + "=")
        == hashlib.sha1(der, usedforsecurity=False).digest()
    )
    assert "=" not in identity.x5t
    assert ssl.PEM_cert_to_DER_cert(identity.pem) == der == base64.b64decode(identity.base64)
    signature = identity.private_key.sign(b"text", PKCS1v15(), SHA256())
    public = identity.certificate.public_key()
    public.verify(signature, b"text", PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
