"""Whatever stands in a status, of whatever version, is shown or left out; nothing raises."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.view.overview import Overview, counts, overview_of
from partner_operator.view.plain import plain
from support.view import scenes

ODD: tuple[object, ...] = (None, True, -1, "?", [[]], [{}], {"": {}})
NOW = datetime(2026, 11, 30, tzinfo=UTC)
TIMES = st.sampled_from(
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-11-30",
        "soon",
        "2026-13-01T00:00:00Z",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TIMES
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def all_of(overview: Overview) -> None:
    """Everything that anybody shows."""
    json.dumps(plain(overview))
    counts(overview.trusts)
    assert overview.told_at is None or overview.told_at.tzinfo is not None
    assert len({pair.one.key for pair in overview.pairs}) <= len(overview.trusts)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=3), st.lists(JSON, max_size=3))
def test_any_json_is_an_object_to_us(servers: list[object], trusts: list[object]) -> None:
    all_of(overview_of(servers, trusts, NOW))


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a document."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def test_each_field_of_a_real_object_may_be_anything() -> None:
    """One field after the other is replaced by what belongs there least."""
    scene = scenes.all_sorts()
    for body in scene.servers:
        for place in places(body):
            for odd in ODD:
                all_of(overview_of([_with(body, place, odd)], [], NOW))
    for body in scene.trusts:
        for place in places(body):
            for odd in ODD:
                all_of(overview_of([], [_with(body, place, odd)], NOW))


def _with(value: Any, path: tuple[Any, ...], odd: object) -> Any:
    if not path:
        return odd
    changed = copy.copy(value)
    changed[path[0]] = _with(value[path[0]], path[1:], odd)
    return changed


def test_what_a_newer_operator_says_is_shown_as_it_says_it() -> None:
    """A reason, a state and a kind that this version has never heard of."""
    scene = scenes.six_trusts()
    ready = next(c for c in scene.trusts[0]["status"]["conditions"] if c["type"] == "Ready")
    ready |= {"status": "Unknown", "reason": "WaitingForTheMoon", "message": "It is not full."}
    scene.servers[0]["status"]["iis"] = {"hosts": [{"name": "ex1", "state": "Floating"}]}
    scene.servers[0]["status"]["undeclared"] = [{"identity": "a", "kind": "Quantum"}]
    overview = overview_of(*scene)
    [waiting] = [
        each
        for each in overview.waiting
        if each.subject.name == scene.trusts[0]["metadata"]["name"]
    ]
    assert waiting.subject.told.state.word == "Waiting"
    assert waiting.subject.told.reason == "WaitingForTheMoon"
    assert waiting.wait.sentence == "It is not full."
    [exchange] = [each for each in overview.servers if each.name == "exchange"]
    assert [host.state for host in exchange.hosts] == [None]
    assert [each.kind.value for each in exchange.undeclared] == ["kind unknown"]


def test_names_that_drive_a_terminal_are_written_out() -> None:
    scene = scenes.six_trusts()
    scene.trusts[0]["status"]["conditions"][0]["message"] = "\x1b[2J\u202e"
    scene.servers[0]["status"]["organization"] = "\x1b]0;title\x07"
    scene.servers[0]["status"].pop("columns", None)
    shown = json.dumps(plain(overview_of(*scene)), ensure_ascii=False)
    assert "\\\\x1b]0;title\\\\x07" in shown
    assert not {"\x1b", "\u202e", "\x07"} & set(shown)
