"""The operator runs scripts over Kerberos against a real KDC and a host that takes tickets by keytab."""

from __future__ import annotations

import pytest

from support.kerberos.realm import (
    ACCOUNT,
    PASSWORD,
    SECOND_ACCOUNT,
    SECOND_PASSWORD,
    SECOND_USER,
    USER,
    Host,
    Realm,
    asked,
    run_client,
)


def test_a_script_runs_with_strict_channel_binding(realm: Realm, host: Host) -> None:
    """Logged on by ticket and nothing else; the script runs, and its answer comes back."""
    before = host.tell("counters")
    told = run_client(realm, asked(host))
    assert told.only["data"] == {"Sum": 42, "Length": 15}
    after = host.tell("counters")
    assert after["accepted"] == before["accepted"] + 1
    assert after["rejected"] == before["rejected"]
    assert after["opened"] == before["opened"] | {ACCOUNT: before["opened"][ACCOUNT] + 1}


@pytest.mark.parametrize("scheme", ["Negotiate", "Kerberos"])
def test_either_offer_will_do(realm: Realm, host: Host, scheme: str) -> None:
    """winrm/config/service/auth has a switch for each."""
    host.tell("settings", {"offered_schemes": [scheme]})
    assert run_client(realm, asked(host)).only["data"]["Sum"] == 42


def test_two_users_at_once_do_not_mix(realm: Realm, host: Host) -> None:
    """One process, two threads, two users: each shell belongs to the user that asked for it."""
    before = host.tell("counters")["opened"]
    who = {"script": "@{ Me = $Request.Me }", "times": 3}
    told = run_client(
        realm,
        asked(host, USER, PASSWORD, parameters={"Me": "first"}, **who),
        asked(host, SECOND_USER, SECOND_PASSWORD, parameters={"Me": "second"}, **who),
        asked(host, SECOND_USER, PASSWORD, parameters={"Me": "nobody"}, script="@{}"),
    )
    first, second, wrong = told.answers
    assert [answer["data"] for answer in first] == [{"Me": "first"}] * 3
    assert [answer["data"] for answer in second] == [{"Me": "second"}] * 3
    assert wrong[0]["failure"] == "Unauthenticated"
    assert told.environment_unchanged
    opened = host.tell("counters")["opened"]
    assert {user: opened[user] - before[user] for user in opened} == {
        ACCOUNT: 3,
        SECOND_ACCOUNT: 3,
        "LITWAREINC\\careful": 0,
    }
