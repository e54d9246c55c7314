"""The simulated domain's public key infrastructure: one CA, TLS identities and OAuth certificates.

Everything is made at start and lives in memory. Chains satisfy OpenSSL's strict checks, which
Python 3.13 and newer switch on by default (key identifiers, critical CA constraints, SANs).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
"""Addresses that every TLS certificate is valid for, so that clients may connect without DNS."""

_CLOCK_ALLOWANCE = timedelta(hours=1)
_DEFAULT_LIFETIME = timedelta(days=5 * 365)


def thumbprint(der: bytes) -> str:
    """Return what Windows calls a thumbprint: SHA-1 over the DER, 40 upper-case hex digits."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def x5t(der: bytes) -> str:
    """Return the JWT header value `x5t`: SHA-1 over the DER, base64url without padding (RFC 7515)."""
    digest = hashlib.sha1(der, usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key, and optionally the CA certificate that signed it."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey
    issuer: x509.Certificate | None = None

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def base64(self) -> str:
        """The certificate's DER as one base64 line, as metadata documents publish it."""
        return base64.b64encode(self.der).decode("ascii")

    @property
    def pem(self) -> str:
        """The certificate as PEM, without its key."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def chain_pem(self) -> str:
        """What a TLS server sends: the certificate and, when known, its issuer, as PEM."""
        if self.issuer is None:
            return self.pem
        return self.pem + self.issuer.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def key_pem(self) -> str:
        """The private key as unencrypted PKCS #8 PEM."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode("ascii")

    @property
    def thumbprint(self) -> str:
        """SHA-1 over the DER, upper-case hex."""
        return thumbprint(self.der)

    @property
    def x5t(self) -> str:
        """SHA-1 over the DER, base64url without padding."""
        return x5t(self.der)

    @property
    def subject(self) -> str:
        """The subject as RFC 4514 text, such as `CN=Microsoft Exchange Server Auth Certificate`."""
        return self.certificate.subject.rfc4514_string()

    @property
    def not_before(self) -> datetime:
        """Start of validity, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """End of validity, UTC."""
        return self.certificate.not_valid_after_utc


class CertificateAuthority:
    """The domain's certificate authority."""

    def __init__(self, common_name: str = "LITWAREINC-CA") -> None:
        """Make the CA's key and certificate, valid for ten years from an hour ago."""
        start = datetime.now(UTC) - _CLOCK_ALLOWANCE
        key = new_key()
        name = _name(common_name)
        builder = _builder(name, name, key, start, start + timedelta(days=3650))
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        builder = builder.add_extension(_key_usage(ca=True), critical=True)
        builder = _with_key_identifiers(builder, key, key)
        self._identity = Identity(builder.sign(key, hashes.SHA256()), key)

    @property
    def certificate(self) -> x509.Certificate:
        """The CA's own certificate."""
        return self._identity.certificate

    @property
    def pem(self) -> str:
        """What clients have to trust, as PEM."""
        return self._identity.pem

    def issue_server(
        self,
        dns_names: Sequence[str],
        *,
        addresses: Sequence[str] = LOOPBACK_ADDRESSES,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Identity:
        """Issue a TLS certificate for these names (the first is the common name) and addresses.

        All TLS certificates of a process share one key: they prove nothing beyond loopback, and a
        key costs more than all the rest of a simulated host.
        """
        key = _shared_tls_key()
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        start, end = _validity(not_before, not_after)
        builder = _builder(_name(dns_names[0]), self.certificate.subject, key, start, end)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        return self._sign(builder, key)

    def issue_signing(
        self,
        common_name: str,
        *,
        bits: int = 2048,
        key: RSAPrivateKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Identity:
        """Issue an OAuth signing certificate with a key of its own, as Lync's usually is.

        `key`: one that is there already, as making one takes most of the time.
        """
        own_key = key or new_key(bits)
        start, end = _validity(not_before, not_after)
        builder = _builder(_name(common_name), self.certificate.subject, own_key, start, end)
        return self._sign(builder, own_key)

    def _sign(self, builder: x509.CertificateBuilder, key: RSAPrivateKey) -> Identity:
        signed = _signed(builder, key, self._identity.private_key)
        return Identity(signed, key, self.certificate)


def self_signed(
    common_name: str,
    *,
    bits: int = 2048,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Identity:
    """Make a self-signed OAuth signing certificate, as Exchange's setup does."""
    own_key = new_key(bits)
    name = _name(common_name)
    start, end = _validity(not_before, not_after)
    builder = _builder(name, name, own_key, start, end)
    return Identity(_signed(builder, own_key, own_key), own_key)


def _signed(
    builder: x509.CertificateBuilder, key: RSAPrivateKey, issuer_key: RSAPrivateKey
) -> x509.Certificate:
    """The certificate of one that is no authority."""
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_key_usage(ca=False), critical=True)
    return _with_key_identifiers(builder, key, issuer_key).sign(issuer_key, hashes.SHA256())


def new_key(bits: int = 2048) -> RSAPrivateKey:
    """Make an RSA key. Weak ones (1024 bits) are allowed: the operator must notice them."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def server_context(identity: Identity) -> ssl.SSLContext:
    """Make the TLS context of a server that presents `identity`; TLS 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_identity(context, identity)
    return context


def load_identity(context: ssl.SSLContext, identity: Identity) -> None:
    """Load certificate chain and key into `context`, which can only read files."""
    with tempfile.TemporaryDirectory(prefix="partner-simulator-") as folder:
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_text(identity.chain_pem + identity.key_pem, encoding="ascii")
        context.load_cert_chain(path)


@functools.cache
def _shared_tls_key() -> RSAPrivateKey:
    return new_key()


def _validity(not_before: datetime | None, not_after: datetime | None) -> tuple[datetime, datetime]:
    start = not_before or datetime.now(UTC) - _CLOCK_ALLOWANCE
    return start, not_after or start + _DEFAULT_LIFETIME


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _with_key_identifiers(
    builder: x509.CertificateBuilder, key: RSAPrivateKey, issuer_key: RSAPrivateKey
) -> x509.CertificateBuilder:
    subject_identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        issuer_key.public_key()
    )
    builder = builder.add_extension(subject_identifier, critical=False)
    return builder.add_extension(authority_identifier, critical=False)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
