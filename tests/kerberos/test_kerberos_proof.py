"""The host has to prove itself, on the very TLS connection, before it is asked for anything."""

from __future__ import annotations

import pytest

from partner_simulator.certificates import CertificateAuthority
from support.kerberos.realm import USER, Host, Realm, asked, run_client
from support.kerberos.relay import relay_to, serving, welcoming


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    """The operator trusts it, as it would a company's proxy that opens TLS."""
    return CertificateAuthority("RELAY-TEST-CA")


@pytest.mark.parametrize(
    ("binding", "refused"), [("Strict", True), ("Relaxed", True), ("None", False)]
)
def test_a_relay_that_ends_tls_is_refused(
    realm: Realm, host: Host, authority: CertificateAuthority, binding: str, refused: bool
) -> None:
    """The bindings are those of the relay's certificate. Where the host does not look, the relay works."""
    host.tell("settings", {"channel_binding": binding})
    before = host.tell("counters")
    with serving(authority, relay_to(host.port)) as port:
        told = run_client(realm, asked(host, port=port, ca_pem=authority.pem))
    after = host.tell("counters")
    assert after["accepted"] == before["accepted"] + (not refused)
    assert after["commands"] == before["commands"] + (not refused)
    if refused:
        assert (told.only["failure"], told.only["logged_on"]) == ("Forbidden", False)
        assert told.only["nothing_ran"]
        assert "channel binding" in told.only["sentence"]
    else:
        assert told.only["data"]["Sum"] == 42


def test_a_connection_that_ends_after_the_challenge(
    realm: Realm, host: Host, authority: CertificateAuthority
) -> None:
    """The ticket goes over the next connection, if that shows the same certificate."""
    host.tell("settings", {"channel_binding": "None"})
    before = host.tell("counters")
    with serving(authority, relay_to(host.port, hang_ups=1)) as port:
        told = run_client(realm, asked(host, port=port, ca_pem=authority.pem))
    assert told.only["data"]["Sum"] == 42
    assert host.tell("counters")["accepted"] == before["accepted"] + 1


@pytest.mark.parametrize("proof", ["missing", "garbled"])
def test_a_host_without_proof_is_asked_for_nothing(realm: Realm, host: Host, proof: str) -> None:
    """It takes the ticket and welcomes us, but cannot show that it opened it."""
    host.tell("spoil", proof)
    before = host.tell("counters")
    told = run_client(realm, asked(host))
    after = host.tell("counters")
    assert told.only["failure"] == "ProtocolViolation"
    assert told.only["nothing_ran"]
    assert "prove" in told.only["sentence"]
    assert after["commands"] == before["commands"]
    assert after["requests"] == before["requests"] + 2, "two empty messages: without a ticket, with"


def test_a_host_that_welcomes_everybody_is_asked_for_nothing(
    realm: Realm, host: Host, authority: CertificateAuthority
) -> None:
    """It never asks for a logon: no ticket is taken out for it, and it hears one empty message."""
    heard: list[bytes] = []
    log = realm.kdc.log()
    with serving(authority, welcoming(heard)) as port:
        told = run_client(realm, asked(host, port=port, ca_pem=authority.pem))
    assert told.only["failure"] == "ProtocolViolation"
    assert told.only["nothing_ran"]
    assert len(heard) == 1
    assert b"Authorization" not in heard[0]
    assert heard[0].endswith(b"\r\n\r\n"), "no body"
    assert realm.kdc.log() == log


@pytest.mark.parametrize("step", ["command", "send", "receive", "delete"])
def test_a_host_that_asks_again_gets_the_same_ticket(realm: Realm, host: Host, step: str) -> None:
    """A new logon in the middle of a run, as after a lost connection: nothing new is asked of the KDC."""
    host.tell("ask_again", step)
    before = host.tell("counters")
    issued = realm.asked_for(USER)["ISSUE"]
    told = run_client(realm, asked(host))
    after = host.tell("counters")
    assert told.only["data"]["Sum"] == 42
    assert after["accepted"] == before["accepted"] + 2
    assert after["commands"] == before["commands"] + 1
    assert realm.asked_for(USER)["ISSUE"] == issued + 1


def test_the_runs_of_a_pass_are_one_logon_and_one_ticket(realm: Realm, host: Host) -> None:
    before, issued = host.tell("counters"), realm.asked_for(USER)["ISSUE"]
    told = run_client(realm, asked(host, times=3, one_pass=True))
    after = host.tell("counters")
    assert [answer["data"]["Sum"] for answer in told.answers[0]] == [42] * 3
    assert after["accepted"] == before["accepted"] + 1
    assert after["commands"] == before["commands"] + 3
    assert realm.asked_for(USER)["ISSUE"] == issued + 1


def test_nothing_is_delegated(realm: Realm, host: Host) -> None:
    """Not even where krb5.conf makes tickets forwardable and the domain trusts the host for delegation."""
    realm.kdc.administer("modprinc", "+ok_as_delegate", "HTTP/localhost")
    conf = realm.configured("forwardable.conf", forwardable="true", proxiable="true")
    told = run_client(realm, asked(host), environment={"KRB5_CONFIG": str(conf)})
    assert told.only["data"]["Sum"] == 42
    assert host.tell("counters")["delegated"] == []


def test_a_host_of_another_authority_gets_no_ticket(realm: Realm, host: Host) -> None:
    """Though behind it is the right host, which would take the ticket."""
    host.tell("settings", {"channel_binding": "None"})
    before = host.tell("counters")
    with serving(CertificateAuthority("OTHER-CA"), relay_to(host.port)) as port:
        told = run_client(realm, asked(host, port=port))
    assert told.only["failure"] == "TlsFailed"
    assert told.only["nothing_ran"]
    assert host.tell("counters") == before
