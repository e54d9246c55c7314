"""Citations in code, tests and pages lead to what stands in docs/: rules, cases, facts, anchors of pages.

`rule 7` and `rules 1 to 4` stand in docs/rules.md, `C04` (and `_c04_` in a test's name) in docs/cases.md, `P-EX-4` in
docs/protocol.md, and a page with an anchor behind it has that anchor.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from support.docs.pages import DOCS, ROOT, anchors

RULE = re.compile(r"\b[Rr]ules?\s+(?:#\s+)?(\d+(?:(?:, and|,| and| to| or)\s+(?:#\s+)?\d+)*)\b")
CASE = re.compile(r"(?<![\w#&+/=-])C(\d\d)(?![\w+/=])|(?<=_)c(\d\d)(?=_)")
FACT = re.compile(r"\bP-[A-Z][A-Z0-9]*-\d+\b")
PAGE = re.compile(r"\bdocs/([\w-]+\.md)#([\w-]+)")
FOREIGN = re.compile(
    r"\b[Dd]esign\s+(?:#\s+)?(?:rules?\s+)?\d+"
    r"|\b[Dd]omain\s+(?:#\s+)?reference\b"
    r"|\b[Kk]nown[- ]strings?\s+(?:#\s+)?S?\d+"
    r"|\b[Ff]ield cases?\b"
    r"|(?<![\w+/=-])K\d{1,2}(?![\w+/=])"
    r"|\b[\w-]+\.md,?\s+(?:§\s*)?\d+(?:\.\d+)*\b"
    r"|§\s*\d"
)
"""How documents that are not in the repository were cited."""
DOCUMENT = re.compile(r"(?<![\w*/.-])(?:docs/)?([\w-]{2,}\.md)\b")


def citations(text: str) -> Iterator[tuple[int, str, str]]:
    """Each citation: where it begins, its words, and `page#anchor` that it must lead to."""
    for found in RULE.finditer(text):
        for number in _numbers(found[1]):
            yield found.start(), f"rule {number}", f"rules.md#rule-{number}"
    for found in CASE.finditer(text):
        case = f"C{found[1] or found[2]}"
        yield found.start(), case, f"cases.md#{case.lower()}"
    for found in FACT.finditer(text):
        yield found.start(), found[0], f"protocol.md#{found[0].lower()}"
    for found in PAGE.finditer(text):
        yield found.start(), found[0], f"{found[1]}#{found[2]}"


def _numbers(words: str) -> list[int]:
    """The numbers of `1, 3 and 5` or of `1 to 4`."""
    numbers = [int(number) for number in re.findall(r"\d+", words)]
    if re.search(r"\bto\b", words) and len(numbers) == 2:
        return list(range(numbers[0], numbers[1] + 1))
    return numbers


def faults(name: str, text: str) -> list[str]:
    """`file:line: citation` of each citation that leads nowhere, and why."""
    found = [
        (at, f"{words} is not in docs/{target.partition('#')[0]}")
        for at, words, target in citations(text)
        if target not in targets()
    ]
    found += [
        (match.start(), f"'{match[0]}' cites a document that is not in the repository")
        for match in FOREIGN.finditer(text)
    ]
    found += [
        (match.start(), f"no page is called {match[1]}")
        for match in DOCUMENT.finditer(text)
        if match[1] not in documents()
    ]
    return [f"{name}:{text.count(chr(10), 0, at) + 1}: {why}" for at, why in sorted(found)]


@cache
def targets() -> frozenset[str]:
    """Everything that can be cited."""
    return frozenset(
        f"{page.name}#{anchor}" for page in DOCS.glob("*.md") for anchor in anchors(page)
    )


@cache
def documents() -> frozenset[str]:
    """Names of the pages of the repository."""
    return frozenset(path.name for path in tracked() if path.suffix == ".md")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, those included that are about to be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    paths = sorted({ROOT / name for name in listed.decode().split("\0") if name})
    return tuple(path for path in paths if path.is_file())


@cache
def texts() -> dict[str, str]:
    """What is written in them. This file, which shows what is wrong, is left out."""
    found = {}
    for path in tracked():
        if path != Path(__file__).resolve():
            try:
                found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def test_every_citation_leads_somewhere() -> None:
    assert [fault for name, text in texts().items() for fault in faults(name, text)] == []


def test_every_fact_is_cited() -> None:
    """A fact that nobody leans on any more goes."""
    cited = {
        target
        for name, text in texts().items()
        if not name.startswith("docs/")
        for _, _, target in citations(text)
    }
    facts = {f"protocol.md#{anchor}" for anchor in anchors(DOCS / "protocol.md")}
    assert sorted(fact for fact in facts if "#p-" in fact and fact not in cited) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"""Rule 99."""', "a.py:1: rule 99 is not in docs/rules.md"),
        ("\n\n# as rule\n# 99 says", "a.py:3: rule 99 is not in docs/rules.md"),
        ("(rules 1, 2 and 99)", "a.py:1: rule 99 is not in docs/rules.md"),
        ("rules 27 to 29", "a.py:1: rule 29 is not in docs/rules.md"),
        ("case C99", "a.py:1: C99 is not in docs/cases.md"),
        ("def test_c99_is_there", "a.py:1: C99 is not in docs/cases.md"),
        ("(P-EX-99)", "a.py:1: P-EX-99 is not in docs/protocol.md"),
        ("docs/rules.md#rule-99", "a.py:1: docs/rules.md#rule-99 is not in docs/rules.md"),
        ("see winrm-notes.md", "a.py:1: no page is called winrm-notes.md"),
        ("docs/winrm-notes.md", "a.py:1: no page is called winrm-notes.md"),
        ("design 3", "a.py:1: 'design 3' cites a document that is not in the repository"),
        ("design rule 7", "a.py:1: 'design rule 7' cites a document that is not in the repository"),
        ("(Domain reference 1.8)", "a.py:1: 'Domain reference' cites a document that"),
        ("README.md 3.2", "a.py:1: 'README.md 3.2' cites a document that is not in the repository"),
        ("known string S7", "a.py:1: 'known string S7' cites a document that"),
        ("(K3)", "a.py:1: 'K3' cites a document that is not in the repository"),
    ],
)
def test_a_citation_that_leads_nowhere_is_named(text: str, fault: str) -> None:
    (told,) = faults("a.py", text)
    assert told.startswith(fault)


@pytest.mark.parametrize(
    "text",
    [
        "rule 1, and rules 1 to 4",
        "(rules 1 and 15)",
        "a rule `words_not_judged`, rule by rule",
        "case C04, test_c11_lists_stay_lists",
        "AC04, #C50C04, C04Z, C004, c04",
        "(P-EX-2, P-LY-2)",
        "curve P-256",
        "docs/rules.md#rule-7, [C26](cases.md#c26)",
        "the design of the house, K8s, https://example.com/blob/main/docs/conventions.md",
    ],
)
def test_what_is_right_or_no_citation_is_let_pass(text: str) -> None:
    assert faults("a.py", text) == []
