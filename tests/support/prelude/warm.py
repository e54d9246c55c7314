"""Scripts behind stand-ins in processes that are used again and again, in every Windows PowerShell.

One run in a fresh process takes more than a second; one here takes a tenth, so that each script can
be run as PowerShell 7, as 3.0 and as 5.1, and must answer and do the same.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

from partner_operator.winrm import RemoteRunError, framing
from partner_operator.winrm.bootstrap import bootstrap_script
from partner_simulator.ports import CmdletCall, CmdletOutput, Logon, LogonKind, Session
from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from support.pwsh import find_pwsh
from support.winrm import powershell as winrm_powershell
from support.winrm.powershell import Ended
from support.world.powershell import encoded, rest

_LONGEST_LINE = 1_000_000
_SESSION = Session("ex1.litwareinc.com", Logon("LITWAREINC\\exadmin", LogonKind.NETWORK), "warm")
VERSIONS = (WindowsPowerShell.NONE, WindowsPowerShell.V3_0, WindowsPowerShell.V5_1)
"""4.0 has nothing of its own: what it lacks 3.0 lacks too, and what it has 5.1 has."""
_OF_A_PROCESS = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "windir"})
"""Variables that a process reads once, or by which programs are found."""
_TIMES = frozenset({"milliseconds"})
"""Keys of answers that no two runs share."""


class _BareWorld:
    """A server without any product; names lead to where they lead."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def invoke(self, call: CmdletCall, output: CmdletOutput) -> None:
        raise AssertionError(f"{call.name} is no stand-in")

    def bind(self, session: Session, cmdlet: str, parameter: str, value: Any) -> str | None:
        raise AssertionError(f"{cmdlet} is no stand-in")

    def system(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        match what:
            case "environment":
                # The mutex goes by the computer's name: no run waits for another one's.
                return {"variables": {"COMPUTERNAME": uuid.uuid4().hex, **self.variables}}
            case "resolve":
                return {"address": arguments["host"], "port": arguments["port"]}
        return []


class WarmPowerShells:
    """One process for each version; they start when they are needed."""

    def __init__(self) -> None:
        """Nothing starts."""
        self._world = _BareWorld()
        self._engines: dict[WindowsPowerShell, PowerShellEngine] = {}
        self.runs = 0
        """How many scripts were run."""

    def close(self) -> None:
        """End them."""
        for engine in self._engines.values():
            engine.close()

    def everywhere(
        self,
        script: str,
        parameters: Mapping[str, Any],
        secrets: Mapping[str, str],
        *,
        before: str,
        environment: Mapping[str, str],
    ) -> Ended:
        """Run in all of VERSIONS, compare, and give what PowerShell 7 left. As winrm_powershell.call.

        A run that needs a process of its own is not compared.
        """
        if not _OF_A_PROCESS.isdisjoint(environment):
            return winrm_powershell.call(
                script, parameters, secrets, before=before, environment=environment
            )
        line = winrm_powershell.request(script, parameters, secrets)
        self._world.variables = dict(environment)
        ended = {version: self.run(version, line, before) for version in VERSIONS}
        as_it_is = ended[WindowsPowerShell.NONE]
        for version, other in ended.items():
            assert outcome(other) == outcome(as_it_is), f"other in {version or 'PowerShell 7'}"
        return as_it_is

    def run(self, version: WindowsPowerShell, line: bytes, before: str) -> Ended:
        """Run the bootstrap behind `before`, with this request, as `version`."""
        self.runs += 1
        text = f"{before}\n{bootstrap_script()}"
        command = self._engine(version).start(_SESSION, encoded(text, "-NoProfile -NonInteractive"))
        command.write_stdin(line, end=True)
        return Ended(*rest(command), framing.request_digest(line))

    def _engine(self, version: WindowsPowerShell) -> PowerShellEngine:
        if version not in self._engines:
            self._engines[version] = PowerShellEngine(
                find_pwsh(),
                self._world,
                processes=1,
                windows_powershell=version,
                longest_line=_LONGEST_LINE,
            )
        return self._engines[version]


def outcome(ended: Ended) -> tuple[str, Any, list[Any], int]:
    """What a run answered, what it called, and its exit code, without times."""
    calls = [
        json.loads(base64.b64decode(part.partition(b" call>")[0]))
        for part in ended.stdout.split(b"<call ")[1:]
    ]
    try:
        data = {key: value for key, value in ended.answer.data.items() if key not in _TIMES}
    except RemoteRunError as error:
        return ("failed", f"{type(error).__name__}: {error}", calls, ended.code)
    return ("answered", data, calls, ended.code)
