"""Error records as the products write them (P-EX-5). Texts that nobody published are marked here."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

from partner_simulator.ports import CmdletError
from partner_simulator.world.names import short_name

MANAGEMENT_OBJECT_NOT_FOUND = (
    "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
)
_ALREADY_EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
_OPERATION_FAILED = "Microsoft.Exchange.Data.Directory.ADOperationException"
_METADATA = "Microsoft.Exchange.Management.SystemConfigurationTasks.AuthMetadataClientException"


def exchange(
    server: str,
    exception_type: str,
    message: str,
    *,
    category: str = "NotSpecified",
    terminating: bool = False,
    target: str = "",
) -> CmdletError:
    """An Exchange record: its id carries server, request and time, the part behind is stable."""
    kind = exception_type.rpartition(".")[2]
    stamp = datetime.now(UTC).strftime("%d/%m/%Y %H:%M:%S")
    digest = hashlib.sha256(f"{kind}{message}".encode()).hexdigest()[:8].upper()
    identifier = (
        f"[Server={short_name(server)},RequestId={uuid4()},TimeStamp={stamp}] "
        f"[FailureCategory=Cmdlet-{kind}] {digest}"
    )
    return CmdletError(identifier, exception_type, category, message, terminating, target)


def not_found(server: str, identity: str, controller: str) -> CmdletError:
    """Exchange's not-found record (OBSERVED)."""
    text = (
        f"The operation couldn't be performed because object '{identity}' couldn't be found on "
        f"'{controller}'."
    )
    return exchange(server, MANAGEMENT_OBJECT_NOT_FOUND, text)


def already_exists(server: str, name: str) -> CmdletError:
    """A directory conflict (OBSERVED form)."""
    return exchange(server, _ALREADY_EXISTS, f"The object '{name}' already exists.")


def no_such_controller(server: str, controller: str) -> CmdletError:
    """A domain controller that cannot be had (SIM-CHOICE text)."""
    text = f"An Active Directory error 0x51 occurred when trying to contact server {controller}."
    return exchange(server, _OPERATION_FAILED, text, category="ResourceUnavailable")


def no_directory_access(server: str) -> CmdletError:
    """A network logon has no credential for the directory (DERIVED, P-EX-9)."""
    return exchange(
        server,
        _OPERATION_FAILED,
        "Active Directory operation failed. Access is denied.",
        category="PermissionDenied",
        terminating=True,
    )


def metadata_failed(server: str, url: str, reason: str) -> CmdletError:
    """A metadata document that Exchange could not have (OBSERVED for a token server's, with .NET's reason)."""
    text = f"Cannot acquire auth metadata document from '{url}'. Error: {reason}"
    return exchange(server, _METADATA, text, terminating=True)


def broken(server: str) -> CmdletError:
    """The directory fails in the middle of things (SIM-CHOICE text)."""
    return exchange(
        server,
        _OPERATION_FAILED,
        "Active Directory operation failed. The server is not operational.",
        category="ResourceUnavailable",
        terminating=True,
    )


def invalid(server: str, message: str) -> CmdletError:
    """An argument that a task refuses."""
    return exchange(
        server,
        "Microsoft.Exchange.Configuration.Tasks.TaskArgumentException",
        message,
        category="InvalidArgument",
    )


def no_such_command(name: str) -> CmdletError:
    """Missing RBAC: the cmdlet is not in the caller's session at all."""
    text = (
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or "
        "operable program. Check the spelling of the name, or if a path was included, verify that "
        "the path is correct and try again."
    )
    return CmdletError(
        "CommandNotFoundException",
        "System.Management.Automation.CommandNotFoundException",
        "ObjectNotFound",
        text,
        terminating=True,
        target=name,
    )


def not_simulated(what: str) -> CmdletError:
    """The simulator's own limit, said by name."""
    return CmdletError(
        "NotSimulated",
        "System.NotSupportedException",
        "NotImplemented",
        f"The simulator does not know what {what} does.",
        terminating=True,
    )


def lync(
    error_id: str,
    message: str,
    *,
    category: str = "InvalidOperation",
    terminating: bool = True,
    exception_type: str = "System.InvalidOperationException",
) -> CmdletError:
    """A record of a Lync cmdlet (texts are SIM-CHOICE)."""
    return CmdletError(error_id, exception_type, category, message, terminating)


def no_cms_access() -> CmdletError:
    """A network logon has no credential for SQL and the directory (text UNCONFIRMED, P-LY-1)."""
    return lync(
        "ManagementStoreUnreachable",
        'Cannot open the management store: Active Directory error "-2147016672" occurred. '
        "Access is denied.",
        category="PermissionDenied",
    )
