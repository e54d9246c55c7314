"""Error records as SharePoint's cmdlets write them (P-SP-11). Texts that nobody published are marked here."""

from __future__ import annotations

from partner_simulator.ports import THE_CMDLET, CmdletError
from partner_simulator.world.names import short_name

NO_FARM = (
    "Cannot access the local farm. Verify that the local farm is properly configured, currently available, and that"
    " you have the appropriate permissions to access the database before trying again."
)
NO_FARM_WARNING = (
    "The local farm is not accessible. Cmdlets with FeatureDependencyId are not registered."
)
NULL_VALUED = "You cannot call a method on a null-valued expression."
"""What importing the module says on a machine in no farm (OBSERVED)."""
_PIPE_BIND = "Microsoft.SharePoint.PowerShell.SPCmdletPipeBindException"
_CONFLICT = "Microsoft.SharePoint.Administration.SPUpdatedConcurrencyException"


def record(exception_type: str, message: str, *, terminating: bool = True) -> CmdletError:
    """A record whose id is the cmdlet's class alone and whose target is the cmdlet."""
    return CmdletError("", exception_type, "InvalidData", message, terminating, THE_CMDLET)


def no_farm() -> CmdletError:
    """No farm, no rights, no SQL Server, or no credential for it: one text for all (OBSERVED)."""
    return record("Microsoft.SharePoint.PowerShell.SPCmdletException", NO_FARM, terminating=False)


def unauthorized() -> CmdletError:
    """No right on a content database (OBSERVED)."""
    return record(
        "System.UnauthorizedAccessException", "Attempted to perform an unauthorized operation."
    )


def no_such_object() -> CmdletError:
    """An identity that is nothing's (OBSERVED for the sister object)."""
    text = "A valid object could not be read from the provided pipebind parameter."
    return record(_PIPE_BIND, text, terminating=False)


def no_such_server(name: str) -> CmdletError:
    """A server's name in the wrong form, or none at all (OBSERVED)."""
    return record(_PIPE_BIND, f"The server named '{name}' does not exist.", terminating=False)


def no_such_site(url: str) -> CmdletError:
    """No site collection there (OBSERVED)."""
    text = f"Cannot find an SPSite object with Id or Url: {url}."
    return record(_PIPE_BIND, text, terminating=False)


def no_such_web(url: str) -> CmdletError:
    """No web there (SIM-CHOICE text)."""
    text = f"Cannot find an SPSite object that contains the following Id or Url: {url}."
    return record(_PIPE_BIND, text, terminating=False)


def no_app_management() -> CmdletError:
    """The application or its proxy is missing (OBSERVED)."""
    return record(
        "System.InvalidOperationException",
        "App Management Shared Service Proxy is not installed.",
    )


def no_such_principal(name: str) -> CmdletError:
    """Neither an issuer nor a registered application (SIM-CHOICE text)."""
    return record(
        "System.ArgumentException",
        f"The app principal could not be found. NameIdentifier: '{name}'.",
    )


def refused(message: str) -> CmdletError:
    """An argument that SharePoint does not take (texts are SIM-CHOICE)."""
    return record("System.ArgumentException", message)


def invalid_uri() -> CmdletError:
    """.NET's own words (OBSERVED)."""
    text = "Invalid URI: The format of the URI could not be determined."
    return record("System.UriFormatException", text)


def metadata_failed(url: str, reason: str) -> CmdletError:
    """A document that SharePoint could not have (SIM-CHOICE text with .NET's reason)."""
    return record(
        "Microsoft.SharePoint.SPException",
        f"The metadata endpoint '{url}' could not be read. {reason}",
    )


def conflict(what: str, other_server: str, user: str) -> CmdletError:
    """Somebody else was faster; nothing was written (OBSERVED)."""
    text = (
        f"An update conflict has occurred, and you must re-try this action. The object {what} was updated by {user},"
        f" in the OWSTIMER (4711) process, on machine {short_name(other_server)}.  View the tracing log for more"
        " information about the conflict."
    )
    return record(_CONFLICT, text)


def broken() -> CmdletError:
    """SQL Server fails in the middle of things."""
    return record(
        "System.Data.SqlClient.SqlException",
        "A network-related or instance-specific error occurred while establishing a connection to SQL Server.",
    )
