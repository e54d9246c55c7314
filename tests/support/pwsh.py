"""Where tests find a PowerShell; without one they fail and say what to install."""

from __future__ import annotations

from pathlib import Path

import partner_testbed


def find_pwsh() -> Path:
    """The pwsh of `PARTNER_OPERATOR_PWSH`, of PATH or of the cache folder. Raises PowerShellMissingError."""
    return partner_testbed.find_pwsh()
