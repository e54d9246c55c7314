"""Where tests find a PowerShell, and how one is tried with it and without it."""

from __future__ import annotations

from pathlib import Path

import pytest

import partner_testbed
from support.left_out import never_left_out

EMBEDDED, POWERSHELL = "embedded", "PowerShell"
on_both_engines = pytest.mark.parametrize(
    "pwsh",
    [
        pytest.param(EMBEDDED, marks=never_left_out),
        pytest.param(POWERSHELL, marks=pytest.mark.pwsh),
    ],
    indirect=True,
)
"""For a test with the fixture `pwsh`: on the embedded engine always, and where there is a PowerShell on it too."""
on_the_embedded_engine = pytest.mark.parametrize(
    "pwsh", [pytest.param(EMBEDDED, marks=never_left_out)], indirect=True
)
"""For a test of what the operator does by itself: the engine of its hosts has no part in that."""


def find_pwsh() -> Path:
    """The pwsh of `PARTNER_OPERATOR_PWSH`, of PATH or of the cache folder. Raises PowerShellMissingError."""
    return partner_testbed.find_pwsh()


def chosen_pwsh(engine: str | None) -> Path | None:
    """The pwsh for an engine; None is the embedded one. Without a choice: a PowerShell if there is one.

    Raises PowerShellMissingError where it was chosen and is not there.
    """
    if engine == EMBEDDED:
        return None
    return find_pwsh() if engine == POWERSHELL else partner_testbed.choose_engine().pwsh
