"""README in Traditional Chinese says what README says: the same sections, commands, tables and links."""

from __future__ import annotations

import re

from support.docs.pages import ROOT, fences, links

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-TW.md"
CHARACTER = re.compile(r"[\u4e00-\u9fff]")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def _levels(text: str) -> list[int]:
    return [len(mark) for mark, _ in HEADING.findall(text)]


def test_the_headings_stand_in_the_same_order() -> None:
    english, chinese = ENGLISH.read_text(), CHINESE.read_text()
    assert _levels(english) == _levels(chinese)
    assert all(
        CHARACTER.search(name) for _, name in HEADING.findall(chinese)[1:] if "#" not in name
    )


def test_the_blocks_of_code_are_the_same() -> None:
    assert fences(CHINESE) == fences(ENGLISH)
    assert len(fences(ENGLISH)) >= 6


def test_the_same_pages_are_linked_as_often() -> None:
    english, chinese = (
        sorted(link for link in links(page) if not link.startswith(("#", "README")))
        for page in (ENGLISH, CHINESE)
    )
    assert chinese == english


def test_tables_have_the_same_rows_and_lists_the_same_items() -> None:
    def shape(text: str) -> list[str]:
        marks = [line[0] + str(line.count(" |")) for line in text.splitlines() if line[:1] == "|"]
        return marks + [line[:2] for line in text.splitlines() if line.startswith("- ")]

    assert shape(CHINESE.read_text()) == shape(ENGLISH.read_text())
