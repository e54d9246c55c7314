"""Many operations in one PowerShell of a certain session culture: the real bootstrap, once per operation.

What a process costs is paid once per culture, so that every operation can be tried under each.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partner_operator.winrm import framing
from partner_operator.winrm.bootstrap import bootstrap_script
from partner_testbed import debian
from support.pwsh import find_pwsh
from support.winrm.powershell import Ended

_RUNNER = Path(__file__).resolve().parents[2] / "cultures" / "batch.ps1"
_BEGIN, _END = "<culture ", " culture>"
TELL = (
    "[Console]::Out.Write('<culture ' + [cultureinfo]::CurrentCulture.Name + '|' +"
    " (New-Object DateTime 2026,11,25).ToString('yyyy') + '|' + (1.5).ToString('0.0') + '|' +"
    " 'I'.ToLower() + ' culture>')\n"
)
"""Says the three signs of the culture, before anything of ours runs."""
_HELP = re.compile(r"^try\{\$t\.CurrentCulture=.*$", re.M)
"""The bootstrap's line that sets the thread's culture."""


@dataclass(frozen=True, slots=True)
class Culture:
    """A session's culture, and three signs by which it is known."""

    name: str
    """As .NET names it; empty: the invariant one."""
    year: str = "2026"
    """How it writes the year 2026."""
    number: str = "1.5"
    lower: str = "i"
    """The small letter of I."""

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process of the test's PowerShell start in it."""
        if not self.name:
            return {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        return {
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "0",
            "LC_ALL": self.name.replace("-", "_") + ".UTF-8",
            **_libraries(),
        }


INVARIANT = Culture("")
GERMAN = Culture("de-DE", number="1,5")
TAIWANESE = Culture("zh-TW")
THAI = Culture("th-TH", year="2569")
SAUDI = Culture("ar-SA", year="1448", number="1\u066b5")
TURKISH = Culture("tr-TR", number="1,5", lower="\u0131")


def _libraries() -> dict[str, str]:
    """Where ICU is, if not among the system's libraries."""
    if ctypes.util.find_library("icuuc"):
        return {}
    [folder] = {path.parent for path in debian.unpacked("icu").rglob("libicuuc.so.*")}
    return {"LD_LIBRARY_PATH": str(folder)}


@dataclass(frozen=True, slots=True)
class Task:
    """One run: what stands in front of the bootstrap, and the request."""

    name: str
    before: str
    line: bytes


def without_help() -> str:
    """The bootstrap as it would be if it left the thread's culture alone."""
    text, changed = _HELP.subn("", bootstrap_script())
    assert changed == 1, "the bootstrap's line that sets the culture looks different now"
    return text


def told(stdout: str) -> Culture:
    """The culture that a run found at its start."""
    said = stdout.partition(_BEGIN)[2].partition(_END)[0]
    return Culture(*said.split("|"))


def run_batch(
    tasks: Sequence[Task],
    culture: Culture,
    environment: dict[str, str],
    bootstrap: str | None = None,
) -> dict[str, Ended]:
    """Run all tasks in one process of this culture; each must have found itself in it."""
    text = bootstrap_script() if bootstrap is None else bootstrap
    cases = [
        {"name": task.name, "text": TELL + task.before + "\n" + text, "line": task.line.decode()}
        for task in tasks
    ]
    done = subprocess.run(
        [str(find_pwsh()), "-NoProfile", "-NonInteractive", "-File", str(_RUNNER)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=280,
        check=False,
        env={**os.environ, **environment, **culture.environment, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    ended = {}
    for task, said in zip(tasks, json.loads(done.stdout), strict=True):
        assert told(said["stdout"]) == culture, f"{task.name}: not in {culture.name or 'invariant'}"
        digest = framing.request_digest(task.line)
        ended[task.name] = Ended(said["stdout"].encode(), b"", 0, digest)
    return ended
