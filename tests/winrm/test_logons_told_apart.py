"""CredSSP hosts say why there was no logon: only what is about the password may count as a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import spnego._credssp

from partner_operator.winrm import (
    Authentication,
    Refusal,
    RemoteRunError,
    Unauthenticated,
    Unreachable,
    run,
)
from partner_simulator.ports import Standing
from partner_simulator.wsman import Tally
from support.winrm.host import HOST, PASSWORD, USER, Host

_ABOUT_THE_LOGON = {
    0xC0000022: Refusal.NOT_TOLD,
    0xC0000064: Refusal.NAME_OR_PASSWORD,
    0xC000006A: Refusal.NAME_OR_PASSWORD,
    0xC000006D: Refusal.NAME_OR_PASSWORD,
    0xC000006E: Refusal.RESTRICTED,
    0xC000006F: Refusal.RESTRICTED,
    0xC0000070: Refusal.RESTRICTED,
    0xC0000071: Refusal.PASSWORD_EXPIRED,
    0xC0000072: Refusal.DISABLED,
    0xC000015B: Refusal.RESTRICTED,
    0xC0000193: Refusal.ACCOUNT_EXPIRED,
    0xC0000224: Refusal.MUST_CHANGE,
    0xC0000234: Refusal.LOCKED_OUT,
    0xC0000413: Refusal.RESTRICTED,
    0x8009030C: Refusal.NOT_TOLD,
}
"""What each means: MS-ERREF 2.3.1; SEC_E_LOGON_DENIED 2.1.1."""
_ABOUT_THE_DOMAIN = (0xC000005E, 0xC0000233, 0xC0000133, 0xC000018D, 0x80090311)
"""No logon server, no domain controller, clocks, trust between domains; no authority to ask."""


def _told(host: Host, monkeypatch: pytest.MonkeyPatch, status: int) -> RemoteRunError:
    """What a run comes to whose host refuses CredSSP with this status."""
    original = spnego._credssp.TSRequest  # type: ignore[attr-defined]

    def refusing(*args: Any, **options: Any) -> object:
        if options.get("error_code") is not None:
            options["error_code"] = status - 2**32  # DER integers of Windows have a sign
        return original(*args, **options)

    refusing.unpack = original.unpack  # type: ignore[attr-defined]
    monkeypatch.setattr(spnego._credssp, "TSRequest", refusing)
    with pytest.raises(RemoteRunError) as caught:
        run(host.endpoint("credssp", password="wrong"), host.request)
    assert caught.value.nothing_ran
    return caught.value


@pytest.mark.parametrize("status", _ABOUT_THE_LOGON, ids=hex)
def test_a_refused_logon_is_not_tried_again(
    host: Host, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Every one of these may count against the account's lockout."""
    told = _told(host, monkeypatch, status)
    assert isinstance(told, Unauthenticated)
    assert told.logon_refused
    assert told.refusal is _ABOUT_THE_LOGON[status]
    assert told.refusal.value in told.message
    assert f"0x{status:08X}" in told.message


@pytest.mark.parametrize("status", _ABOUT_THE_DOMAIN, ids=hex)
def test_a_host_without_its_domain_says_nothing_about_the_password(
    host: Host, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """pyspnego knows no names for these; taken for a refusal, they would wait for a new Secret for ever."""
    told = _told(host, monkeypatch, status)
    assert isinstance(told, Unreachable)
    assert not told.logon_refused
    assert f"0x{status:08X}" in told.message


STANDINGS = {
    Standing.ACCOUNT_RESTRICTION: Refusal.RESTRICTED,
    Standing.LOGON_HOURS: Refusal.RESTRICTED,
    Standing.WORKSTATION: Refusal.RESTRICTED,
    Standing.LOGON_TYPE: Refusal.RESTRICTED,
    Standing.PASSWORD_EXPIRED: Refusal.PASSWORD_EXPIRED,
    Standing.MUST_CHANGE: Refusal.MUST_CHANGE,
    Standing.EXPIRED: Refusal.ACCOUNT_EXPIRED,
    Standing.DISABLED: Refusal.DISABLED,
    Standing.LOCKED_OUT: Refusal.LOCKED_OUT,
}


@pytest.mark.parametrize("standing", STANDINGS, ids=lambda standing: standing.name)
def test_a_right_password_of_an_account_that_may_not_log_on(host: Host, standing: Standing) -> None:
    """C38: the account is what a human has to look at, and the message says so. Nothing counts to the lockout."""
    host.directory.standings[USER] = standing
    told = _refused(host, "credssp")
    assert told.refusal is STANDINGS[standing]
    assert told.refusal.value in told.message
    assert host.directory.failures == []
    assert host.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    host.directory.standings.clear()
    assert run(host.endpoint("credssp"), host.request).data == {"a": "b"}


@pytest.mark.parametrize("standing", STANDINGS, ids=lambda standing: standing.name)
def test_ntlm_over_http_has_no_word_for_it(host: Host, standing: Standing) -> None:
    """401 and nothing else: what is not told is not guessed."""
    host.directory.standings[USER] = standing
    told = _refused(host, "ntlm")
    assert told.refusal is Refusal.NOT_TOLD
    assert not any(
        refusal.value in told.message for refusal in Refusal if refusal is not Refusal.NOT_TOLD
    )
    assert host.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1


@pytest.mark.parametrize("standing", [Standing.DISABLED, Standing.GOOD])
def test_an_old_credssp_host_has_no_word_for_it_either(host: Host, standing: Standing) -> None:
    """Protocol versions 2 and 5 give no code."""
    host.server.settings = replace(host.server.settings, credssp_tells_why=False)
    host.directory.standings[USER] = standing
    told = _refused(host, "credssp", password="wrong" if not standing else PASSWORD)
    assert told.refusal is Refusal.NOT_TOLD


def test_who_does_not_know_the_password_learns_of_the_lock_only(host: Host) -> None:
    """A wrong password is a wrong password, be the account disabled."""
    host.directory.standings[USER] = Standing.DISABLED
    assert _refused(host, "credssp", password="wrong").refusal is Refusal.NAME_OR_PASSWORD
    host.directory.standings[USER] = Standing.LOCKED_OUT
    assert _refused(host, "credssp", password="wrong").refusal is Refusal.LOCKED_OUT


def test_clocks_that_differ_are_nobodys_bad_password(host: Host) -> None:
    """Named as what it is, and no refusal: the next try may pass."""
    host.directory.standings[USER] = Standing.CLOCK
    with pytest.raises(Unreachable, match="Set the clocks") as caught:
        run(host.endpoint("credssp"), host.request)
    assert not caught.value.logon_refused


def _refused(host: Host, authentication: Authentication, **changes: Any) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        run(host.endpoint(authentication, **changes), host.request)
    assert caught.value.nothing_ran
    return caught.value
