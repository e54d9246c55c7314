"""Where tests find a PowerShell; without one they fail and say what to install."""

from __future__ import annotations

import os
from pathlib import Path

import partner_testbed

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "tools" / "powershell" / "pwsh"


def find_pwsh() -> Path:
    """The pwsh of `PARTNER_OPERATOR_PWSH` or of PATH, else the one that lies beside the checkout.

    Raises PowerShellMissingError.
    """
    take_the_one_beside()
    return partner_testbed.find_pwsh()


def take_the_one_beside() -> None:
    """Point `PARTNER_OPERATOR_PWSH` at the PowerShell beside the checkout, as the Makefile does."""
    if not os.environ.get("PARTNER_OPERATOR_PWSH") and _BESIDE.exists():
        os.environ["PARTNER_OPERATOR_PWSH"] = str(_BESIDE)
