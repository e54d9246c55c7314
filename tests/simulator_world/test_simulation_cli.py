"""The command line: guesses are listed, and only what a row offers can be chosen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from partner_simulator.cli import main, parse_switches, switch_table
from partner_simulator.world.switches import ROWS, Name


def test_every_guess_is_listed_with_its_source() -> None:
    """One paragraph per row."""
    table = switch_table()
    for row in ROWS:
        assert str(row.name) in table
        assert row.claim in table
    assert len(table.split("\n\n")) == len(ROWS)


def test_switches_are_read_with_their_types() -> None:
    """A number stays a number, a truth value one."""
    chosen = parse_switches(["duplicates-rejected=False", "directory-lag-seconds=0.0"])
    assert chosen[Name.DUPLICATES_REJECTED] is False
    assert chosen[Name.DIRECTORY_LAG_SECONDS] == 0.0


def test_without_powershell_the_embedded_engine_serves_and_says_so(tmp_path: Path) -> None:
    """As a process of its own, until it is interrupted."""
    program = "import sys; from partner_simulator.cli import main; sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", program, "run", "--embedded", "--folder", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "(engine: embedded)" in told
    assert (tmp_path / "names.json").exists()
    for product in ("exchange", "lync", "sharepoint"):
        credential = tmp_path / f"{product}-admin.txt"
        assert credential.read_text("utf-8").startswith("LITWAREINC\\")
        assert credential.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["nonsense=1", "duplicates-rejected=maybe"])
def test_what_no_row_offers_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With a sentence and exit code 1."""
    assert main(["run", "--pwsh", "pwsh", "--set", text]) == 1
    assert text.partition("=")[0] in capsys.readouterr().err
