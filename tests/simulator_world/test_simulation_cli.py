"""The command line: guesses are listed, and only what a row offers can be chosen."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", ["nonsense=1", "duplicates-rejected=maybe"])
def test_what_no_row_offers_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With a sentence and exit code 1."""
    assert main(["run", "--pwsh", "pwsh", "--set", text]) == 1
    assert text.partition("=")[0] in capsys.readouterr().err
