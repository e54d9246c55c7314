"""What all tests share. A test whose needs this machine cannot have is left out, and a table at the end says so.

With `CI=true` that is a failure: everything must be there (support.left_out).
Under all of them hangs a net: a secret in a log, an output, a command line, a transcript, a status or an
Event fails the test that let it out (support.secrets.net).
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_testbed import ControlPlane
from partner_testbed.missing import all_must_be_there
from support import left_out
from support.prelude.warm import WarmPowerShells
from support.secrets import net as secrets_net
from support.secrets import search as secrets_search

NET = secrets_net.Net()
RECORDS = secrets_net.Records(NET)
AUDITS: list[secrets_net.Audit] = []
_MODULE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """One real control plane for the whole run."""
    with ControlPlane.from_environment(progress=print) as running:
        if running.audit_log is not None:
            AUDITS.append(secrets_net.Audit(running.audit_log))
        yield running
        AUDITS.clear()


@pytest.fixture(scope="session")
def api(plane: ControlPlane) -> Iterator[Any]:
    """The administrator's ApiClient."""
    with plane.api_client() as client:
        yield client


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    """One certificate authority for the hosts of all rooms."""
    return CertificateAuthority("TEST-CA")


@pytest.fixture(scope="session")
def powershells() -> Iterator[WarmPowerShells]:
    """Warm processes, one for each Windows PowerShell, for all rooms of this run."""
    made = WarmPowerShells()
    yield made
    made.close()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(left_out.PowerShellWhereMarked())
    config.addinivalue_line("markers", f"{left_out.NEVER}: fails where what it needs is missing")
    secrets_net.plant_everywhere()
    secrets_net.watch_processes(NET)
    secrets_net.watch_captures(NET)
    secrets_net.watch_statuses(NET)
    # The net hears all levels; what pytest shows of a failed test stays readable.
    config.option.log_level = config.option.log_level or "WARNING"


def pytest_collection_finish() -> None:
    secrets_search.keep()
    # Thousands of collected tests stay to the end: the garbage collector need not walk over them each time.
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    # Around pytest's own logging, which puts the root's level back to what it finds here.
    if item.config.stash.get(_MODULE, "") != item.location[0]:
        item.config.stash[_MODULE] = item.location[0]
        secrets_search.forget()
    secrets_net.listen(RECORDS)
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    left_out.judge(item, call, report)
    if report.when == "teardown":
        for name, text in report.sections:
            NET.catch(name, text)
        secrets_net.read_transcripts(NET)
        secrets_net.read_processes(NET)
        for audit in AUDITS:
            audit.read(NET)
        leaks = NET.lift()
        if leaks:
            report.outcome = "failed"
            report.longrepr = "\n".join([f"{item.nodeid} let a secret out:", *leaks])
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out.tell(terminalreporter)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if all_must_be_there() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
