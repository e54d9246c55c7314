"""Row by row: with the prelude as Windows PowerShell, without it as PowerShell 7."""

from __future__ import annotations

import pytest

from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from support.prelude.command_rows import COMMANDS, COMMANDS_ALIKE
from support.prelude.reading_rows import READ_ALIKE, READING
from support.prelude.rows import OLD, Row, shown
from support.prelude.writing_rows import WRITING, WRITTEN_ALIKE

pytestmark = pytest.mark.pwsh

Engines = dict[WindowsPowerShell, PowerShellEngine]
Answers = dict[WindowsPowerShell, dict[str, str]]

ROWS = {
    f"{room}: {row.name}": row
    for room, rows in {"write": WRITING, "read": READING, "command": COMMANDS}.items()
    for row in rows
}
ALIKE = {
    f"{room}: {name}": case
    for room, cases in {
        "read": READ_ALIKE,
        "command": COMMANDS_ALIKE,
        "write": WRITTEN_ALIKE,
    }.items()
    for name, case in cases.items()
}


@pytest.fixture(scope="module")
def answers(engines: Engines) -> Answers:
    """What every row's script gives, by version; one run for each."""
    scripts = {name: row.script for name, row in ROWS.items()}
    scripts |= {name: script for name, (script, _) in ALIKE.items()}
    return {
        version: dict(zip(scripts, shown(engine, list(scripts.values())), strict=True))
        for version, engine in engines.items()
    }


@pytest.mark.parametrize("name", ROWS)
def test_a_row_holds_with_the_prelude_and_not_without(name: str, answers: Answers) -> None:
    """The two results differ, so the row shows that the prelude works, and what PowerShell 7 does."""
    row = ROWS[name]
    assert row.versions
    assert row.windows != row.seven
    for version in row.versions:
        assert answers[version][name] == row.windows, version
    assert answers[WindowsPowerShell.NONE][name] == row.seven


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_alike_stays_alike(name: str, answers: Answers) -> None:
    """The prelude changes what differs and nothing else."""
    _, expected = ALIKE[name]
    assert {version: answers[version][name] for version in WindowsPowerShell} == dict.fromkeys(
        WindowsPowerShell, expected
    )


def test_rows_that_claim_a_version_only_are_other_elsewhere(answers: Answers) -> None:
    """A row for 3.0 alone shows that 5.1 does not do so."""
    some: dict[str, Row] = {name: row for name, row in ROWS.items() if row.versions != OLD}
    assert some
    for name, row in some.items():
        for version in set(OLD) - set(row.versions):
            assert answers[version][name] != row.windows, (name, version)
