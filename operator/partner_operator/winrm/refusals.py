"""Which refusal of a logon it was, where the wire tells.

A CredSSP host gives an NTSTATUS (MS-CSSP 2.2.1 errorCode; MS-ERREF 2.3.1 has the values), a KDC the error codes of
RFC 4120 7.5.9. NTLM over HTTP has nothing but the status 401, and so have CredSSP hosts of protocol versions 2 and 5.
Clocks that differ are no refusal: nobody doubts the password, and the next try may simply pass.
"""

from __future__ import annotations

from typing import Final

from winrm.exceptions import InvalidCredentialsError

from partner_operator.winrm.errors import Refusal

_NT_STATUS: Final = {
    0xC0000022: Refusal.NOT_TOLD,  # STATUS_ACCESS_DENIED
    0xC0000064: Refusal.NAME_OR_PASSWORD,  # STATUS_NO_SUCH_USER
    0xC000006A: Refusal.NAME_OR_PASSWORD,  # STATUS_WRONG_PASSWORD
    0xC000006D: Refusal.NAME_OR_PASSWORD,  # STATUS_LOGON_FAILURE
    0xC000006E: Refusal.RESTRICTED,  # STATUS_ACCOUNT_RESTRICTION
    0xC000006F: Refusal.RESTRICTED,  # STATUS_INVALID_LOGON_HOURS
    0xC0000070: Refusal.RESTRICTED,  # STATUS_INVALID_WORKSTATION
    0xC0000071: Refusal.PASSWORD_EXPIRED,
    0xC0000072: Refusal.DISABLED,
    0xC000015B: Refusal.RESTRICTED,  # STATUS_LOGON_TYPE_NOT_GRANTED
    0xC0000193: Refusal.ACCOUNT_EXPIRED,
    0xC0000224: Refusal.MUST_CHANGE,
    0xC0000234: Refusal.LOCKED_OUT,
    0xC0000413: Refusal.RESTRICTED,  # STATUS_AUTHENTICATION_FIREWALL_FAILED
    0x8009030C: Refusal.NOT_TOLD,  # SEC_E_LOGON_DENIED (MS-ERREF 2.1.1)
}
CLOCKS_DIFFER: Final = 0xC0000133
"""STATUS_TIME_DIFFERENCE_AT_DC."""

KERBEROS: Final = {
    1: Refusal.ACCOUNT_EXPIRED,  # KDC_ERR_NAME_EXP
    6: Refusal.NAME_OR_PASSWORD,  # KDC_ERR_C_PRINCIPAL_UNKNOWN
    12: Refusal.RESTRICTED,  # KDC_ERR_POLICY
    18: Refusal.REVOKED,  # KDC_ERR_CLIENT_REVOKED
    21: Refusal.NOT_TOLD,  # KDC_ERR_CLIENT_NOTYET
    23: Refusal.PASSWORD_EXPIRED,  # KDC_ERR_KEY_EXPIRED
    24: Refusal.NAME_OR_PASSWORD,  # KDC_ERR_PREAUTH_FAILED
    31: Refusal.NAME_OR_PASSWORD,  # KRB_AP_ERR_BAD_INTEGRITY: a reply that this password does not open
}

_REMEDIES: Final = {
    Refusal.NAME_OR_PASSWORD: "Put the right ones into the Secret.",
    Refusal.LOCKED_OUT: "Find out what else uses an old password of it, then unlock it: Unlock-ADAccount.",
    Refusal.PASSWORD_EXPIRED: "Set a new one in the domain, and put it into the Secret.",
    Refusal.MUST_CHANGE: "Set one in the domain without that demand, and put it into the Secret.",
    Refusal.ACCOUNT_EXPIRED: "Give it a later date: Set-ADAccountExpiration.",
    Refusal.DISABLED: "Enable it, Enable-ADAccount, or name another one in the Secret.",
    Refusal.RESTRICTED: "Look at its logon hours and workstations, and at the right to log on over the network.",
    Refusal.REVOKED: "Get-ADUser -Properties LockedOut,Enabled,AccountExpirationDate,LogonHours tells which.",
    Refusal.NOT_TOLD: "Wrong name or password, locked, expired or disabled: the security log there tells which.",
}


class RefusedLogon(InvalidCredentialsError):
    """The host or the domain refused the logon. Asking again could lock the account."""

    def __init__(self, refusal: Refusal, told: str = "") -> None:
        """`told` is the code in the protocol's own words."""
        super().__init__(f"{refusal} ({told})" if told else str(refusal))
        self.refusal = refusal


def refused_by_status(status: int) -> RefusedLogon | None:
    """The refusal that a CredSSP host tells by an NTSTATUS; None: it is about something else."""
    refusal = _NT_STATUS.get(status)
    return None if refusal is None else RefusedLogon(refusal, f"0x{status:08X}")


def refused_by_kdc(code: int) -> RefusedLogon:
    """The refusal that a KDC tells by its error code."""
    return RefusedLogon(KERBEROS.get(code, Refusal.NOT_TOLD), f"Kerberos code {code}")


def remedy(refusal: Refusal) -> str:
    """What mends it, for people."""
    return _REMEDIES[refusal]
