"""What a run ran on, and what starting the command line alone takes."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from partner_bench.measures import Command, Machine, Part
from partner_demo.operator_process import ROOT
from partner_testbed import ControlPlane

_TRIES = 5
_VERSION = """
import atexit, runpy, sys
atexit.register(lambda: print(open("/proc/self/status").read()))
sys.argv = ["partner-operator", "--version"]
runpy.run_module("partner_operator", run_name="__main__")
"""


def machine(plane: ControlPlane, powershell: object) -> Machine:
    """The machine without any name of it. `plane` runs."""
    found = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    assert found is not None, "Linux tells how much memory there is"
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(int(found[1]) / 1024**2),
        python=platform.python_version(),
        kubernetes=plane.origin.partition(" (")[0],
        powershell=str(powershell or "no PowerShell").partition(" (")[0],
    )


def part(begun: float, load_before: float) -> Part:
    """What is said of a part that ends now."""
    return Part(_commit(), load_before, load(), (time.monotonic() - begun) / 60)


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def _commit() -> str:
    """The commit that is measured; a plus where files differ from it."""
    commit = _git("rev-parse", "--short=8", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "operator", "simulator")
    return f"{commit}+" if changed else commit


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    command = [git, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def version_command() -> Command:
    """`partner-operator --version`, the fastest of five; the first one compiles."""
    tries = [_version() for _ in range(_TRIES)]
    return Command(min(at for at, _ in tries), min(peak for _, peak in tries))


def _version() -> tuple[float, float]:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _VERSION],
        env=os.environ | {"PYTHONPATH": str(ROOT / "operator")},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.monotonic() - begun
    found = re.search(r"VmHWM:\s+(\d+)", done.stdout)
    assert found is not None, done.stdout
    return seconds, int(found[1]) / 1000
