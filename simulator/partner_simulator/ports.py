"""The seams between the simulator's rooms: wsman (wire), powershell (engine) and world (servers)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol

COMMAND_LINE_CHARACTERS = 8191
"""cmd.exe takes no longer line (KB830473)."""


class LogonKind(StrEnum):
    """How a session was authenticated; decides whether a second hop is possible."""

    NETWORK = "Network"
    """NTLM or Kerberos without delegation: no credential to pass on, second hops are refused."""
    CREDSSP = "CredSSP"
    """The server holds the clear-text credential: second hops work."""


@dataclass(frozen=True, slots=True)
class Logon:
    """Who is logged on, and how."""

    user: str
    """DOMAIN\\user as the directory knows it."""
    kind: LogonKind


@dataclass(frozen=True, slots=True)
class Session:
    """One WinRS shell on one simulated machine."""

    host: str
    """FQDN of the simulated machine."""
    logon: Logon
    shell_id: str
    codepage: int = 65001


@dataclass(frozen=True, slots=True)
class Output:
    """What a running command has produced since it was last asked."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None
    """None while it runs."""


class RunningCommand(Protocol):
    """A command line at work on a simulated machine."""

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Append to standard input; `end` closes it."""
        ...

    def read(self, timeout_seconds: float) -> Output:
        """Wait for output or the end, at most so long."""
        ...

    def terminate(self) -> None:
        """Kill it and its children. Doing so twice is fine."""
        ...


class CommandEngine(Protocol):
    """Starts command lines: the real PowerShell, and the few other programs that a test needs."""

    def start(self, session: Session, command_line: str) -> RunningCommand:
        """Start `command_line` as cmd.exe would."""
        ...

    def close(self) -> None:
        """End all processes."""
        ...


@dataclass(frozen=True, slots=True)
class CmdletCall:
    """One bound call of a product cmdlet, made by a script that runs in PowerShell."""

    session: Session
    name: str
    parameter_set: str
    parameters: Mapping[str, Any]
    """What was bound, without common parameters: identities and objects as their text, enums as
    PsEnum, times aware, switches and booleans as bool, a PSCredential as {"user", "password"}, a
    certificate as PsCertificate."""
    second_hop: Logon | None = None
    """The explicit credential of an inner remote session (Microsoft.Exchange endpoint), if in one."""
    what_if: bool = False
    """Whether -WhatIf was given: then should_process answers no, and a handler has to ask."""


@dataclass(slots=True)
class CmdletError(Exception):
    """An error record that a cmdlet writes, or throws when `terminating`."""

    error_id: str
    exception_type: str
    category: str
    message: str
    terminating: bool = False
    target: str = ""
    inner_messages: Sequence[str] = field(default_factory=tuple)


class CmdletOutput(Protocol):
    """How a cmdlet handler talks back to the script, in order."""

    def write_object(self, value: PsObject) -> None:
        """Emit one object to the pipeline."""
        ...

    def write_error(self, error: CmdletError) -> None:
        """Write a non-terminating error record (a handler raises CmdletError to terminate)."""
        ...

    def write_warning(self, text: str) -> None:
        """Write a warning."""
        ...

    def write_verbose(self, text: str) -> None:
        """Write a verbose line."""
        ...

    def write_host(self, text: str) -> None:
        """Write to the host."""
        ...

    def should_process(self, target: str, action: str) -> bool:
        """Ask -WhatIf/-Confirm. A handler must ask before it changes anything."""
        ...


@dataclass(frozen=True, slots=True)
class PsObject:
    """An object that a cmdlet emits: type names, text form and ordered properties.

    Property values are None, bool, int, str, datetime, uuid.UUID, bytes, PsEnum, PsText (an
    object whose ToString is the text, such as an ADObjectId; a System.Version is a real one),
    PsCertificate, PsObject, or lists of these.
    """

    type_names: tuple[str, ...]
    text: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PsEnum:
    """A real .NET enum value: `name` and its number in `type_name`."""

    type_name: str
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class PsText:
    """An object with a text form and no interesting properties (identity, size, version)."""

    type_name: str
    text: str


@dataclass(frozen=True, slots=True)
class PsCertificate:
    """An X509Certificate2."""

    der: bytes
    has_private_key: bool = False


THE_CMDLET = "<the cmdlet>"
"""A CmdletError's target: the cmdlet object itself, as SharePoint's records have it."""


class CmdletWorld(Protocol):
    """What the PowerShell engine asks of the world. Called from many threads."""

    def invoke(self, call: CmdletCall, output: CmdletOutput) -> None:
        """Run one product cmdlet. Raises CmdletError for a terminating error."""
        ...

    def bind(self, session: Session, cmdlet: str, parameter: str, value: Any) -> str | None:
        """Called while a parameter is bound; a text means that the setter throws it (P-LY-8)."""
        ...

    def system(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        """Answer the Windows look-alikes; JSON-like in and out. Asked by the PowerShell engine:

        - 'environment' {} -> {"variables": {name: text}}; `SSL_CERT_FILE` is the machine's CA store
        - 'snapins' {}, 'modules' {} -> [{"name": ..., "product": ...}] that are installed there;
          product is "Exchange Server 2013", "Lync Server 2013" ... and selects the cmdlets
        - 'load' {"name": snap-in or module} -> {"warnings": [text], "error": text} of its loading
        - 'services' {} -> [{"name", "display_name", "state", "start_mode", "process_id"}]
        - 'processes' {} -> [{"name": "w3wp.exe", "process_id", "command_line", "started_at"}]
          (instants are seconds since the epoch)
        - 'operating_system' {} -> {"caption", "version", "last_boot_at", "now"}
        - 'iisreset' {"arguments": [text]} -> {"exit_code": signed 32 bits, "output": text}
        - 'credential' {"endpoint": url, "user": text | None, "password": text | None} ->
          {"user": "DOMAIN\\\\user"} or {"error": text}; None is the outer logon's own identity;
          "product" may say whose cmdlets the endpoint has, else those of the machine's snap-in
        - 'resolve' {"host", "port"} -> {"address", "port"} on loopback, or None; requests then carry
          `Host: host:port` as asked for, also where the port is the scheme's own

        Raises CmdletError where the asking command should fail with that record.
        """
        ...


class Standing(IntEnum):
    """Whether an account may log on whose password is right, as the NTSTATUS that Windows has for it.

    The values are in MS-ERREF 2.3.1; that a CredSSP host sends them is in MS-CSSP 2.2.1 (errorCode).
    """

    GOOD = 0
    BAD_NAME_OR_PASSWORD = 0xC000006D
    ACCOUNT_RESTRICTION = 0xC000006E
    LOGON_HOURS = 0xC000006F
    WORKSTATION = 0xC0000070
    PASSWORD_EXPIRED = 0xC0000071
    DISABLED = 0xC0000072
    CLOCK = 0xC0000133
    LOGON_TYPE = 0xC000015B
    EXPIRED = 0xC0000193
    MUST_CHANGE = 0xC0000224
    LOCKED_OUT = 0xC0000234


class Directory(Protocol):
    """Who may log on, for the wire."""

    def accounts(self) -> Mapping[str, str]:
        """User spellings ('LITWAREINC\\\\exadmin', 'exadmin@litwareinc.com') to passwords, now."""
        ...

    def may_use_winrs(self, host: str, user: str) -> bool:
        """Whether this account is an administrator of this machine."""
        ...

    def standing(self, user: str) -> Standing:
        """Whether this account may log on at all; GOOD for one that nobody knows."""
        ...

    def logon_failed(self, host: str, user: str) -> None:
        """Count a rejected logon (account lockout)."""
        ...
