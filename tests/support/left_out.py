"""Tests that this machine cannot run are left out aloud: one table at the end says what, how many, and what brings it.

With `CI=true` nothing is left out. A test with the mark `NEVER` is not left out anywhere.
"""

from __future__ import annotations

from collections import Counter

import pytest

from partner_testbed import find_pwsh
from partner_testbed.missing import MissingError, all_must_be_there

NEVER = "never_left_out"
never_left_out: pytest.MarkDecorator = getattr(pytest.mark, NEVER)
_PROPERTY = "left out"
"""With the report it comes from the process that ran the test."""


class PowerShellWhereMarked:
    """What is marked `pwsh` means the real one, also where its stage would do with the embedded engine."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture of the test is made."""
        if item.get_closest_marker("pwsh"):
            find_pwsh()


def judge(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Turn a failure into a skip where something is missing that the test may be left out for."""
    missing = call.excinfo.value if call.excinfo else None
    if isinstance(missing, MissingError):
        if all_must_be_there() or item.get_closest_marker(NEVER):
            return
        report.outcome = "skipped"
        report.longrepr = (item.location[0], None, f"left out: {missing.what}")  # type: ignore[assignment]  # no line: one row per file
        report.user_properties.append((_PROPERTY, (missing.what, missing.brings)))


def tell(reporter: pytest.TerminalReporter) -> None:
    """The table."""
    counted = Counter(_why(report) for report in reporter.stats.get("skipped", ()))
    if not counted:
        return
    rows = [("what", "tests", "what brings it")]
    rows += [(what, str(count), brings) for (what, brings), count in sorted(counted.items())]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    reporter.section("left out on this machine")
    for what, count, brings in rows:
        reporter.line(f"{what:{widths[0]}}  {count:>{widths[1]}}  {brings}")


def _why(report: pytest.TestReport) -> tuple[str, str]:
    """What a test that was left out lacked, and what brings that."""
    for name, value in report.user_properties:
        if name == _PROPERTY:
            pair: tuple[str, str] = tuple(value)  # type: ignore[assignment,arg-type]  # what judge wrote, as a list from elsewhere
            return pair
    return (report.longrepr[2] if isinstance(report.longrepr, tuple) else "?"), ""
