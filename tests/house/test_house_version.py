"""One version: the operator says it, and whatever else names one names the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from partner_operator import __version__
from partner_release.facts import version
from support.house.parts import ROOT

CHART = yaml.safe_load((ROOT / "charts/partner-operator/Chart.yaml").read_text())


def test_package_and_release_take_it_from_the_operator() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    attribute = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == "partner_operator.__version__"
    assert version() == __version__


def test_the_chart_is_the_operators() -> None:
    assert (CHART["version"], CHART["appVersion"]) == (__version__, __version__)


@pytest.mark.parametrize("folder", ["manifests", "charts", "docs", "README.md"])
def test_whoever_names_the_image_names_this_one(folder: str) -> None:
    path = ROOT / folder
    texts = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    named = {
        (str(each.relative_to(ROOT)), tag)
        for each in texts
        for tag in re.findall(r"partner-operator:v?(\d[\w.-]*)", each.read_text(errors="replace"))
    }
    assert {tag for _, tag in named} <= {__version__}, named
    assert named or folder == "docs"


def test_the_changelog_has_a_chapter_for_it() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(__version__)}( |$)", text, re.MULTILINE)


def test_the_simulator_goes_with_it() -> None:
    project = tomllib.loads(Path(ROOT / "simulator/pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
