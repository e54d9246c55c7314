"""A Windows host as the preparing script sees it: stand-ins for Windows' cmdlets with their documented parameters.

What they keep is a JSON file, so that each run of the script is a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from support.pwsh import find_pwsh
from support.scripts.oracle import windows_commands

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "windows" / "Prepare-PartnerOperatorHost.ps1"
_STAND_INS = ROOT / "tests" / "windows" / "stand_ins.ps1"
_DATA = ROOT / "tests" / "data" / "prepare_commands.json"
NAME = "fe1.litwareinc.com"
GROUP = "Administratoren"
"""Local names of groups are translated."""
_LONGEST_SECONDS = 60
_OF_WINDOWS = ("Get-CimInstance", "Get-CimAssociatedInstance")

_NET = """#!/bin/sh
exec python3 - "$@" <<'END'
import json, os, sys
path = os.environ["HOST_FILE"]
kept = json.load(open(path))
_, group, member, what = sys.argv[1:] if sys.argv[1] == "localgroup" else sys.exit(9)
kept["changes"].append("net " + what)
json.dump(kept, open(path, "w"))
if kept["fails_at"] == len(kept["changes"]) or group != kept["group"]:
    sys.exit(2)
kept["members"] = [one for one in kept["members"] if one != member] + [member] * (what == "/add")
json.dump(kept, open(path, "w"))
END
"""


@cache
def documented() -> dict[str, dict[str, bool]]:
    """Parameters of the cmdlets that are stood in for: name to whether it is a switch."""
    found: dict[str, dict[str, bool]] = json.loads(_DATA.read_text())["commands"]
    for name in _OF_WINDOWS:
        parameters = windows_commands()[name.lower()]
        assert parameters is not None
        found[name] = parameters
    return found


def stand_ins() -> str:
    """The program of a shell, all of it but the loop at its end."""
    return _program().partition("\n# A request")[0]


def _program() -> str:
    declared = []
    for name, parameters in documented().items():
        listed = ", ".join(
            f"{'[switch]' if switch else ''}${parameter}"
            for parameter, switch in parameters.items()
        )
        declared.append(
            f"function {name} {{ [CmdletBinding()] param({listed}) Stand-In '{name}' $PSBoundParameters }}"
        )
    return _STAND_INS.read_text().replace("# @@ declared @@", "\n".join(declared))


class Shell:
    """One PowerShell with the stand-ins, for many runs of the script."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        program = folder / "stand_ins.ps1"
        program.write_text(_program())
        self._process = subprocess.Popen(
            [str(find_pwsh()), "-NoProfile", "-NonInteractive", "-File", str(program)],
            env=os.environ | {"NO_COLOR": "1", "POWERSHELL_TELEMETRY_OPTOUT": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: str, environment: dict[str, str]) -> list[dict[str, str]]:
        """What the script says, step by step. Raises RuntimeError with its words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"script": str(SCRIPT), "arguments": arguments, "environment": environment}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        # What ShouldProcess says of what it would do stands in front.
        lines = (line for line in self._process.stdout if line.startswith("answer "))
        answer = json.loads(next(lines).removeprefix("answer "))
        if answer["error"]:
            raise RuntimeError(answer["error"])
        steps: list[dict[str, str]] = answer["steps"]
        return steps

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=_LONGEST_SECONDS)


def certificate(thumbprint: str, **changes: Any) -> dict[str, Any]:
    """One that fits, or nearly."""
    good = {"key": True, "begins": -10, "ends": 300, "uses": ["1.3.6.1.5.5.7.3.1"], "names": [NAME]}
    return {"thumbprint": thumbprint, **good, **changes}


@dataclass
class Host:
    """One host, and the script run on it."""

    folder: Path
    shell: Shell
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A member of the domain that nobody prepared: WinRM listens by HTTP only."""
        self.kept = {
            "certificates": [certificate("AB" * 20)],
            "listeners": [{"Address": "*", "Transport": "HTTP", "Port": "5985", "Hostname": ""}],
            "auth": {"Basic": "false", "Kerberos": "true", "Negotiate": "true", "CredSSP": "false"},
            "rules": [],
            "group": GROUP,
            "members": ["LITWAREINC\\Domain Admins"],
            "changes": [],
            "fails_at": 0,
        }
        system = self.folder / "System32"
        system.mkdir()
        (system / "net.exe").write_text(_NET)
        (system / "net.exe").chmod(0o755)
        self.save()

    @property
    def _file(self) -> Path:
        return self.folder / "host.json"

    def save(self) -> None:
        """Make the host what `kept` says."""
        self._file.write_text(json.dumps(self.kept))

    def load(self) -> None:
        """See what the host has become."""
        self.kept = json.loads(self._file.read_text())

    def set(self, **changes: Any) -> None:
        """Somebody changes something by hand."""
        self.kept |= changes
        self.save()

    def state(self) -> dict[str, Any]:
        """What the host is, without how it came to be so."""
        return {
            key: value for key, value in self.kept.items() if key not in {"changes", "fails_at"}
        }

    def run(self, arguments: str) -> dict[str, str]:
        """Run the script with these arguments, and return the state by step. Raises RuntimeError with its words."""
        environment = {
            "HOST_FILE": str(self._file),
            "COMPUTERNAME": "FE1",
            "ProgramData": str(self.folder / "ProgramData"),
            "windir": str(self.folder),
        }
        try:
            steps = self.shell.run(arguments, environment)
        finally:
            self.load()
        return {step["Step"]: step["State"] for step in steps}
