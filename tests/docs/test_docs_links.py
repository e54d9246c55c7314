"""Links and file names in the pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.docs.pages import ROOT, anchors, links, name_of, pages

LONGEST_LINE = 160
FILE = re.compile(
    r"(?<![\w./-])(?:docs|tests|tools|operator|crds|charts|manifests|examples|simulator|requirements|windows|gitops)/[\w./-]*\w"
)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_inside_the_repository_resolve(page: Path) -> None:
    broken = []
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert sorted(name_of(page) for page in set(pages()) - reached) == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    named = set(FILE.findall(page.read_text()))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_lines_are_short(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def test_names_of_files_are_found_in_text() -> None:
    assert FILE.findall("see `docs/a.md`, (tools/b/) and https://x/docs/c.") == [
        "docs/a.md",
        "tools/b",
    ]
