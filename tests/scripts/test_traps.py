"""Every trap of Windows PowerShell is kept out: by a rule that its samples prove, or by a run."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from powershell_traps.page import SECTIONS, all_samples, all_traps, traps_page
from powershell_traps.trap import Kept, Trap, product_of
from support.scripts.facts import Facts, read_facts
from support.scripts.rules import RULES

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "powershell-traps.md"
SAMPLES = all_samples()


@pytest.fixture(scope="module")
def parsed() -> dict[str, Facts]:
    """Facts of all samples, from one process."""
    texts = {str(place): product_of(sample) for place, (_, sample) in enumerate(SAMPLES)}
    return read_facts(texts)[0]


@pytest.mark.pwsh
@pytest.mark.parametrize(
    "place", range(len(SAMPLES)), ids=[f"{rule}: {text}" for rule, text in SAMPLES]
)
def test_what_falls_into_a_trap_is_caught(parsed: dict[str, Facts], place: int) -> None:
    """The named rule says something about the sample."""
    rule, _ = SAMPLES[place]
    assert list(RULES[rule](parsed[str(place)]))


@pytest.mark.parametrize("trap", all_traps(), ids=lambda trap: trap.name)
def test_a_trap_names_what_there_is(trap: Trap) -> None:
    """Rules have samples, runs exist under their names, and what is not ours has a reason."""
    assert trap.by
    match trap.kept:
        case Kept.RULE:
            assert trap.samples
            assert set(trap.by) <= set(RULES)
        case Kept.RUN:
            for test in trap.by:
                room, _, name = test.partition("::")
                assert name in _tests_of(room), f"there is no {test}"
        case Kept.NOT_OURS:
            assert len(trap.by[0].split()) > 4


def test_no_section_is_left_out() -> None:
    """The notes have traps in sections 1 to 13; each trap has a name of its own there."""
    assert [section.number for section in SECTIONS] == list(range(1, 14))
    for section in SECTIONS:
        names = [trap.name for trap in section.traps]
        assert len(names) == len(set(names)) > 0


def test_the_page_is_made_of_the_table() -> None:
    """`docs/powershell-traps.md` says what the table says."""
    assert PAGE.read_text(encoding="utf-8") == traps_page()


@cache
def _tests_of(room: str) -> frozenset[str]:
    files = sorted((TESTS / room).glob("test_*.py"))
    assert files, f"there is no room {room}"
    return frozenset(
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
