"""Name, port and TLS against a WinRM service that uses real TLS on loopback: the first that fails is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from partner_operator.doctor.probe import probe
from partner_simulator.certificates import CertificateAuthority
from support.winrm.host import HOST, Host, host_of


@pytest.fixture
def host(authority: CertificateAuthority) -> Iterator[Host]:
    with host_of(authority) as made:
        yield made


def test_an_open_way_is_three_ticks_and_no_request(host: Host) -> None:
    """Nothing is asked over the connection: no logon, no shell."""
    way = probe(HOST, host.server.port, host.authority.pem)
    assert way.is_open
    assert way.names.ok
    assert way.port is not None
    assert way.port.ok
    assert way.tls is not None
    assert "TLSv1." in way.tls.message
    assert host.engine.started == []


def test_a_name_that_does_not_resolve_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's words are told; no port is tried."""

    def unknown(*arguments: object, **options: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    way = probe("nowhere.litwareinc.com", 5986, None)
    assert not way.names.ok
    assert "Name or service not known" in way.names.message
    assert (way.port, way.tls) == (None, None)


def test_a_closed_port_ends_it() -> None:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        way = probe("127.0.0.1", taken.getsockname()[1], None)
    assert way.names.ok
    assert way.port is not None
    assert not way.port.ok
    assert "refused" in way.port.message
    assert way.tls is None


def test_an_unknown_authority_is_told(host: Host) -> None:
    """Without the CA that signed it the certificate is not acceptable."""
    way = probe(HOST, host.server.port, CertificateAuthority("ANOTHER-CA").pem)
    assert way.tls is not None
    assert not way.is_open
    assert "certificate" in way.tls.message


def test_another_name_in_the_certificate_is_told(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is for `localhost`, and the host was declared by another name."""
    real = socket.getaddrinfo

    def to_loopback(name: str, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", to_loopback)
    way = probe("ex1.litwareinc.com", host.server.port, host.authority.pem)
    assert way.tls is not None
    assert not way.is_open
    assert "ex1.litwareinc.com" in way.tls.message


def test_a_port_without_tls_is_told() -> None:
    """A listener that closes: the port answers, the handshake fails."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        port = listener.getsockname()[1]

        def close_at_once() -> None:
            listener.accept()[0].close()

        closer = threading.Thread(target=close_at_once)
        closer.start()
        way = probe("127.0.0.1", port, None)
        closer.join()
    assert way.port is not None
    assert way.port.ok
    assert way.tls is not None
    assert not way.tls.ok
