"""Which engine runs the scripts of the simulated hosts: a PowerShell that is found or fetched, else the embedded one.

The order: ``PARTNER_OPERATOR_PWSH``, ``pwsh`` on PATH, the cache folder; then, only where it is asked for, what
``powershells`` can fetch. ``PARTNER_OPERATOR_ENGINE`` decides by hand.
"""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from partner_testbed.cache import CacheNotWritableError, Progress, cache_folder, silent
from partner_testbed.missing import MissingError
from partner_testbed.powershells import PowerShellNotFetchedError, dotnet_tool, official_archive

OLDEST = (7, 4)
TRIED = "7.6"
"""The only release that the scripts and the simulator were tried with."""
INSTALL = "https://learn.microsoft.com/powershell/scripting/install/install-powershell"
_ASKED = "PARTNER_OPERATOR_ENGINE"
_NAMED = "PARTNER_OPERATOR_PWSH"
_LONGEST_SECONDS = 60
_QUESTION = '"$($PSVersionTable.PSVersion) $($PSVersionTable.Platform)"'


class Engine(StrEnum):
    """What can stand behind the simulated hosts."""

    POWERSHELL = "powershell"
    EMBEDDED = "embedded"


class EngineError(RuntimeError):
    """What the environment asks for is not to be had."""


class PowerShellMissingError(MissingError):
    """There is no usable PowerShell on this machine."""

    what = "PowerShell 7.4 or newer"
    brings = "pwsh on PATH or in PARTNER_OPERATOR_PWSH; or a dotnet SDK 10"


class _UnusableError(Exception):
    """A program is not a PowerShell that can be used; the text goes on after its path."""


@dataclass(frozen=True, slots=True)
class PowerShell:
    """A program that answered as a PowerShell does."""

    path: Path
    version: str
    origin: str
    """Where it was found."""

    def __str__(self) -> str:
        """For people."""
        tried = self.version == TRIED or self.version.startswith(f"{TRIED}.")
        return f"PowerShell {self.version} ({self.origin}{'' if tried else f'; only {TRIED} was tried'})"


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine that is taken, and why it is not PowerShell."""

    powershell: PowerShell | None
    why_not: str = ""

    @property
    def pwsh(self) -> Path | None:
        """What ``Simulation`` takes."""
        return self.powershell.path if self.powershell else None


def choose_engine(progress: Progress = silent, *, fetch: bool = False) -> Choice:
    """PowerShell where it can be had, else the embedded engine.

    Raises EngineError for a word that is no engine and for a named program that is no PowerShell,
    PowerShellMissingError where PowerShell is asked for and missing.
    """
    try:
        return Choice(find_powershell(progress, fetch=fetch))
    except PowerShellMissingError as error:
        if asked() is Engine.POWERSHELL:
            raise
        return Choice(None, str(error))


def asked() -> Engine | None:
    """The engine that ``PARTNER_OPERATOR_ENGINE`` asks for. Raises EngineError for a word that is none."""
    word = os.environ.get(_ASKED, "")
    if word and word not in list(Engine):
        raise EngineError(f"{_ASKED} is {word!r}; it can be {' or '.join(Engine)}.")
    return Engine(word) if word else None


def find_pwsh() -> Path:
    """The program of ``find_powershell``, fetching nothing."""
    return find_powershell().path


def find_powershell(progress: Progress = silent, *, fetch: bool = False) -> PowerShell:
    """The first PowerShell that is new enough and works. Raises PowerShellMissingError.

    With ``fetch`` one is fetched when there is none. Raises EngineError when the environment names
    one that cannot be used.
    """
    if asked() is Engine.EMBEDDED:
        raise PowerShellMissingError(f"{_ASKED} asks for the embedded engine.")
    if named := os.environ.get(_NAMED):
        try:
            return _examined(Path(shutil.which(named) or named), _NAMED)
        except _UnusableError as error:
            raise EngineError(f"{_NAMED} is {named!r}, which {error}.") from None
    reasons = []
    for path, origin in _lying_here():
        try:
            return _examined(path, origin)
        except _UnusableError as error:
            reasons.append(f"{path} {error}")
    for way in (dotnet_tool, official_archive) if fetch else ():
        try:
            return _examined(way(progress), "fetched into the cache folder")
        except _UnusableError as error:
            reasons.append(f"the one that was fetched {error}")
        except (PowerShellNotFetchedError, CacheNotWritableError) as error:
            reasons.append(str(error).rstrip("."))
    oldest = ".".join(map(str, OLDEST))
    raise PowerShellMissingError(
        f"PowerShell {oldest} or newer was not found{''.join(f'; {reason}' for reason in reasons)}. "
        f"Install it so that `pwsh` is on PATH ({INSTALL}), or set {_NAMED} to the program."
    )


def _lying_here() -> Iterator[tuple[Path, str]]:
    for folder in os.get_exec_path():
        if found := shutil.which("pwsh", path=folder):
            yield Path(found), "PATH"
    cache = cache_folder() / "powershell"
    for path in (cache / "pwsh", *sorted(cache.glob("*/pwsh"), reverse=True)):
        if path.is_file():
            yield path, "cache folder"


def _examined(path: Path, origin: str) -> PowerShell:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise _UnusableError("is not a program that can be run") from None
    return PowerShell(path.absolute(), _version(path.absolute(), changed), origin)


@functools.cache
def _version(path: Path, _changed: int) -> str:
    """Ask the program what it is, once for each state of its file. Raises _UnusableError."""
    try:
        with path.open("rb") as file:
            windows = file.read(2) == b"MZ"
        if windows:
            raise _UnusableError("is a program of Windows; one for this system is needed")
        answer = subprocess.run(
            [path, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _QUESTION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_LONGEST_SECONDS,
            env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        )
    except OSError as error:
        raise _UnusableError(f"cannot be run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise _UnusableError(f"did not answer within {_LONGEST_SECONDS} s") from None
    found = re.fullmatch(r"((\d+)\.(\d+)\S*) ?(\w*)", answer.stdout.strip())
    if answer.returncode or found is None:
        said = (answer.stderr.strip() or answer.stdout.strip())[-300:] or "nothing"
        raise _UnusableError(
            f"does not work: it ended with code {answer.returncode} and said {said}"
        )
    if (int(found[2]), int(found[3])) < OLDEST:
        raise _UnusableError(f"is PowerShell {found[1]}, which is too old")
    if found[4] != "Unix":
        raise _UnusableError("is Windows' own PowerShell; one for this system is needed")
    return found[1]
