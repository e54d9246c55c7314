"""YAML that people copy is YAML that the operator takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from partner_operator.catalog import CATALOG
from partner_operator.kube.api.names import API_VERSION
from partner_operator.kube.api.spec import ApplicationSpec, ServerSpec
from partner_operator.kube.parse import parse_server
from partner_operator.trust.model import RestartWindow
from partner_operator.trust.windows import check_window, next_opening, open_until
from support.docs.pages import DOCS, ROOT, name_of, objects, pages

MODELS: dict[str, type[BaseModel]] = {
    "PartnerServer": ServerSpec,
    "PartnerApplication": ApplicationSpec,
}


def ours(page: Path) -> list[dict[str, Any]]:
    """The objects of our kinds in a page or a YAML file."""
    found = objects(page) if page.suffix == ".md" else list(yaml.safe_load_all(page.read_text()))
    return [each for each in found if each["apiVersion"].startswith("partner-operator.io")]


def unknown_fields(given: dict[str, Any], understood: dict[str, Any], path: str) -> list[str]:
    """What the model does not know, and would silently ignore."""
    found = []
    for name, value in given.items():
        if name not in understood:
            found.append(f"{path}.{name}")
        elif isinstance(value, dict):
            found += unknown_fields(value, understood[name], f"{path}.{name}")
    return found


@pytest.mark.parametrize(
    "page", [*pages(), *sorted((ROOT / "examples").glob("*.yaml"))], ids=name_of
)
def test_every_object_validates_and_has_no_field_that_is_ignored(page: Path) -> None:
    for each in ours(page):
        assert each["apiVersion"] == API_VERSION
        spec = MODELS[each["kind"]].model_validate(each["spec"])
        understood = spec.model_dump(by_alias=True)
        assert unknown_fields(each["spec"], understood, each["kind"]) == []


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        ("README.md", {"PartnerServer", "PartnerApplication"}),
        ("docs/partnerserver.md", {"PartnerServer"}),
        ("docs/partnerapplication.md", {"PartnerApplication"}),
    ],
)
def test_the_pages_show_their_kinds(page: str, kinds: set[str]) -> None:
    assert {each["kind"] for each in ours(ROOT / page)} == kinds


def example_window() -> RestartWindow:
    """The window of the example in docs/partnerserver.md."""
    body = ours(DOCS / "partnerserver.md")[0]
    body["metadata"] |= {"namespace": "a", "uid": "b", "generation": 1}
    body["metadata"]["creationTimestamp"] = "2026-11-25T08:00:00Z"
    (window,) = parse_server(body, CATALOG).desired.restart.windows
    check_window(window)
    return window


def test_the_window_of_the_example_opens_after_the_gap_as_the_page_says() -> None:
    """C18: 02:30 does not exist on 2027-03-28; the window opens at 03:00 summer time."""
    opening = next_opening([example_window()], datetime(2027, 3, 27, 12, tzinfo=UTC))
    assert opening == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_the_window_of_the_example_opens_once_when_the_hour_comes_twice() -> None:
    """C18: 02:30 comes twice on 2027-10-31; the first counts, for two real hours."""
    window, opening = example_window(), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert next_opening([window], datetime(2027, 10, 30, 12, tzinfo=UTC)) == opening
    assert open_until([window], opening) == datetime(2027, 10, 31, 2, 30, tzinfo=UTC)
    assert next_opening([window], opening) == datetime(2027, 11, 7, 1, 30, tzinfo=UTC)
