"""Where tests find a PowerShell."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
_BESIDE = _REPOSITORY.parent / "shared" / "tools" / "powershell" / "pwsh"


def find_pwsh() -> Path:
    """The pwsh of `PARTNER_OPERATOR_PWSH`, else of PATH, else the one beside the checkout.

    Fails the test where there is none: what was not run is not proven.
    """
    if named := os.environ.get("PARTNER_OPERATOR_PWSH"):
        return Path(named)
    if found := shutil.which("pwsh"):
        return Path(found)
    if _BESIDE.exists():
        return _BESIDE
    pytest.fail("no pwsh: set PARTNER_OPERATOR_PWSH or put PowerShell 7 on PATH")
