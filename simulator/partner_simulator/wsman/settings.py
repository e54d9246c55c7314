"""What an administrator could configure on a WinRM service, and the guesses that are switches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from partner_simulator.wsman.names import Scheme
from partner_simulator.wsman.soap_faults import FaultShape


class ChannelBinding(StrEnum):
    """Windows' `CbtHardeningLevel`."""

    NONE = "None"
    """Bindings are not looked at."""
    RELAXED = "Relaxed"
    """Bindings that the client sends must be right; it may send none. Windows' default."""
    STRICT = "Strict"
    """The client must send bindings, and they must be right."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits of the service (learn.microsoft.com winrm/quotas; they vary by Windows version)."""

    shells_per_user: int = 30
    operations_per_user: int = 1500
    commands_per_shell: int = 25
    concurrent_users: int = 10
    max_operation_timeout_seconds: float = 60.0
    """MaxTimeoutms: a longer or absent OperationTimeout means this (MS-WSMV 3.1.4.1.6)."""
    idle_timeout_seconds: float = 7200.0
    """IdleTimeOut of a shell that asks for none."""
    max_envelope_bytes: int = 500 * 1024
    """MaxEnvelopeSizekb: a larger SOAP request is answered with a fault."""
    fault_shape: FaultShape = FaultShape.WSMAN_FAULT
    """The shape of quota faults: old hosts, or newer ones."""


@dataclass(frozen=True, slots=True)
class WsmanSettings:
    """Configuration of one simulated WinRM service."""

    offered_schemes: tuple[str, ...] = (Scheme.NEGOTIATE, Scheme.CREDSSP)
    """Sent as WWW-Authenticate, in order. Raw NTLM is taken where Negotiate is offered."""
    channel_binding: ChannelBinding = ChannelBinding.RELAXED
    credssp_tells_why: bool = True
    """A refused CredSSP logon is answered with its NTSTATUS (protocol versions 3, 4 and 6; MS-CSSP 2.2.1); else with
    the status 401 alone, as with versions 2 and 5."""
    kerberos_keytab: Path | None = None
    """The host's keys for HTTP/its-name; without them (or without gssapi) no ticket is taken."""
    quotas: Quotas = Quotas()
    allow_unencrypted: bool = False
    """Windows' `AllowUnencrypted`: take clear SOAP over http from who logged on there."""
    connection_idle_seconds: float = 120.0
    """http.sys closes a silent connection after this."""
    redeliver_lost_output: bool = True
    """SIM-CHOICE: output of a Receive whose reply could not be delivered is given to the next one
    (pypsrp's author says that Windows does); False loses it."""
    receive_counts_as_activity: bool = True
    """SIM-CHOICE: a pending Receive keeps its shell from being reaped as idle."""
