"""The operator process at its most talkative, from a refused password to a passed test: no secret anywhere."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from partner_demo.stage import Stage
from partner_operator.logs import QUIET
from partner_testbed import ControlPlane
from support.observer import Observer
from support.secrets.search import found

pytestmark = [pytest.mark.controlplane, pytest.mark.pwsh]
WRONG = "refused-\u00e4-4711"


@dataclass(frozen=True)
class Seen:
    """All that the story left behind."""

    log: str
    process: str
    """Command line and environment of the operator."""
    recordings: dict[str, str]
    problems: list[str]
    """What an outside observer of statuses, Events and transcripts found."""
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def seen(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One story at log level debug, with a recording."""
    folder = tmp_path_factory.mktemp("recording")
    talkative = ("--log-level", "debug", "--record", str(folder))
    namespace = f"secrets-{uuid.uuid4().hex[:8]}"
    stage = Stage(plane=plane, namespace=namespace, settle="1s", operator_arguments=talkative)
    with stage:
        observer = Observer(stage)
        observer.start()
        process = _tell(stage)
        stage.operator.stop()
        problems = observer.finish()
        secrets = (*stage.simulation.secrets(), WRONG)
        log = stage.operator.log.read_text()
    return Seen(log, process, {p.name: p.read_text() for p in folder.iterdir()}, problems, secrets)


def _tell(stage: Stage) -> str:
    """A refused logon, the right one, and both applications ready; returns what /proc shows of the operator."""
    (exchange, password), lync = stage.simulation.credentials()
    stage.secret("exchange-admin", exchange, WRONG)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.operator.start()
    stage.wait_for("a refused logon", lambda: stage.simulation.rejected_logons() == 1)
    stage.secret("exchange-admin", exchange, password)
    for name in ("lync-on-exchange", "exchange-on-lync"):
        stage.wait_ready(name)
    proc = Path(f"/proc/{stage.operator.pid}")
    return "\n".join((proc / name).read_text("utf-8", "replace") for name in ("cmdline", "environ"))


def _records(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines()]


def test_the_log_holds_no_secret(seen: Seen) -> None:
    """It is a long one: passes, requests to Kubernetes, remote runs."""
    levels = {record["level"] for record in _records(seen.log)}
    assert {"debug", "info"} <= levels
    assert "took" in seen.log
    assert not found(seen.log, seen.secrets)


def test_libraries_that_see_the_logon_say_nothing_below_warning(seen: Seen) -> None:
    """Neither NTLM messages nor requests."""
    told = {
        record["logger"]
        for record in _records(seen.log)
        if record["level"] in {"debug", "info"} and record["logger"].split(".")[0] in QUIET
    }
    assert told == set()
    assert "TlRMTVNTUA" not in seen.log


def test_the_recording_holds_no_secret(seen: Seen) -> None:
    """Though the refused logon and the inner session's are in it."""
    operations = {json.loads(text)["operation"] for text in seen.recordings.values()}
    assert {"observe", "register", "test"} <= operations
    assert any("Unauthenticated" in text for text in seen.recordings.values())
    for name, text in seen.recordings.items():
        assert not found(text, seen.secrets), name


def test_the_process_shows_no_secret(seen: Seen) -> None:
    """In `ps`, or in /proc to its own user."""
    assert "partner_operator" in seen.process
    assert not found(seen.process, seen.secrets)


def test_statuses_events_and_transcripts_hold_no_secret(seen: Seen) -> None:
    """Everything that Kubernetes and the servers keep."""
    assert seen.problems == []
