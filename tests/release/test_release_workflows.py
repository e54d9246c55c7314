"""The workflow files, by the linter that their writers use; zizmor holds them to its rules in `make lint`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from partner_release.facts import ROOT
from partner_testbed.actionlint import find_actionlint

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def actionlint() -> Path:
    """The real one."""
    return find_actionlint(print)


def linted(program: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """What it says of some files."""
    command = [str(program), "-no-color", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_workflows_are_right(actionlint: Path) -> None:
    assert len(WORKFLOWS) > 1
    done = linted(actionlint, *WORKFLOWS)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_wrong_one_would_be_named(actionlint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("timeout-minutes", "timeout-minuets"))
    assert 'unexpected key "timeout-minuets"' in linted(actionlint, wrong).stdout


def test_they_say_that_nobody_has_tried_them() -> None:
    for workflow in WORKFLOWS:
        assert workflow.read_text().startswith("# Untried: "), workflow.name


def test_what_they_call_is_there() -> None:
    """Every target of make that a step names."""
    makefile = (ROOT / "Makefile").read_text()
    for workflow in WORKFLOWS:
        steps = [line for line in workflow.read_text().splitlines() if "- run:" in line]
        called = [line.rpartition("make ")[2].split()[0] for line in steps if "make " in line]
        assert called
        for target in called:
            assert f"\n{target}:" in makefile or f" {target}:" in makefile, target
