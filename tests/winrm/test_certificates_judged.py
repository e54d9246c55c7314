"""Listeners' certificates are judged the same under every Python, and the refusal says what to do."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from partner_operator.winrm import Endpoint, RemoteRequest, RemoteRunError, TlsFailed, run

_REQUEST = RemoteRequest("observe", "@{}", {}, deadline_seconds=5.0)


class _Certificate:
    """A key, and a certificate for it by another one, or by itself."""

    def __init__(
        self, name: str, by: _Certificate | None, *, ca: bool, linked: bool = True
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signer, now = by or self, datetime.now(UTC)
        usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        builder = (
            x509.CertificateBuilder()
            .issuer_name(signer.name)
            .subject_name(self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        if linked:
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
            builder = builder.add_extension(issuer, critical=False)
        self.pem = (
            builder.sign(signer.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
            .decode()
        )

    def write_to(self, path: Path, *chain: _Certificate) -> None:
        """The key and the chain that a server shows."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_text(self.pem + "".join(one.pem for one in chain) + key.decode())


@contextlib.contextmanager
def _showing(identity: Path) -> Iterator[int]:
    """A server that shakes hands once and hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity)

    def serve() -> None:
        peer, _ = listener.accept()
        with (
            peer,
            contextlib.suppress(OSError),
            context.wrap_socket(peer, server_side=True) as held,
        ):
            held.recv(1000)

    with create_server(("localhost", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def _told(port: int, bundle: str) -> RemoteRunError:
    with pytest.raises(RemoteRunError) as caught:
        run(Endpoint("localhost", port, "ntlm", "LITWAREINC\\u", "p", bundle), _REQUEST)
    return caught.value


def test_the_issuing_authority_is_enough(tmp_path: Path) -> None:
    """The operator asks for "the issuing CA", and that need not be the root."""
    root = _Certificate("root", None, ca=True)
    issuing = _Certificate("issuing", root, ca=True)
    _Certificate("host", issuing, ca=False).write_to(tmp_path / "host.pem", issuing)
    with _showing(tmp_path / "host.pem") as port:
        told = _told(port, issuing.pem)
    assert not isinstance(told, TlsFailed)
    with _showing(tmp_path / "host.pem") as port:
        told = _told(port, _Certificate("other", None, ca=True).pem)
    assert isinstance(told, TlsFailed)
    assert "winrm.caBundle" in told.message


def test_a_certificate_that_openssl_finds_wrong_is_named_as_such(tmp_path: Path) -> None:
    """Python 3.13 and later check RFC 5280 strictly, and so do the earlier ones here; no TLS version helps then."""
    root = _Certificate("root", None, ca=True)
    _Certificate("host", root, ca=False, linked=False).write_to(tmp_path / "host.pem")
    with _showing(tmp_path / "host.pem") as port:
        told = _told(port, root.pem)
    assert isinstance(told, TlsFailed)
    assert "Missing Authority Key Identifier" in told.message
    assert "certificate" in told.message
    assert "cipher" not in told.message
