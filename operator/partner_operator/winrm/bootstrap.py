"""The constant that stands on the command line; everything else goes over standard input."""

from __future__ import annotations

import base64
from importlib import resources

SWITCHES = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand"
LONGEST_COMMAND_LINE = 8191
"""Characters that cmd.exe takes (Microsoft KB830473)."""


def bootstrap_script() -> str:
    """The bootstrap's text, the same on every run: it can be read, pinned and allow-listed."""
    text = resources.files(__package__).joinpath("bootstrap.ps1").read_text(encoding="ascii")
    return text.strip().replace("\r\n", "\n")


def arguments() -> str:
    """What follows `powershell.exe` on the command line."""
    encoded = base64.b64encode(bootstrap_script().encode("utf-16-le")).decode("ascii")
    return f"{SWITCHES} {encoded}"


def command_line() -> str:
    """The whole command line as the host sees it."""
    return f"powershell.exe {arguments()}"
