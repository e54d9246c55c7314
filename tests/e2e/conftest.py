"""Stages for the end-to-end tests: one API server for all, a fresh domain and namespace for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from partner_demo.stage import Stage
from partner_testbed import ControlPlane
from support.observer import Observer


@pytest.fixture
def make_stage(plane: ControlPlane) -> Iterator[Callable[..., Stage]]:
    """Set up stages; whatever the test did, all of them are checked and closed at the end."""
    stages: list[tuple[Stage, Observer]] = []

    def make(**options: object) -> Stage:
        namespace = f"e2e-{uuid.uuid4().hex[:8]}"
        stage = Stage(plane=plane, namespace=namespace, **({"settle": "1s"} | options))  # type: ignore[arg-type]  # passed through
        observer = Observer(stage)
        stages.append((stage, observer))
        stage.set_up()
        observer.start()
        return stage

    yield make
    problems: list[str] = []
    for stage, observer in stages:
        stage.operator.stop()
        problems += observer.finish()
        stage.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """One stage with default settings; its operator is not started yet."""
    return make_stage()
