"""What lies in this folder runs with `-m release` only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def test_make_test_chooses_none_of_this_folder() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only", str(HERE)]
    collected = subprocess.run(
        command, cwd=HERE.parent.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert collected.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, collected.stdout


def test_make_release_test_chooses_all_of_it(request: pytest.FixtureRequest) -> None:
    assert {item.path.parent for item in request.session.items} == {HERE}
    assert all(item.get_closest_marker("release") for item in request.session.items)
