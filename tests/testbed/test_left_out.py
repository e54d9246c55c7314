"""What this machine cannot have leaves tests out aloud; under `CI=true`, or where nothing may be left out, it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDS_POWERSHELL = "tests/testbed/test_pwsh.py::test_the_real_one_answers_as_these_do"
STORY = "tests/e2e/test_story.py::test_every_step_of_the_story_comes_true"


def run(*what: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a run on a machine that has neither PowerShell nor a control plane."""
    own = {
        name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}
    }
    own |= {"PARTNER_OPERATOR_ENGINE": "embedded", "KUBEBUILDER_ASSETS": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *what],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_table_says_what_how_many_and_what_brings_it() -> None:
    code, said = run(
        NEEDS_POWERSHELL, "tests/testbed/test_controlplane.py", "-k", "real or version"
    )
    assert code == 0
    lines = [line.split("  ") for line in said.splitlines()]
    rows = {line[0]: [cell.strip() for cell in line[1:] if cell] for line in lines}
    assert rows["PowerShell 7.4 or newer"] == [
        "1",
        "pwsh on PATH or in PARTNER_OPERATOR_PWSH; or a dotnet SDK 10",
    ]
    assert rows["Kubernetes control plane"][0] == "1"


def test_where_all_must_be_there_it_is_a_failure() -> None:
    code, said = run(NEEDS_POWERSHELL, CI="true")
    assert code == 1
    assert "1 error" in said
    assert "left out" not in said


@pytest.mark.parametrize(("engine", "code"), [("embedded", 1), ("PowerShell", 0)])
def test_the_story_is_left_out_on_powershell_only(engine: str, code: int) -> None:
    assert run(f"{STORY}[{engine}]")[0] == code
