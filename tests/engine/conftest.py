"""How much was tried, for people who want to know what the invariants were judged on."""

from __future__ import annotations

import pytest

from support.engine.theatre import RUNS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The number of different interleavings that were played."""
    if RUNS:
        terminalreporter.write_line(f"{len(RUNS)} interleavings of operators, hosts and people")
