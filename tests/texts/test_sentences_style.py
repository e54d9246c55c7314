"""What the operator says to people keeps to STYLE.md, as far as a program can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import partner_operator

HERE = Path(partner_operator.__file__).parent
WORDS = 4
"""A shorter text is a name or a part of a sentence."""
NOBODY_DOES_IT = re.compile(
    r"\b(?:it is|is|are) (?:being )?(?:tried again|waited for|looked at again|never touched|repaired\b)"
    r"|\b(?:so )?nothing is (?:changed|removed|restarted|registered|done for)\b",
    re.IGNORECASE,
)
"""Who tries, waits, changes or removes is the operator: the sentence says so."""
EMPTY = re.compile(r"\bplease\b|\bsuccessfully\b|\boops\b|\bsorry\b|!$", re.IGNORECASE)


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of the product that may be read by people: where it stands, and itself."""
    for file in sorted(HERE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        silent = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        parts = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(tree):
            text = ""
            if isinstance(node, ast.JoinedStr):
                pieces = [
                    part.value if isinstance(part, ast.Constant) else "x" for part in node.values
                ]
                text = "".join(map(str, pieces))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = "" if id(node) in silent | parts else node.value
            if len(text.split()) >= WORDS:
                yield f"{file.relative_to(HERE)}:{getattr(node, 'lineno', 0)}", text


def test_sentences_name_who_does_it() -> None:
    assert [told for told in sentences() if NOBODY_DOES_IT.search(told[1])] == []


def test_sentences_have_no_empty_words() -> None:
    assert [told for told in sentences() if EMPTY.search(told[1])] == []


def test_the_search_sees_the_product() -> None:
    assert sum(1 for _ in sentences()) > 500


@pytest.mark.parametrize(
    "text",
    [
        "The host did not answer. It is tried again.",
        "No list was read, so nothing is changed: why.",
        "Both differ; they are being repaired.",
    ],
)
def test_what_names_nobody_is_seen(text: str) -> None:
    assert NOBODY_DOES_IT.search(text)
