"""What the domain refuses: said once, never asked again, and told apart from what is nobody's bad password."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.kerberos.realm import (
    CAREFUL_USER,
    PASSWORD,
    REALM,
    USER,
    Host,
    Realm,
    asked,
    host_in,
    realm_in,
    run_client,
)


@pytest.fixture
def own_realm(tmp_path: Path) -> Iterator[Realm]:
    """A realm that a test may break."""
    with realm_in(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "options", "verdict", "words"),
    [
        ("mistaken", (), "PREAUTH_FAILED", "the user name or the password is wrong"),
        ("locked", ("-allow_tix",), "CLIENT LOCKED OUT", "locked, disabled, expired or outside"),
        ("left", ("-expire", "2020-01-01 00:00:00"), "CLIENT EXPIRED", "the account has expired"),
        (
            "stale",
            ("-pwexpire", "2020-01-01 00:00:00"),
            "CLIENT KEY EXPIRED",
            "password has expired",
        ),
        ("nobody", None, "CLIENT_NOT_FOUND", "the user name or the password is wrong"),
    ],
)
def test_a_refused_logon_is_one_refused_logon(
    realm: Realm, host: Host, name: str, options: tuple[str, ...] | None, verdict: str, words: str
) -> None:
    """One proof reaches the KDC, although the realm has a primary that could be asked too; the host gets none."""
    if options is not None:
        realm.kdc.add_user(name, "Another-Passw0rd", *options)
    before = host.tell("counters")
    told = run_client(realm, asked(host, f"{name}@{REALM}", "Wrong-Passw0rd"))
    assert told.only["failure"] == "Unauthenticated"
    assert told.only["nothing_ran"]
    assert words in told.only["sentence"]
    counted = {key: number for key, number in realm.asked_for(name).items() if number}
    assert counted == {verdict: 1}
    after = host.tell("counters")
    assert (after["accepted"], after["rejected"]) == (before["accepted"], before["rejected"])
    assert after["requests"] == before["requests"] + 1, "one empty message, without a token"


def test_the_right_password_still_works_where_two_mistakes_lock(realm: Realm, host: Host) -> None:
    """One run with a wrong password is one mistake; two runs lock, so that this test can fail."""
    wrong = asked(host, CAREFUL_USER, "Wrong-Passw0rd")
    assert run_client(realm, wrong).only["failure"] == "Unauthenticated"
    assert run_client(realm, asked(host, CAREFUL_USER)).only["data"]["Sum"] == 42
    for _ in range(2):
        run_client(realm, wrong)
    assert realm.asked_for(CAREFUL_USER)["LOCKED_OUT"] == 0
    assert run_client(realm, asked(host, CAREFUL_USER)).only["failure"] == "Unauthenticated"
    assert realm.asked_for(CAREFUL_USER)["LOCKED_OUT"] == 1


@pytest.mark.parametrize("user", ["LITWAREINC\\exadmin", "exadmin", "@LITWAREINC.COM", "a@b@C"])
def test_a_user_without_a_realm_is_not_guessed(realm: Realm, host: Host, user: str) -> None:
    """Nothing is asked anywhere; the sentence says how to write the name."""
    requests, log = host.tell("counters")["requests"], realm.kdc.log()
    told = run_client(realm, asked(host, user))
    assert (told.only["failure"], told.only["logged_on"]) == ("Forbidden", False)
    assert "user@REALM" in told.only["sentence"]
    assert host.tell("counters")["requests"] == requests
    assert realm.kdc.log() == log


def test_a_realm_in_small_letters_is_the_same_realm(realm: Realm, host: Host) -> None:
    """People write user@litwareinc.com; realms of Active Directory are upper case."""
    assert run_client(realm, asked(host, USER.lower())).only["data"]["Sum"] == 42


def test_an_unknown_service_is_named(realm: Realm, host: Host) -> None:
    """By address there is no such service in the domain: the SPN is said, and that nothing ran."""
    told = run_client(realm, asked(host, at="127.0.0.1"))
    assert told.only["failure"] == "Unreachable"
    assert told.only["nothing_ran"]
    assert "setspn -Q HTTP/127.0.0.1" in told.only["sentence"]


def test_an_unknown_realm_is_named(realm: Realm, host: Host) -> None:
    """A realm that krb5.conf does not know."""
    told = run_client(realm, asked(host, "exadmin@ELSEWHERE.EXAMPLE"))
    assert told.only["failure"] == "Unreachable"
    assert "krb5.conf" in told.only["sentence"]


def test_a_stopped_kdc_is_unreachable_and_works_again_later(own_realm: Realm, host: Host) -> None:
    """Nobody listens on the KDC's ports: quick, and not the password's fault."""
    own_realm.kdc.stop()
    told = run_client(own_realm, asked(host))
    assert told.only["failure"] == "Unreachable"
    assert told.only["nothing_ran"]
    assert "no domain controller answers" in told.only["sentence"]
    assert told.only["seconds"] < 20


@pytest.fixture
def silent_kdc(own_realm: Realm) -> Iterator[Realm]:
    """Connections to the KDC are taken and never answered."""
    own_realm.kdc.stop()
    with socket.create_server(("127.0.0.1", 0)) as one:
        text = own_realm.kdc.client_configuration.read_text("utf-8")
        for port in own_realm.kdc.ports:
            text = text.replace(f":{port}\n", f":{one.getsockname()[1]}\n")
        own_realm.kdc.client_configuration.write_text(text, encoding="utf-8")
        yield own_realm


def test_a_silent_kdc_does_not_outlast_the_deadline(silent_kdc: Realm, host: Host) -> None:
    """The library cannot be interrupted; the run ends nevertheless, and the process does, too."""
    started = time.monotonic()
    told = run_client(silent_kdc, asked(host, deadline_seconds=4.0))
    assert told.only["failure"] == "TimedOut"
    assert told.only["nothing_ran"]
    assert "no domain controller answered" in told.only["sentence"], "the host did answer"
    assert 4 <= told.only["seconds"] < 15
    assert time.monotonic() - started < 22


def test_a_kdc_of_another_time_is_clock_skew(own_realm: Realm, host: Host) -> None:
    """The KDC finds the proof's time stamp too far away: said as such, and never as a bad password.

    No clock can be set here; a tolerance below zero makes every time stamp too far away.
    """
    own_realm.kdc.stop()
    conf = own_realm.configured("skewed.conf", clockskew="-1")
    conf.rename(own_realm.kdc.client_configuration)
    own_realm.kdc.start()
    told = run_client(own_realm, asked(host))
    assert told.only["failure"] == "Unreachable"
    assert "clock skew" in told.only["sentence"]
    assert own_realm.asked_for(USER)["ISSUE"] == 0


def test_a_host_of_another_time_is_clock_skew(realm: Realm) -> None:
    """The host finds the ticket's time too far away and says so in its answer."""
    conf = realm.configured("host-skewed.conf", clockskew="-1")
    with host_in(realm, KRB5_CONFIG=str(conf)) as host:
        told = run_client(realm, asked(host))
        assert host.tell("counters")["accepted"] == 0
    assert told.only["failure"] == "Unreachable"
    assert told.only["nothing_ran"]
    assert "clock skew" in told.only["sentence"]


def test_a_host_with_other_keys_is_not_a_bad_password(own_realm: Realm, host: Host) -> None:
    """The SPN belongs to another account than the host's: the ticket cannot be opened there.

    This realm has the same names as the host's, and other keys.
    """
    before = host.tell("counters")
    told = run_client(own_realm, asked(host))
    after = host.tell("counters")
    assert own_realm.asked_for(USER)["ISSUE"] == 1
    assert after["rejected"] == before["rejected"] + 1
    assert (told.only["failure"], told.only["logged_on"]) == ("Forbidden", False)
    assert "setspn -Q HTTP/localhost" in told.only["sentence"]


def test_a_host_that_takes_no_tickets_gets_none(realm: Realm, host: Host) -> None:
    """Without the offer, the KDC is not even asked."""
    host.tell("settings", {"offered_schemes": ["CredSSP"]})
    log = realm.kdc.log()
    told = run_client(realm, asked(host, USER, PASSWORD))
    assert (told.only["failure"], told.only["logged_on"]) == ("Forbidden", False)
    assert "does not offer" in told.only["sentence"]
    assert realm.kdc.log() == log
