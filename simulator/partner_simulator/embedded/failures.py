"""Error records as the real engine's scripts end with them: what a catch block would have seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from partner_simulator.ports import CmdletError
from partner_simulator.powershell.overlay import class_name

_AUTOMATION = "System.Management.Automation"


@dataclass(slots=True)
class Failed(Exception):
    """An operation ended with an error record."""

    identifier: str
    """FullyQualifiedErrorId."""
    exception_type: str
    category: str
    messages: Sequence[str]
    """From the outermost exception to the innermost."""
    innermost_type: str = ""
    """Empty: the same type."""
    function: str = "<ScriptBlock>"
    """Where it happened; the operator looks for one function of its scripts."""

    @property
    def message(self) -> str:
        """The outermost exception's."""
        return self.messages[0]

    @property
    def not_found(self) -> bool:
        """Whether it is Exchange's "no such object"."""
        return "ManagementObjectNotFoundException" in self.identifier

    def document(self) -> dict[str, object]:
        """The record as the bootstrap writes it."""
        return {
            "id": self.identifier,
            "type": self.exception_type,
            "inner": self.innermost_type or self.exception_type,
            "category": self.category,
            "messages": list(self.messages),
            "position": f"at {self.function}, the embedded engine",
        }


@contextmanager
def within(function: str) -> Iterator[None]:
    """A function of the scripts: the operator tells by its name how far a run came."""
    try:
        yield
    except Failed as failed:
        failed.function = function
        raise


def of_cmdlet(error: CmdletError, cmdlet: str, *, remote: bool) -> Failed:
    """What a cmdlet's record is to the script; through an inner session the exception loses its type."""
    kind = f"{_AUTOMATION}.RemoteException" if remote else error.exception_type
    # SharePoint's records have no word in front of the class.
    identifier = ",".join(part for part in (error.error_id, class_name(cmdlet)) if part)
    return Failed(identifier, kind, error.category, [error.message])


def of_method(error: CmdletError, method: str, arguments: int) -> Failed:
    """A method of a live object threw: PowerShell's own exception around the product's."""
    return Failed(
        error.exception_type.rpartition(".")[2],
        f"{_AUTOMATION}.MethodInvocationException",
        "NotSpecified",
        [
            f'Exception calling "{method}" with "{arguments}" argument(s): "{error.message}"',
            error.message,
        ],
        error.exception_type,
    )


def of_setter(refusal: str, cmdlet: str, parameter: str) -> Failed:
    """A property setter threw while a parameter was bound (P-LY-8)."""
    setting = f'Exception setting "{parameter}": "{refusal}"'
    return Failed(
        f"ParameterBindingFailed,{class_name(cmdlet)}",
        f"{_AUTOMATION}.ParameterBindingException",
        "WriteError",
        [f"Cannot bind parameter '{parameter}' to the target. {setting}", setting, refusal],
        "System.InvalidOperationException",
    )


def thrown(text: str) -> Failed:
    """The script's own `throw`."""
    return Failed(text, f"{_AUTOMATION}.RuntimeException", "OperationStopped", [text])


def null_array(script: str) -> Failed:
    """A script of the product took the first of none."""
    text = "Cannot index into a null array."
    kind = f"{_AUTOMATION}.RuntimeException"
    return Failed(f"NullArray,{script}", kind, "InvalidOperation", [text])


def no_inner_session(host: str, refusal: str) -> Failed:
    """New-PSSession was refused."""
    text = (
        f"[{host}] Connecting to remote server {host} failed with the following error message : "
        f"{refusal} For more information, see the about_Remote_Troubleshooting Help topic."
    )
    return Failed(
        "AccessDenied,PSSessionOpenFailed,Microsoft.PowerShell.Commands.SimulatedNewPSSession",
        f"{_AUTOMATION}.Remoting.PSRemotingTransportException",
        "OpenError",
        [text],
    )


def no_module(name: str) -> Failed:
    """Import-Module found nothing; `name` is what was tried last."""
    text = (
        f"The specified module '{name}' was not loaded because no valid module file was found in any "
        "module directory."
    )
    return Failed(
        "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
        "System.IO.FileNotFoundException",
        "ResourceUnavailable",
        [text],
    )


def no_snapin(name: str) -> Failed:
    """Add-PSSnapin found nothing, in the function that loads it."""
    text = f"The Windows PowerShell snap-in '{name}' is not installed on this computer."
    return Failed(
        "AddPSSnapInRead,Microsoft.PowerShell.Commands.AddPSSnapinCommand",
        f"{_AUTOMATION}.PSArgumentException",
        "InvalidArgument",
        [text],
    )


def unknown_script(name: str) -> Failed:
    """This engine's own refusal: it knows operations, not PowerShell."""
    text = (
        f"The simulator's embedded engine does not know the script {name!r} and runs no PowerShell. "
        "With a PowerShell 7 the simulator runs it."
    )
    identifier = "PartnerSimulator.UnknownScript"
    return Failed(identifier, "System.NotSupportedException", "NotImplemented", [text])
