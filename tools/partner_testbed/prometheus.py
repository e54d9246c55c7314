"""Debian's Prometheus: promtool for the alert rules, and the server that scrapes a real operator."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from partner_testbed import debian
from partner_testbed.cache import Progress, silent

LONGEST_RUN = 120.0
"""Seconds."""


def promtool(progress: Progress = silent) -> Path:
    """The program, fetched once per machine (19 MB). Raises PackageMissingError."""
    return debian.unpacked("prometheus", progress) / "usr" / "bin" / "promtool"


def run_promtool(arguments: Sequence[str], folder: Path) -> tuple[bool, str]:
    """Run it in a folder: whether it is content, and what it says. Raises PackageMissingError."""
    done = subprocess.run(
        [str(promtool()), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_RUN,
    )
    return done.returncode == 0, done.stdout + done.stderr
