"""What all tests share. A skipped test is a failure in `make test`: what a test needs must be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from partner_testbed import ControlPlane


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """One real control plane for the whole run."""
    with ControlPlane.from_environment(progress=print) as running:
        yield running


@pytest.fixture(scope="session")
def api(plane: ControlPlane) -> Iterator[Any]:
    """The administrator's ApiClient."""
    with plane.api_client() as client:
        yield client


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--strict-skips", action="store_true", help="fail the run if any test was skipped"
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not session.config.getoption("--strict-skips") or reporter is None:
        return
    if reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
