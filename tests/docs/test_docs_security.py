"""The threat model: each line names tests that show it, and they exist."""

from __future__ import annotations

import re

import pytest

from support.docs.pages import DOCS
from support.docs.tests import exists

PAGE = (DOCS / "security.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
RIGHTS = PAGE.partition("## Who gets what at most\n")[2].partition("\n## ")[0]
LINES = [line.split("\n\n")[0] for line in re.split(r"^- ", RIGHTS, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("named", sorted(set(NAMED.findall(PAGE))))
def test_each_test_that_is_named_exists(named: str) -> None:
    assert exists(named)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("\n")[0][:40])
def test_each_line_of_the_rights_names_a_test(line: str) -> None:
    assert NAMED.search(line)


def test_the_rights_are_seen() -> None:
    """Else the test above would find nothing to say."""
    assert len(LINES) > 30
    assert LINES[0].startswith("Lets servers of one namespace")


def test_what_does_not_exist_is_found() -> None:
    assert exists("tests/docs/test_docs_security.py::test_the_rights_are_seen")
    assert exists("tests/docs/test_docs_security.py")
    assert exists("tests/docs/test_docs_security.py::test_the_rights_are_seen[a-b.py]")
    assert not exists("tests/docs/test_docs_security.py::test_the_rights_are_see")
    assert not exists("tests/docs/test_docs_securit.py")
