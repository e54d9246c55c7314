"""The way to a host: its name, its port and its TLS certificate, asked for with the standard library."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from partner_operator.doctor.facts import Probe, Way
from partner_operator.doctor.preparation import Preparation, see

CLOSED: Final = "Check winrm.port, the firewall and the WinRM listener."
CONNECT_SECONDS: Final = 10.0
"""The same patience as that of a remote run."""

_CA = "Put the CA that issued it into winrm.caBundle (or --ca-file)."
_NAME = "Declare the host by a name that is in the certificate, or put this name into it."
_ADVICE: Final = {
    9: "Compare the clocks, and look at the certificate of the WinRM listener.",
    10: "Renew the certificate of the WinRM listener.",
    18: _CA,
    19: _CA,
    20: _CA,
    21: _CA,
    62: _NAME,
    64: _NAME,
}
"""What to do by OpenSSL's verification error (x509_vfy.h): not yet valid, expired, self-signed, self-signed in
the chain, unknown issuer, unverifiable leaf, another host name, another IP address."""


def probe(host: str, port: int, ca_pem: str | None) -> Way:
    """Take the three steps from here to a host's WinRM port, and send nothing over it.

    `ca_pem`: trusted authorities; None means those of the system.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Way(Probe(False, f"{host} does not resolve: {_words(error)}."))
    addresses = ", ".join(sorted({str(where[4][0]) for where in found}))
    names = Probe(True, f"{host} is {addresses}.")
    try:
        connection = socket.create_connection((host, port), CONNECT_SECONDS)
    except OSError as error:
        sentence = f"Port {port} does not answer: {_words(error)}."
        return Way(names, Probe(False, sentence, see(CLOSED, *_in_the_way(error))))
    with connection:
        reached = Probe(True, f"Port {port} answers.")
        return Way(names, reached, _handshake(connection, host, ca_pem))


def _handshake(connection: socket.socket, host: str, ca_pem: str | None) -> Probe:
    context = ssl.create_default_context(cadata=ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with context.wrap_socket(connection, server_hostname=host) as secured:
            return Probe(True, f"{secured.version()}, and the certificate is trusted.")
    except ssl.SSLCertVerificationError as error:
        sentence = f"The certificate is not acceptable: {error.verify_message.rstrip('.')}."
        advice = _ADVICE.get(error.verify_code, "Look at the certificate of the WinRM listener.")
        return Probe(False, sentence, see(advice, Preparation.CERTIFICATE))
    except OSError as error:
        return Probe(False, f"The handshake failed: {_words(error)}.")


def _in_the_way(error: OSError) -> tuple[Preparation, ...]:
    """Windows' firewall is silent, and a host on which nobody listens refuses."""
    if isinstance(error, ConnectionRefusedError):
        return (Preparation.LISTENER,)
    if isinstance(error, TimeoutError):
        return (Preparation.FIREWALL,)
    return Preparation.LISTENER, Preparation.FIREWALL


def _words(error: OSError) -> str:
    """The system's words, without its numbers."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return str(error.reason or error).replace("_", " ").lower()
    return str(error.strerror or error).rstrip(".")
