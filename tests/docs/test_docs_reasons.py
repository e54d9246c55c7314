"""Reasons and assumptions: complete, and as the code has them now."""

from __future__ import annotations

import re

from chart_copies import COPIES, copies
from partner_operator.trust.reasons import ConditionType, Reason
from support.docs.pages import DOCS, pages, table_rows
from write_docs import pages as generated_pages

KINDS = ("partnerserver.md", "partnerapplication.md")
REASON = re.compile(r"^### (\w+)$", re.MULTILINE)
NAME = re.compile(r"`([A-Z][A-Za-z]+)`")


def test_every_reason_is_explained_exactly_once() -> None:
    assert sorted(REASON.findall((DOCS / "reasons.md").read_text())) == sorted(Reason)


def test_the_generated_pages_are_as_the_code_is() -> None:
    """Stale? `make docs`."""
    stale = [path.name for path, text in generated_pages().items() if path.read_text() != text]
    assert stale == []


def test_the_chart_s_copies_are_what_they_are_copies_of() -> None:
    """Stale? `make docs`."""
    files = {path: path.read_text() for path in COPIES.rglob("*") if path.is_file()}
    assert files == copies()
    assert len(files) >= 10


def test_conditions_of_both_pages_are_those_of_the_code() -> None:
    named = {
        cells[0].strip("`")
        for page in KINDS
        for cells in table_rows(DOCS / page)
        if len(cells) == 2 and cells[0].startswith("`")
    }
    assert named >= set(ConditionType)


def test_reasons_in_the_tables_of_states_exist() -> None:
    named = set()
    for page in KINDS:
        states = [cells for cells in table_rows(DOCS / page) if len(cells) == 4]
        named |= {
            name
            for cells in states
            if not cells[0].startswith("`")
            for name in NAME.findall(cells[1])
        }
    assert len(named) >= 15
    assert named <= set(Reason)


def test_pages_of_kinds_are_among_the_pages_that_are_checked() -> None:
    assert {page.name for page in pages()} >= {*KINDS, "argo-cd.md", "assumptions.md", "reasons.md"}
