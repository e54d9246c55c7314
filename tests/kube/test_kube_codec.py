"""`.status` to `trust.status` and back without loss; what is damaged is forgotten, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from partner_operator.kube.api.codec import application_status, server_status, to_json
from partner_operator.kube.api.derived import InYAML
from partner_operator.kube.api.durations import format_duration, parse_duration
from partner_operator.trust.status import ApplicationStatus, ChangeKind, ServerStatus

instants = st.datetimes(
    min_value=datetime(1970, 1, 1),
    max_value=datetime(9998, 12, 31),
    timezones=st.just(UTC),
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3650))
for kind, strategy in ((datetime, instants), (str, texts), (timedelta, durations)):
    st.register_type_strategy(kind, strategy)


@settings(max_examples=60, deadline=None)
@given(st.from_type(ApplicationStatus))
def test_an_application_status_comes_back_as_it_was(status: ApplicationStatus) -> None:
    assert application_status(to_json(status)) == status


@settings(max_examples=60, deadline=None)
@given(st.from_type(ServerStatus))
def test_a_server_status_comes_back_as_it_was(status: ServerStatus) -> None:
    assert server_status(to_json(status)) == status


@given(durations)
def test_a_duration_comes_back_as_it_was(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90s", timedelta(seconds=90)),
        ("60m", timedelta(hours=1)),
        ("1h0m0s", timedelta(hours=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5s", timedelta(seconds=1.5)),
        ("250ms", timedelta(milliseconds=250)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_read_as_kubernetes_people_write_them(text: str, value: timedelta) -> None:
    """C20: `60m`, `1h` and `1h0m0s` are one duration, and nobody rewrites what was written."""
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["", "10", "m", "-1h", "1d", "1h 30m", "1h\n", "9" * 400 + "h"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@dataclass(frozen=True, slots=True)
class Look:
    """A dataclass within another."""

    seen_at: datetime
    passed: bool
    took: timedelta | None


@dataclass(frozen=True, slots=True)
class Shapes:
    """Each shape that a field of a status can have."""

    changed_at: tuple[datetime, ...]
    took: Mapping[str, timedelta]
    kinds: tuple[ChangeKind, ...]
    last_look: Look | None
    looks_at: Mapping[str, Look] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    is_new: bool = False


SHAPES = TypeAdapter[Shapes](Annotated[Shapes, InYAML])


def test_each_shape_of_a_field_has_its_yaml() -> None:
    look = Look(datetime(2026, 11, 25, 8, tzinfo=UTC), True, None)
    shapes = Shapes(
        changed_at=(look.seen_at,),
        took=MappingProxyType({"/ews": timedelta(hours=1)}),
        kinds=(ChangeKind.UPDATE,),
        last_look=look,
        looks_at={"a.b": Look(look.seen_at, False, timedelta(seconds=1.5))},
    )
    written = SHAPES.dump_python(shapes, mode="json", by_alias=True, exclude_none=True)
    assert written == {
        "changedAt": ["2026-11-25T08:00:00Z"],
        "took": {"/ews": "1h"},
        "kinds": ["Update"],
        "lastLook": {"seenAt": "2026-11-25T08:00:00Z", "result": "Passed"},
        "looksAt": {
            "a.b": {"seenAt": "2026-11-25T08:00:00Z", "result": "Failed", "took": "1s500ms"}
        },
        "ports": [],
        "isNew": False,
    }
    assert SHAPES.validate_python(written) == shapes


def test_what_has_a_default_or_may_be_none_may_be_left_out_and_nothing_else() -> None:
    least = {"changedAt": [], "took": {}, "kinds": [], "fromNewerVersion": 1}
    assert SHAPES.validate_python(least) == Shapes((), {}, (), None)
    with pytest.raises(ValidationError, match="kinds\n  Field required"):
        SHAPES.validate_python({"changedAt": [], "took": {}})


GOOD_CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Succeeded",
    "message": "",
    "observedGeneration": 4,
    "lastTransitionTime": "2026-11-25T08:00:00Z",
}


@pytest.mark.parametrize(
    "damage",
    [
        {"registration": {"identity": 3}},
        {"registration": "gone"},
        {"connectivity": {"result": "Maybe"}},
        {"intent": {"kind": "Explode", "startedAt": "2026-11-25T08:00:00Z", "host": "h"}},
        {"intent": {"kind": "Update", "startedAt": "2026-11-25T08:00:00", "host": "h"}},
        {"repair": []},
        {"plan": "text"},
        {"fromNewerVersion": {"a": 1}},
        {"counterpart": None},
    ],
)
def test_a_damaged_field_is_empty_memory_and_the_rest_is_kept(damage: dict[str, Any]) -> None:
    """Rule 15: an empty status is no reason to change anything, so to forget is always safe."""
    status = application_status({"observedGeneration": 4, "conditions": [GOOD_CONDITION], **damage})
    assert status.observed_generation == 4
    assert [condition.type for condition in status.conditions] == ["Ready"]
    assert status.registration is None
    assert status.intent is None


def test_a_damaged_condition_is_dropped_alone() -> None:
    unknown_reason = {**GOOD_CONDITION, "type": "Activated", "reason": "FromTheFuture"}
    status = application_status({"conditions": [unknown_reason, "text", GOOD_CONDITION]})
    assert [condition.type for condition in status.conditions] == ["Ready"]


@pytest.mark.parametrize("document", [None, [], "text", 3, {}])
def test_no_status_at_all_is_an_empty_memory(document: object) -> None:
    assert server_status(document) == ServerStatus()
