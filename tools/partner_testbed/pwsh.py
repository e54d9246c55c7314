"""Find a PowerShell 7."""

import os
import shutil
from pathlib import Path

from partner_testbed.cache import cache_folder


class PowerShellMissingError(RuntimeError):
    """There is no PowerShell on this machine."""


def find_pwsh() -> Path:
    """Return ``$PARTNER_OPERATOR_PWSH``, else ``pwsh`` on PATH, else in the cache folder."""
    if named := os.environ.get("PARTNER_OPERATOR_PWSH"):
        if found := shutil.which(named):
            return Path(found).absolute()
        raise PowerShellMissingError(
            f"PARTNER_OPERATOR_PWSH is {named!r}, which is not a program that can be run"
        )
    places = (None, str(cache_folder() / "powershell"))  # None: PATH
    for place in places:
        if found := shutil.which("pwsh", path=place):
            return Path(found).absolute()
    raise PowerShellMissingError(
        "PowerShell 7 was not found. Install it so that `pwsh` is on PATH "
        "(https://learn.microsoft.com/powershell/scripting/install/install-powershell), unpack its "
        f"archive into {places[1]}, or set PARTNER_OPERATOR_PWSH to the program."
    )
