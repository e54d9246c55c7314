"""`make demo` as a person sees it, and how long it waits for a machine that is slow."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from partner_demo import __main__ as demo
from partner_demo.operator_process import OperatorProcess
from partner_demo.stage import Stage, StageError
from partner_demo.story import FOR_THE_FARM, ON_THE_FARM, Step, Story
from partner_testbed import Choice, ControlPlane
from support.left_out import never_left_out

EMBEDDED = Choice(None, "a test wants it so.")


@never_left_out
def test_keep_stays_up_with_all_ready_and_says_what_to_look_at() -> None:
    """On a control plane of its own. The first line names the engine, the last what it did not do."""
    with subprocess.Popen(
        [sys.executable, "-m", "partner_demo", "--keep"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PARTNER_OPERATOR_ENGINE": "embedded", "COLUMNS": "250"},
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line.strip())
                if line.startswith("tail -f "):  # the last of what to look at
                    break
            told = "\n".join(lines)
            assert lines[0] == "Engine of the simulated servers: embedded, written in Python", told
            assert "All are Ready, and nothing was deleted" in told
            kubeconfig = re.findall(r"export KUBECONFIG=(\S+)", told)[0]
            folder = re.findall(r'export PATH="\$PATH:(.+)"', told)[0]
            command = next(line for line in lines if " get pserver,papp " in line).split()
            shown = subprocess.run(
                [f"{folder}/{command[0]}", *command[1:-2], "-o", "json"],
                env={"KUBECONFIG": kubeconfig, "HOME": "/nowhere"},
                capture_output=True,
                check=True,
            )
            ready = {
                item["metadata"]["name"]: condition["status"]
                for item in json.loads(shown.stdout)["items"]
                for condition in item["status"]["conditions"]
                if condition["type"] == "Ready"
            }
            names = {"exchange", "lync", "sharepoint", "lync-on-exchange-2", "exchange-on-lync-2"}
            names |= {*ON_THE_FARM, *FOR_THE_FARM}
            assert ready == dict.fromkeys(names, "True")
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read().strip().splitlines()
            process.wait()
        finally:
            process.kill()  # where it ended by itself, this does nothing
    assert process.returncode == 0
    assert rest[0] == "Everything was stopped."
    assert rest[-1].startswith("The scripts were not executed: ")
    assert not Path(kubeconfig).exists()


@pytest.mark.parametrize("keep", [True, False])
def test_a_step_that_does_not_come_true_leaves_the_world_up_only_where_it_is_kept(
    keep: bool, plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StageError("it rained [red]cats")

    closed: list[str] = []
    monkeypatch.setenv("PARTNER_OPERATOR_KUBECONFIG", str(plane.kubeconfig))
    monkeypatch.setattr(Story, "steps", lambda _self: [Step("It fails", "x", fail)] * 2)
    monkeypatch.setattr(demo, "_stay", lambda *_: closed.append("stayed up"))
    close = Stage.close

    def closing(stage: Stage) -> None:
        closed.append("closed")
        close(stage)

    monkeypatch.setattr(Stage, "close", closing)
    console = Console(record=True, width=200)
    if keep:
        assert demo._play(console, EMBEDDED, keep=True) == 1
        assert "Did not come true: it rained [red]cats" in console.export_text()
        assert closed == ["stayed up", "closed"]
    else:
        with pytest.raises(StageError, match="cats"):
            demo._play(console, EMBEDDED, keep=False)
        assert closed == ["closed"]


def ask(stage: Stage) -> None:
    stage.get("papp", "lync-on-exchange")


def wait(stage: Stage) -> None:
    stage.wait_for("nothing", lambda: False)


@pytest.mark.parametrize("then", [ask, wait, None], ids=["a question", "a wait", "kept"])
def test_an_api_server_that_dies_ends_the_demo_with_one_sentence(
    then: Callable[[Stage], None] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is kept: whoever works with it would see nothing but refused connections."""
    stages: list[Stage] = []

    def begin(stage: Stage) -> None:
        stages.append(stage)
        stage.operator.start()
        if then is not None:
            stage.plane.kill()
            then(stage)

    stay = demo._stay

    def stay_until_it_dies(console: Console, stage: Stage, title: str) -> None:
        threading.Timer(1, stage.plane.kill).start()
        stay(console, stage, title)

    monkeypatch.delenv("PARTNER_OPERATOR_KUBECONFIG", raising=False)
    monkeypatch.setattr(demo, "_stay", stay_until_it_dies)
    monkeypatch.setattr(
        Story, "steps", lambda story: [Step("It begins", "x", lambda: begin(story.stage))] * 2
    )
    console = Console(record=True, width=200)
    begun = time.monotonic()
    ended = r"The API server at https://[^ ]+ has ended\."
    if then is None:
        assert demo._play(console, EMBEDDED, keep=True) == 1
        last = console.export_text().splitlines()[-1]
        assert re.fullmatch(rf"{ended} Everything else is stopped now\.", last), last
    else:
        with pytest.raises(StageError, match=rf"^{ended}$"):
            demo._play(console, EMBEDDED, keep=True)
    assert time.monotonic() - begun < 100, "it was noticed, and not waited for"
    [stage] = stages
    assert not stage.operator.running
    assert not stage.folder.exists()


@pytest.fixture
def waiting(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage in which nothing ever happens, though its operator runs."""
    monkeypatch.setattr(OperatorProcess, "running", True)
    monkeypatch.setattr(OperatorProcess, "tail", lambda _self: "its log")
    monkeypatch.setattr(Stage, "kubectl", lambda *_: "its objects")
    return Stage(plane=plane, choice=EMBEDDED)


def test_a_machine_that_is_slow_is_waited_for(
    waiting: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes six times as long as nothing may move."""
    moves = itertools.count()
    monkeypatch.setattr(waiting, "_moves", lambda: next(moves))
    begun = time.monotonic()
    waiting.wait_for("it is late", lambda: time.monotonic() - begun > 3, seconds=0.5)


def test_one_that_stands_still_is_not(waiting: Stage) -> None:
    begun = time.monotonic()
    with pytest.raises(StageError, match=r"without a move: nothing\nits objects\nits log"):
        waiting.wait_for("nothing", lambda: False, seconds=0.5)
    assert time.monotonic() - begun < 5


def test_nor_one_that_only_tries_again(waiting: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    moves = itertools.count()
    monkeypatch.setattr(waiting, "_moves", lambda: next(moves))
    with pytest.raises(StageError, match=r"did not come true within [1-3] s, the last 0 of them"):
        waiting.wait_for("never", lambda: False, seconds=0.3)
