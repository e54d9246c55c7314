"""What Flux's kstatus and Argo CD's Lua make of objects, by the program of tools/gitops."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from partner_testbed import gitops

FILE = Path(__file__).resolve().parents[3] / "gitops" / "argo-cd" / "argocd-cm.yaml"
_PREFIX = "resource.customizations."
_GROUP = ".partner-operator.io_"
_LONGEST_SECONDS = 60

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """One object in the eyes of both."""

    kstatus: str
    argo: str
    message: str
    """What Argo CD shows beside its word."""


def patch() -> dict[str, Any]:
    """The file that people add to argocd-cm."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def script(what: str, kind: str) -> str:
    """The text of one key of the ConfigMap: `health` or `actions` of a kind."""
    return str(patch()["data"][f"{_PREFIX}{what}{_GROUP}{kind}"])


def judged(objects: Iterable[Body]) -> list[Judged]:
    """Both words on each object. An error of the script is an AssertionError."""
    bodies = list(objects)
    told = answers([(body, script("health", body["kind"])) for body in bodies])
    found = []
    for body, answer in zip(bodies, told, strict=True):
        assert "error" not in answer, (answer, body)
        health = answer["returned"]
        found.append(Judged(answer["kstatus"], health["status"], health["message"]))
    return found


def offered(body: Body) -> set[str]:
    """The actions that Argo CD lets people choose for an object."""
    actions = yaml.safe_load(script("actions", body["kind"]))
    [answer] = answers([(body, actions["discovery.lua"])])
    assert set(answer["returned"]) == {each["name"] for each in actions["definitions"]}
    return {name for name, one in answer["returned"].items() if not one["disabled"]}


def acted(body: Body, action: str) -> dict[str, Any]:
    """The object as the action wants it."""
    actions = yaml.safe_load(script("actions", body["kind"]))
    [definition] = [each for each in actions["definitions"] if each["name"] == action]
    [answer] = answers([(body, definition["action.lua"])])
    assert "error" not in answer, answer
    found: dict[str, Any] = answer["returned"]
    return found


def answers(jobs: Sequence[tuple[Body, str]]) -> list[dict[str, Any]]:
    """Run scripts on objects, as many as there are, in one process."""
    program = gitops.judge(print)
    asked = json.dumps([{"object": body, "script": script} for body, script in jobs])
    done = subprocess.run(
        [program],
        input=asked,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told
