"""Nothing secret is written, and nothing is left behind: no password, no ticket, no cache, no variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.kerberos.realm import ACCOUNT, PASSWORD, SECRET, USER, Host, Realm, asked, run_client
from support.secrets.search import found


@pytest.mark.parametrize("password", [PASSWORD, "Wrong-Passw0rd-0f-Today"])
def test_no_secret_in_logs_and_traces(realm: Realm, host: Host, password: str) -> None:
    """All libraries log at DEBUG, and Kerberos traces itself to a file; accepted or refused, no secret is there."""
    trace = realm.folder / "trace"
    trace.unlink(missing_ok=True)
    told = run_client(realm, asked(host, USER, password), environment={"KRB5_TRACE": str(trace)})
    traced = trace.read_text("utf-8", errors="replace")
    assert "AS key obtained" in traced, "the trace is at work"
    assert any("urllib3" in line or "wsman" in line for line in told.logs), "the logs are at work"
    for text in (told.raw, traced, realm.kdc.log()):
        assert found(text, (password, SECRET)) == []


def test_nothing_is_left_on_disk(realm: Realm, host: Host, tmp_path: Path) -> None:
    """No ticket cache, though KRB5CCNAME names one; nothing at home or among the temporary files."""
    own = {"KRB5CCNAME": f"FILE:{tmp_path / 'tickets'}", "HOME": str(tmp_path)}
    told = run_client(
        realm,
        asked(host),
        asked(host, USER, "Wrong-Passw0rd"),
        environment=own | {"TMPDIR": str(tmp_path)},
    )
    assert [answers[0].get("failure") for answers in told.answers] == [None, "Unauthenticated"]
    assert list(tmp_path.iterdir()) == []


def test_tickets_of_others_are_not_used(realm: Realm, host: Host, tmp_path: Path) -> None:
    """A ticket in the process' cache does not stand in for a password that is wrong."""
    cache = tmp_path / "somebody"
    realm.kdc.log_in(USER, PASSWORD, cache)
    assert cache.exists()
    told = run_client(
        realm,
        asked(host, USER, "Wrong-Passw0rd"),
        environment={"KRB5CCNAME": f"FILE:{cache}"},
    )
    assert told.only["failure"] == "Unauthenticated"
    assert told.environment_unchanged


@pytest.mark.parametrize("authentication", ["ntlm", "credssp"])
@pytest.mark.parametrize("password", [PASSWORD, "Wrong-Passw0rd"])
def test_other_logons_do_not_ask_the_kdc(
    realm: Realm, running_host: Host, authentication: str, password: str
) -> None:
    """With the extra installed, NTLM and CredSSP stay what they are: a refused password is refused once."""
    log, before = realm.kdc.log(), running_host.tell("counters")
    told = run_client(realm, asked(running_host, ACCOUNT, password, authentication=authentication))
    after = running_host.tell("counters")
    assert realm.kdc.log() == log
    if password == PASSWORD:
        assert told.only["data"]["Sum"] == 42
        return
    assert told.only["failure"] == "Unauthenticated"
    assert after["rejected"] == before["rejected"] + 1
    assert len(running_host.tell("forget_blame")) == len(before["blamed"]) + 1
