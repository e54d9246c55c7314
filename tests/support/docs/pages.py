"""The pages for people as data: tables, YAML blocks, links, anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ID = re.compile(r'<a id="([\w-]+)"></a>')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]


def name_of(page: Path) -> str:
    """How a page is called in the name of a test."""
    return str(page.relative_to(ROOT))


def fences(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks: language and text."""
    return _FENCE.findall(page.read_text())


def without_code(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def links(page: Path) -> list[str]:
    """Targets of all links that stay in the repository."""
    targets = _LINK.findall(without_code(page.read_text()))
    return [target for target in targets if "://" not in target]


def anchors(page: Path) -> set[str]:
    """What can stand behind # in a link to this page, as GitHub makes it of headings, and ids that are written."""
    text = without_code(page.read_text())
    headings = _HEADING.findall(text)
    return set(_ID.findall(text)) | {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


def objects(page: Path) -> list[dict[str, Any]]:
    """Every object in the page's YAML blocks that has an apiVersion."""
    found = []
    for language, text in _FENCE.findall(page.read_text()):
        if language == "yaml":
            documents = list(yaml.safe_load_all(text))
            found += [document for document in documents if "apiVersion" in document]
    return found


def commands(page: Path, heading: str) -> list[str]:
    """The blocks of shell commands under a heading, as a reader would type them, in their order."""
    text = page.read_text()
    (begin,) = re.finditer(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    rest = text[begin.end() :]
    end = re.search(rf"^#{{1,{len(begin[1])}}} [A-Z]", rest, re.MULTILINE)
    part = rest[: end.start()] if end else rest
    return [block for language, block in _FENCE.findall(part) if language == "sh"]


def table_rows(page: Path) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in without_code(page.read_text()).splitlines():
        if line.startswith("| ") and line.endswith(" |"):
            yield [cell.strip() for cell in line[1:-1].split("|")]
