"""CredSSP hosts say why there was no logon: only what is about the password may count as a refusal."""

from __future__ import annotations

from typing import Any

import pytest
import spnego._credssp

from partner_operator.winrm import RemoteRunError, Unauthenticated, Unreachable, run
from support.winrm.host import Host

_ABOUT_THE_LOGON = (0xC000006D, 0xC000006E, 0xC0000071, 0xC0000072, 0xC0000234, 0x8009030C)
"""Wrong, restricted, expired, disabled, locked out (MS-ERREF 2.3.1); SEC_E_LOGON_DENIED (2.1.1)."""
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


@pytest.mark.parametrize("status", _ABOUT_THE_DOMAIN, ids=hex)
def test_a_host_without_its_domain_says_nothing_about_the_password(
    host: Host, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """pyspnego knows no names for these; taken for a refusal, they would wait for a new Secret for ever."""
    told = _told(host, monkeypatch, status)
    assert isinstance(told, Unreachable)
    assert not told.logon_refused
    assert f"0x{status:08X}" in told.message
