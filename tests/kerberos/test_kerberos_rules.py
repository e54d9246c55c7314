"""The decisions without a domain: names, challenges, bindings, codes, and an image without the extra."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from partner_operator.winrm import (
    Refusal,
    RemoteRunError,
    Unauthenticated,
    failures,
    kerberos,
    kerberos_http,
    run,
)
from partner_operator.winrm.connections import Connections
from partner_operator.winrm.failures import Phase
from partner_operator.winrm.kerberos import KerberosFailed, Trouble
from partner_operator.winrm.refusals import refused_by_kdc
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import Tally
from partner_simulator.wsman.authentication import server_end_point
from support.winrm.host import host_of


def test_an_image_without_the_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No logon is tried and no connection is made; the other logons work as before."""
    monkeypatch.setitem(sys.modules, "gssapi", None)
    with host_of(CertificateAuthority("KERBEROS-RULES-CA")) as host:
        with pytest.raises(RemoteRunError, match="this image has no support") as caught:
            run(host.endpoint("kerberos", username="a@B"), host.request)
        assert caught.value.nothing_ran
        assert host.server.counters.count(Tally.CONNECTIONS) == 0
        assert run(host.endpoint("ntlm"), host.request).data == {"a": "b"}


def test_importing_the_operator_does_not_import_the_extra() -> None:
    """A broken library of the machine can break Kerberos only."""
    code = "import sys, partner_operator.winrm; sys.exit('gssapi' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("exadmin@LITWAREINC.COM", "exadmin@LITWAREINC.COM"),
        ("ExAdmin@litwareinc.com", "ExAdmin@LITWAREINC.COM"),
        ("ünlü.kullanıcı@litwareinc.com", "ünlü.kullanıcı@LITWAREINC.COM"),
        *(
            (user, None)
            for user in ("", "@", "a", "a@", "@B", "D\\a", "D\\a@B", "a/b@C", "a@b@C", "a\0@B")
        ),
    ],
)
def test_principals_need_a_realm(user: str, expected: str | None) -> None:
    """Upper-case realm, the name as it is; whatever could mean another principal is refused."""
    if expected is not None:
        assert kerberos.principal(user) == expected
        return
    with pytest.raises(KerberosFailed) as caught:
        kerberos.principal(user)
    assert caught.value.trouble is Trouble.USER_NAME


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ("", b"")),
        ("CredSSP, NTLM", ("", b"")),
        ("Negotiate", ("Negotiate", b"")),
        ("CredSSP, kerberos", ("Kerberos", b"")),
        ("Kerberos, Negotiate", ("Negotiate", b"")),
        ("Negotiate YWJj", ("Negotiate", b"abc")),
        ("Negotiate YWI=, CredSSP", ("Negotiate", b"ab")),
        ('Basic realm="Negotiate", Kerberos YQ==', ("Kerberos", b"a")),
        ("NegotiateX", ("", b"")),
    ],
)
def test_challenges(header: str, expected: tuple[str, bytes]) -> None:
    """Several header lines come as one, with commas."""
    assert kerberos_http.challenge(header) == expected


def test_a_challenge_that_is_no_base64_is_no_proof() -> None:
    """Said as what it is, not as a traceback."""
    with pytest.raises(KerberosFailed) as caught:
        kerberos_http.challenge("Negotiate YWJ")
    assert caught.value.trouble is Trouble.UNPROVEN


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512(), None])
def test_bindings_are_those_of_rfc_5929(algorithm: hashes.SHA256 | None) -> None:
    """As the simulator, written apart, computes them: the certificate's own hash, SHA-256 where it has none."""
    certificate = _certificate(algorithm)
    der = certificate.public_bytes(serialization.Encoding.DER)
    expected = server_end_point(certificate).application_data
    assert kerberos.end_point_bindings(der) == expected


def _certificate(algorithm: hashes.SHA256 | None) -> x509.Certificate:
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm
        else ed25519.Ed25519PrivateKey.generate()
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, algorithm)


def _error(code: int) -> SimpleNamespace:
    return SimpleNamespace(min_code=code + kerberos._KRB5_TABLE + 2**32)


@pytest.mark.parametrize("code", [1, 6, 12, 18, 21, 23, 24, 31])
def test_codes_of_a_refused_password(code: int) -> None:
    """RFC 4120 7.5.9: the account or its password; all else must not wait for a new Secret."""
    judged = kerberos._judged(_error(code), kerberos._CREDENTIAL_CODES, Trouble.OTHER)
    assert judged.trouble is Trouble.REFUSED


@pytest.mark.parametrize("table", ["_TICKET_CODES", "_REFUSAL_CODES"])
def test_after_the_first_ticket_nothing_is_the_passwords_fault(table: str) -> None:
    """The KDC has accepted it: no later code, known or not, may lock out a good Secret."""
    codes = getattr(kerberos, table)
    for code in range(256):
        assert kerberos._judged(_error(code), codes, Trouble.OTHER).trouble is not Trouble.REFUSED


def test_codes_outside_of_kerberos_say_nothing() -> None:
    """Such as those that the mechanism glue makes up when two mechanisms' codes collide."""
    for code in (0, 1, 100001, 2**32 - 1):
        judged = kerberos._judged(
            SimpleNamespace(min_code=code), kerberos._CREDENTIAL_CODES, Trouble.OTHER
        )
        assert (judged.trouble, judged.code) == (Trouble.OTHER, 0)


@pytest.mark.parametrize(
    "trouble", [trouble for trouble in Trouble if trouble is not Trouble.REFUSED]
)
def test_every_trouble_has_a_sentence(trouble: Trouble) -> None:
    """With the host in it; nothing ran, and no Secret is blamed."""
    judged = failures.classify(KerberosFailed(trouble, 7), Phase.CREATE, "ex1.litwareinc.com")
    assert "ex1.litwareinc.com" in judged.message
    assert judged.nothing_ran
    assert not judged.outcome_unknown
    assert not isinstance(judged, Unauthenticated)
    assert "{" not in judged.message


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (1, Refusal.ACCOUNT_EXPIRED),
        (6, Refusal.NAME_OR_PASSWORD),
        (12, Refusal.RESTRICTED),
        (18, Refusal.REVOKED),
        (21, Refusal.NOT_TOLD),
        (23, Refusal.PASSWORD_EXPIRED),
        (24, Refusal.NAME_OR_PASSWORD),
        (31, Refusal.NAME_OR_PASSWORD),
    ],
)
def test_a_refusal_says_which_it_was(code: int, refusal: Refusal) -> None:
    """RFC 4120 7.5.9; 18 stands for several, and none of them is guessed."""
    judged = failures.classify(refused_by_kdc(code), Phase.CREATE, "ex1")
    assert isinstance(judged, Unauthenticated)
    assert judged.refusal is refusal
    assert refusal.value in judged.message


def test_a_refusal_says_kerberos_own_code() -> None:
    """With it administrators find the reason."""
    judged = failures.classify(refused_by_kdc(18), Phase.CREATE, "ex1")
    assert isinstance(judged, Unauthenticated)
    assert "code 18" in judged.message


def test_a_new_logon_that_fails_after_the_command_leaves_the_outcome_open() -> None:
    """The script may run: it is never called proven that it does not."""
    for error in (KerberosFailed(Trouble.NO_KDC, 156), refused_by_kdc(24)):
        judged = failures.classify(error, Phase.RECEIVE, "ex1")
        assert judged.outcome_unknown


def test_endpoints_hide_the_logon() -> None:
    """What is printed of an endpoint has neither name nor password."""
    with host_of(CertificateAuthority("KERBEROS-REPR-CA")) as host:
        shown = repr(dataclasses.replace(host.endpoint("kerberos"), password="Printed-Passw0rd"))
    assert "Printed-Passw0rd" not in shown


def test_a_certificate_with_a_hash_that_nobody_knows_is_a_broken_logon() -> None:
    """The other thread hands over what it knows of; what it did not know left the run without a class."""
    held = Connections(time.monotonic() + 5)
    auth = kerberos_http.KerberosAuth(None, held)  # type: ignore[arg-type]

    def ask() -> tuple[kerberos.Context, bytes]:
        raise UnsupportedAlgorithm("1.2.3")

    try:
        with pytest.raises(UnsupportedAlgorithm):
            auth._in_time(ask)
    finally:
        held.close()
