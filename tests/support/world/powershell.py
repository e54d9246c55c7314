"""A tiny CmdletWorld for the PowerShell engine's own tests, and how to run a script through it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from partner_simulator.ports import (
    CmdletCall,
    CmdletError,
    CmdletOutput,
    CommandEngine,
    Logon,
    LogonKind,
    PsEnum,
    PsObject,
    PsText,
    RunningCommand,
    Session,
)
from support.ended import Ended

S1 = (
    "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or "
    "downloaded data is not a valid metadata document."
)
SNAPIN = "Microsoft.Exchange.Management.PowerShell.SnapIn"
ENDPOINT = "http://atl-exchange-001.litwareinc.com/PowerShell/"
DIRECTORY = "Microsoft.Exchange.Data.Directory"

EXCHANGE = Session(
    "atl-exchange-001.litwareinc.com",
    Logon("LITWAREINC\\exadmin", LogonKind.NETWORK),
    "shell-exchange",
)
LYNC = Session(
    "atl-fe-001.litwareinc.com", Logon("LITWAREINC\\csadmin", LogonKind.CREDSSP), "shell-lync"
)

_PATIENCE_SECONDS = 120
Handler = Callable[[CmdletCall, CmdletOutput], None]


@dataclass
class TinyWorld:
    """Answers by handlers that a test puts in; records every call."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    """Answers of `system` that replace the usual ones: a value, or a function of arguments."""
    calls: list[CmdletCall] = field(default_factory=list)
    bound: list[tuple[str, str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    refusal: str | None = None

    def reset(self) -> None:
        """Forget what the last test put in and saw."""
        self.__init__()  # type: ignore[misc]

    def invoke(self, call: CmdletCall, output: CmdletOutput) -> None:
        self.calls.append(call)
        handler = self.handlers.get(call.name)
        if handler is not None:
            handler(call, output)

    def bind(self, session: Session, cmdlet: str, parameter: str, value: Any) -> str | None:
        self.bound.append((cmdlet, parameter, value))
        return self.refusal

    def system(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        self.asked.append((what, arguments))
        if what in self.answers:
            answer = self.answers[what]
            return answer(arguments) if callable(answer) else answer
        exchange = "exchange" in session.host
        match what:
            case "snapins":
                return [{"name": SNAPIN, "product": "Exchange Server 2013"}] if exchange else []
            case "modules":
                return [] if exchange else [{"name": "Lync", "product": "Lync Server 2013"}]
            case "environment":
                return {"variables": {}}
            case "services":
                return [service("W3SVC"), service("WAS"), service("IISADMIN", "Stopped")]
            case "processes":
                return [process(4711), process(4712)]
            case "operating_system":
                return {
                    "caption": "Microsoft Windows Server 2012 R2 Standard",
                    "version": "6.3.9600",
                    "last_boot_at": 1_790_000_000,
                    "now": 1_790_003_600,
                }
            case "credential":
                return _logon(arguments)
        return None


def _logon(arguments: Mapping[str, Any]) -> Mapping[str, str]:
    if arguments["user"] == "LITWAREINC\\exadmin" and arguments["password"] == "Pässw0rd'$(x)":
        return {"user": "LITWAREINC\\exadmin"}
    return {"error": "Access is denied."}


def service(name: str, state: str = "Running") -> dict[str, Any]:
    """What the world says of one service."""
    return {
        "name": name,
        "display_name": f"Service {name}",
        "state": state,
        "start_mode": "Auto",
        "process_id": 900 if state == "Running" else 0,
    }


def process(number: int) -> dict[str, Any]:
    """What the world says of one worker process, started at epoch 1.79e9 plus its number."""
    return {
        "name": "w3wp.exe",
        "process_id": number,
        "command_line": 'w3wp.exe -ap "MSExchangeServicesAppPool"',
        "started_at": 1_790_000_000 + number,
    }


def application(name: str, **changed: Any) -> PsObject:
    """A partner application as Exchange shows it."""
    properties: dict[str, Any] = {
        "Enabled": True,
        "ApplicationIdentifier": "00000004-0000-0ff1-ce00-000000000000",
        "CertificateStrings": ["MIIB"],
        "LinkedAccount": PsText(f"{DIRECTORY}.ADObjectId", f"litwareinc.com/Users/{name}"),
        "AccountType": PsEnum(
            f"{DIRECTORY}.SystemConfiguration.SupportedAccountType", "OrganizationalAccount", 1
        ),
        "Name": name,
        "Identity": PsText(f"{DIRECTORY}.ADObjectId", name),
    }
    return PsObject(
        (f"{DIRECTORY}.SystemConfiguration.PartnerApplication",), name, properties | changed
    )


def emits(*objects: PsObject) -> Handler:
    """A handler that writes these objects."""

    def handle(call: CmdletCall, output: CmdletOutput) -> None:
        for item in objects:
            output.write_object(item)

    return handle


def not_found(name: str, *, terminating: bool = False) -> CmdletError:
    """The OBSERVED not-found record of Exchange (P-EX-5)."""
    return CmdletError(
        "[Server=ATL-EXCHANGE-001,RequestId=1] "
        "[FailureCategory=Cmdlet-ManagementObjectNotFoundException] 9DB8F0A1",
        "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
        "NotSpecified",
        f"The operation couldn't be performed because object '{name}' couldn't be found on 'dc1'.",
        terminating=terminating,
    )


def encoded(
    script: str, options: str = "-NoProfile -NonInteractive -ExecutionPolicy Bypass"
) -> str:
    """The command line that runs `script`."""
    text = base64.b64encode(script.encode("utf-16-le")).decode()
    return f"powershell.exe {options} -EncodedCommand {text}"


def run(
    engine: CommandEngine, script: str, session: Session = EXCHANGE, stdin: bytes = b""
) -> Ended:
    """Run `script` to its end."""
    return run_line(engine, encoded(script), session, stdin)


def run_line(
    engine: CommandEngine, line: str, session: Session = EXCHANGE, stdin: bytes = b""
) -> Ended:
    """Run a command line to its end."""
    command = engine.start(session, line)
    command.write_stdin(stdin, end=True)
    return finish(command)


def finish(command: RunningCommand) -> Ended:
    """Collect what a running command still has to say, as text."""
    out, err, code = rest(command)
    return Ended(out.decode("utf-8"), err.decode("utf-8", "replace"), code)


def rest(command: RunningCommand) -> tuple[bytes, bytes, int]:
    """Wait for a command's end; what it says until then on both streams, and its exit code."""
    out, err = b"", b""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        output = command.read(5)
        out += output.stdout
        err += output.stderr
        if output.exit_code is not None:
            return out, err, output.exit_code
    command.terminate()
    raise AssertionError(f"still running; so far {out!r} {err!r}")
