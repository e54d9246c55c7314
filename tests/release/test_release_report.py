"""The page of `partner-operator report` in a real browser: it shows what it should, wherever it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from partner_operator.report.page import page
from partner_operator.view.overview import overview_of
from partner_testbed.chromium import Chromium, find_chromium
from support.report.browser import measured, picture
from support.view import scenes
from support.view.scenes import Scene

SCENES: dict[str, Callable[[], Scene]] = {
    "six": scenes.six_trusts,
    "all": scenes.all_sorts,
    "many": lambda: scenes.many(500),
    "odd": scenes.odd_names,
}


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """The browser."""
    return find_chromium(print)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page for each scene."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, scene in SCENES.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(page(overview_of(*scene()), cluster="demo"), encoding="utf-8")
    return paths


@pytest.mark.parametrize("width", [360, 800, 1280, 1920])
@pytest.mark.parametrize("name", list(SCENES))
def test_nothing_leaves_its_place_at_any_width(
    chromium: Chromium, pages: dict[str, Path], name: str, width: int
) -> None:
    seen = measured(chromium, pages[name], width)
    assert seen.faults == []
    scene = SCENES[name]()
    assert seen.rows >= len(scene.servers) + len(scene.trusts)


def test_what_it_says_stands_there_in_words(chromium: Chromium, pages: dict[str, Path]) -> None:
    """A colour-blind reader, and a grey printer, miss nothing."""
    seen = measured(chromium, pages["all"], 1280)
    for word in (
        "Stalled",
        "Waiting",
        "Unknown",
        "Differs",
        "Suspended",
        "Ready",
        "ends soon",
        "Failed",
        "Passed",
    ):
        assert word in seen.text
    for name in (
        scenes.CHINESE,
        "舊的 SharePoint",
        "ACS - 3f2b0c4e",
        "old sts",
        "lync.fabrikam.com",
    ):
        assert name in seen.text
    assert "partner-operator approve-restart exchange -n trust" in seen.text
    assert seen.ways == 9 + 6  # trusts, and the legend's lines


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(
    chromium: Chromium, pages: dict[str, Path], tmp_path: Path, dark: bool
) -> None:
    console = chromium.picture(pages["all"], tmp_path / "a.png", 1280, 2400, dark=dark)
    assert console == ""
    shot = picture(tmp_path / "a.png")
    assert (shot.width, shot.height) == (1280, 2400)
    assert shot.inked > 0.3


def test_light_and_dark_are_two(chromium: Chromium, pages: dict[str, Path], tmp_path: Path) -> None:
    for name, dark in (("light", False), ("dark", True)):
        chromium.picture(pages["six"], tmp_path / f"{name}.png", 800, 600, dark=dark)
    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "dark.png").read_bytes()


def test_it_can_be_printed(chromium: Chromium, pages: dict[str, Path], tmp_path: Path) -> None:
    assert chromium.print_out(pages["all"], tmp_path / "a.pdf") == ""
    printed = (tmp_path / "a.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 2 <= sheets <= 8


def test_no_script_runs_and_nothing_is_fetched(
    chromium: Chromium, pages: dict[str, Path], tmp_path: Path
) -> None:
    """Even if somebody got a tag into the page, its policy would stop it."""
    text = pages["all"].read_text(encoding="utf-8")
    smuggled = (
        "<script>document.body.append('it ran')</script><style>h1 { color: red }</style>"
        "<img src='https://attacker.example/a.png' onerror=\"document.body.append('it ran')\">"
    )
    path = tmp_path / "smuggled.html"
    path.write_text(text.replace("</main>", f"{smuggled}</main>"), encoding="utf-8")
    dom, console = chromium.dom(path)
    assert "it ran</body>" not in dom
    assert dom.count("it ran") == text.count("it ran") + 2
    assert console.count("violates the following Content Security Policy directive") >= 3
