"""Error records as the real engine's scripts end with them: what a catch block would have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from partner_simulator.ports import CmdletError
from partner_simulator.powershell.overlay import class_name

_AUTOMATION = "System.Management.Automation"
MODULES = r"C:\Program Files\Common Files"
"""What %CommonProgramFiles% is on a simulated machine."""


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
    function: str = ""
    """The function of the script in which it happened, where somebody looks for it."""

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
            "position": f"at {self.function or '<ScriptBlock>'}, the embedded engine",
        }


def of_cmdlet(error: CmdletError, cmdlet: str, *, remote: bool) -> Failed:
    """What a cmdlet's record is to the script; through an inner session the exception loses its type."""
    identifier = f"{error.error_id},{class_name(cmdlet)}"
    if remote:
        arrived = f"{_AUTOMATION}.RemoteException"
        return Failed(identifier, arrived, error.category, [error.message])
    innermost = "System.Exception" if error.inner_messages else ""
    messages = [error.message, *error.inner_messages]
    return Failed(identifier, error.exception_type, error.category, messages, innermost)


def of_setter(refusal: str, cmdlet: str, parameter: str) -> Failed:
    """A property setter threw while a parameter was bound (known string S1)."""
    setting = f'Exception setting "{parameter}": "{refusal}"'
    binding = f"Cannot bind parameter '{parameter}' to the target. {setting}"
    return Failed(
        f"ParameterBindingFailed,{class_name(cmdlet)}",
        f"{_AUTOMATION}.ParameterBindingException",
        "WriteError",
        [binding, setting, refusal],
        "System.InvalidOperationException",
    )


def thrown(text: str, function: str = "") -> Failed:
    """The script's own `throw`."""
    return Failed(
        text, f"{_AUTOMATION}.RuntimeException", "OperationStopped", [text], function=function
    )


def null_array(script: str) -> Failed:
    """A script of the product took the first of none."""
    return Failed(
        f"NullArray,{script}",
        f"{_AUTOMATION}.RuntimeException",
        "InvalidOperation",
        ["Cannot index into a null array."],
    )


def no_inner_session(host: str, refusal: str) -> Failed:
    """New-PSSession was refused."""
    return Failed(
        "AccessDenied,PSSessionOpenFailed,Microsoft.PowerShell.Commands.SimulatedNewPSSession",
        f"{_AUTOMATION}.Remoting.PSRemotingTransportException",
        "OpenError",
        [
            f"[{host}] Connecting to remote server {host} failed with the following error message : "
            f"{refusal} For more information, see the about_Remote_Troubleshooting Help topic."
        ],
        function="Open-Exchange",
    )


def no_module() -> Failed:
    """Import-Module found none of the names; the last one is told."""
    path = (
        rf"{MODULES}\Skype for Business Server 2019\Modules\SkypeForBusiness\SkypeForBusiness.psd1"
    )
    return Failed(
        "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
        "System.IO.FileNotFoundException",
        "ResourceUnavailable",
        [
            f"The specified module '{path}' was not loaded because no valid module file was found in any "
            "module directory."
        ],
    )


def unknown_script(name: str) -> Failed:
    """This engine's own refusal: it knows operations, not PowerShell."""
    return Failed(
        "PartnerSimulator.UnknownScript",
        "System.NotSupportedException",
        "NotImplemented",
        [
            f"The simulator's embedded engine does not know the script {name!r} and runs no PowerShell. "
            "With a PowerShell 7 the simulator runs it."
        ],
    )
