"""The page as text: complete, escaped, and in need of nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from partner_operator.report import timeline
from partner_operator.report.page import page
from partner_operator.report.picture import MOST_PARTIES, MOST_PICTURES, pictures_of
from partner_operator.view.certificates import Certificate, Role, stage
from partner_operator.view.overview import overview_of
from partner_operator.view.states import State
from support.view import scenes
from support.view.scenes import Scene

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Every element closed, every address noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "action"}
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def made(scene: Scene) -> str:
    return page(overview_of(*scene), cluster="prod")


SCENES = [scenes.six_trusts, scenes.all_sorts, scenes.odd_names, lambda: scenes.many(500)]


@pytest.mark.parametrize("scene", SCENES)
def test_it_is_whole_and_asks_nobody(scene: Callable[[], Scene]) -> None:
    text = made(scene())
    read = Reader(text)
    assert read.open == []
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(read.names)
    assert not {name for name in read.attributes if name.startswith("on") or name == "style"}
    assert {address[0] for address in read.addresses} == {"#"}
    assert {found[0] for found in re.findall(r"url\((.)", text)} <= {"#"}
    assert "@import" not in text


def test_its_policy_allows_exactly_its_own_style() -> None:
    text = made(scenes.all_sorts())
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in text


def test_what_others_wrote_is_text() -> None:
    text = made(scenes.odd_names())
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;" in text
    assert "<img" not in text
    assert (
        page(overview_of([], [], scenes.six_trusts().now), cluster="</title><b>").count("<b>") == 0
    )


def test_every_part_can_be_heard() -> None:
    """Titles and descriptions of pictures, headings of columns and rows."""
    text = made(scenes.all_sorts())
    [picture] = re.findall(r'<svg class="picture".*?</svg>', text, re.DOTALL)
    assert 'role="img" aria-labelledby="t1 d1"' in picture
    description = picture.split('<desc id="d1">')[1].split("</desc>")[0]
    assert "lync trusts sharepoint: Suspended (sharepoint-on-lync)." in description
    assert "sharepoint trusts exchange: Ready (exchange-on-sharepoint)." in description
    heads = re.findall(r"<thead>.*?</thead>", text, re.DOTALL)
    assert heads
    assert all('<th scope="col"' in head for head in heads)
    rows = re.findall(r"<tr>.*?</tr>", text.split("<main>")[1], re.DOTALL)
    assert all('scope="row"' in row or 'scope="col"' in row for row in rows)


def test_lines_tell_states_apart_without_colour() -> None:
    """Each state has a stroke of its own, and its word stands at the line."""
    style = made(scenes.six_trusts()).split("<style>")[1]
    strokes = {}
    for state in State:
        found = re.search(rf"svg \.{state.name} \.way {{([^}}]*)}}", style)
        strokes[state] = found[1].strip() if found else ""
    assert len(set(strokes.values())) == len(State)
    assert not strokes[State.READY]


def test_a_picture_of_too_many_is_none() -> None:
    overview = overview_of(*scenes.many(500))
    pictures, without = pictures_of(overview)
    assert len(pictures) == MOST_PICTURES
    assert without == len(overview.namespaces) - MOST_PICTURES
    assert pictures[0].title == "site-001"
    crowd = scenes.six_trusts()
    for number in range(MOST_PARTIES):
        body = scenes.all_sorts().trusts[2]
        url = f"https://lync-{number}.example/metadata/json/1"
        body["metadata"]["name"] = f"more-{number}"
        body["spec"] = {"serverRef": {"name": "exchange"}, "partner": {"authMetadataUrl": url}}
        crowd.trusts.append(body)
    assert pictures_of(overview_of(*crowd)) == ((), 1)
    text = page(overview_of(*crowd))
    assert "1 namespace is not drawn" in text
    assert "lync-7.example" in text


def test_two_directions_are_two_lines_that_do_not_lie_on_each_other() -> None:
    [picture], _ = pictures_of(overview_of(*scenes.six_trusts()))
    assert len(picture.edges) == 6
    assert len({edge.path for edge in picture.edges}) == 6
    places = [(edge.label_x, edge.label_y) for edge in picture.edges]
    for place, (x, y) in enumerate(places):
        for other_x, other_y in places[place + 1 :]:
            assert abs(x - other_x) > 90 or abs(y - other_y) > 18


@pytest.mark.parametrize(("scene", "places"), [(scenes.six_trusts, 3), (scenes.all_sorts, 6)])
def test_boxes_stand_apart_and_within(scene: Callable[[], Scene], places: int) -> None:
    [picture], _ = pictures_of(overview_of(*scene()))
    assert len(picture.boxes) == places
    for edge in picture.edges:
        assert edge.plate / 2 <= edge.label_x <= picture.width - edge.plate / 2
        assert 10 <= edge.label_y <= picture.height - 10
    for place, box in enumerate(picture.boxes):
        assert 84 <= box.x <= picture.width - 84
        assert 28 <= box.y <= picture.height - 28
        for other in picture.boxes[place + 1 :]:
            assert abs(box.x - other.x) > 168 or abs(box.y - other.y) > 56


def test_bars_stand_where_their_times_are() -> None:
    now = scenes.six_trusts().now

    def bar(starts: int, ends: int) -> timeline.Bar:
        begins, over = now + timedelta(days=starts), now + timedelta(days=ends)
        made = timeline.bar_of(
            Certificate(Role.SIGNS, "AB", "", begins, over, stage(begins, over, now)), now
        )
        assert made is not None
        return made

    assert bar(0, 60).x == pytest.approx(timeline.NOW, abs=0.1)
    assert bar(0, 60).x + bar(0, 60).width == pytest.approx(timeline.WARNED, abs=0.1)
    assert bar(-9999, 9999).goes_on
    assert bar(-9999, 9999).width == timeline.WIDTH
    assert bar(-99, -70).width == 2.0
