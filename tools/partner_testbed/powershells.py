"""Ways to fetch a PowerShell into the cache folder: with a dotnet SDK that is there, or the official archive."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from partner_testbed.archives import ArchiveMissingError, fetched, locked
from partner_testbed.cache import Progress, cache_folder, made_once, silent

TOOL_VERSION = "7.6.9"
"""Of the package PowerShell, which `dotnet tool` installs."""
TOOL_SDK = "10"
"""The major version of the SDK whose runtime this tool is made for."""
_LONGEST_SECONDS = 300
_START = """\
#!/bin/sh
# Starts PowerShell from where it lies; without ICU on the machine it knows the invariant culture only.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="${{DOTNET_SYSTEM_GLOBALIZATION_INVARIANT:-1}}"
export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
exec {command} "$@"
"""


class PowerShellNotFetchedError(RuntimeError):
    """This way leads to no PowerShell on this machine."""


def official_archive(progress: Progress = silent) -> Path:
    """The program out of the publisher's archive. Raises PowerShellNotFetchedError."""
    try:
        archive = locked("powershell")
        folder = fetched(archive, progress)
    except ArchiveMissingError as error:
        raise PowerShellNotFetchedError(f"its official archive: {error}") from None
    program = folder / "pwsh"
    if not program.exists():
        raise PowerShellNotFetchedError("its official archive has no pwsh in it")
    start = cache_folder() / "powershell" / folder.name / "pwsh"

    def write(script: Path) -> None:
        program.chmod(0o755)  # the archive forgets that it is a program
        _write_start(script, f'"$here/{os.path.relpath(program, start.parent)}"')

    return made_once(start, write, progress)


def dotnet_tool(progress: Progress = silent) -> Path:
    """The program that `dotnet tool` installs by version. Raises PowerShellNotFetchedError."""
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        raise PowerShellNotFetchedError("there is no dotnet SDK to install it with")
    sdks = _run([dotnet, "--list-sdks"])
    if not re.search(rf"^{TOOL_SDK}\.", sdks, re.MULTILINE):
        raise PowerShellNotFetchedError(f"dotnet has no SDK {TOOL_SDK} to install it with")

    def install(folder: Path) -> None:
        progress(f"dotnet installs PowerShell {TOOL_VERSION}; {_LONGEST_SECONDS} s at most")
        tools = folder / "tools"
        package = ["tool", "install", "PowerShell", "--version", TOOL_VERSION]
        _run([dotnet, *package, "--tool-path", str(tools)])
        found = next(iter(sorted(tools.rglob("pwsh.dll"))), None)
        if found is None:
            raise PowerShellNotFetchedError("dotnet installed a package without pwsh.dll")
        _write_start(folder / "pwsh", f'"{dotnet}" "$here/{found.relative_to(folder)}"')

    target = cache_folder() / "powershell" / f"dotnet-tool-{TOOL_VERSION}"
    return made_once(target, install, progress) / "pwsh"


def _write_start(script: Path, command: str) -> None:
    script.write_text(_START.format(command=command), encoding="utf-8")
    script.chmod(0o755)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_LONGEST_SECONDS,
            env=os.environ | {"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PowerShellNotFetchedError(f"dotnet: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-300:]
        raise PowerShellNotFetchedError(f"dotnet {command[1]} failed: {said}")
    return done.stdout
