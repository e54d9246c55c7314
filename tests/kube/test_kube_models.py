"""Models in `kube/api`, files in `crds/` and values in `trust/` say the same."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from partner_operator.kube.api.names import APPLICATIONS, SERVERS
from partner_operator.kube.api.spec import ApplicationSpec, ServerSpec
from partner_operator.kube.api.status import ApplicationStatusModel, ServerStatusModel
from partner_operator.kube.api.values import format_instant
from partner_operator.trust import status as trust_status
from support.kube_objects import crd

ROOTS: list[tuple[str, str, type[BaseModel]]] = [
    (SERVERS, "spec", ServerSpec),
    (SERVERS, "status", ServerStatusModel),
    (APPLICATIONS, "spec", ApplicationSpec),
    (APPLICATIONS, "status", ApplicationStatusModel),
]

OPEN_IN_CRD = {"type", "reason"}
"""Enums of ours that the CRD leaves open: a newer operator's reasons must fit into an older CRD."""


def schema_of(plural: str, part: str) -> dict[str, Any]:
    """The schema of `.spec` or `.status` as the CRD file has it."""
    version = crd(plural)["spec"]["versions"][0]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"][part]
    return schema


def resolve(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """One property of a model's schema without references and without `null`."""
    if "anyOf" in schema:
        schema = next(choice for choice in schema["anyOf"] if choice != {"type": "null"})
    if "allOf" in schema:
        schema = schema["allOf"][0]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def assert_equal(
    where: str, model: dict[str, Any], crd_schema: dict[str, Any], definitions: dict[str, Any]
) -> None:
    """Both schemas have the same fields, types, enums and required fields, all the way down."""
    assert model["type"] == crd_schema["type"], where
    if model["type"] == "array":
        items = resolve(model["items"], definitions)
        assert_equal(f"{where}[]", items, crd_schema["items"], definitions)
        return
    if model["type"] != "object":
        assert model.get("format") in (None, crd_schema.get("format")), where
        if where.rpartition(".")[2] not in OPEN_IN_CRD:
            assert sorted(model.get("enum", [])) == sorted(crd_schema.get("enum", [])), where
        return
    ours = model.get("properties", {})
    theirs = crd_schema.get("properties", {})
    assert sorted(ours) == sorted(theirs), where
    assert sorted(model.get("required", [])) == sorted(crd_schema.get("required", [])), where
    for name, property_schema in ours.items():
        resolved = resolve(property_schema, definitions)
        assert_equal(f"{where}.{name}", resolved, theirs[name], definitions)


@pytest.mark.parametrize(("plural", "part", "model"), ROOTS)
def test_models_and_crds_have_the_same_fields_types_enums_and_requirements(
    plural: str, part: str, model: type[BaseModel]
) -> None:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    assert_equal(f"{plural}.{part}", schema, schema_of(plural, part), schema.get("$defs", {}))


def models_within(model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    """A model and all models in it, each with the path of its JSON."""
    found: list[tuple[str, type[BaseModel]]] = [("", model)]
    for name, info in model.model_fields.items():
        for part in (info.annotation, *get_args(info.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                alias = info.alias or name
                found += [(f".{alias}{path}", inner) for path, inner in models_within(part)]
    return found


def written_default(model: type[BaseModel], name: str) -> Any:
    """A field's default as it stands in YAML; the marker where it has none."""
    info = model.model_fields[name]
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None or value == []:
        return None
    if isinstance(value, BaseModel):
        return {}
    dumped = model.model_construct(**{name: value}).model_dump(
        mode="json", by_alias=True, include={name}, warnings=False
    )
    return dumped[info.alias or name]


@pytest.mark.parametrize(
    ("plural", "model"), [(SERVERS, ServerSpec), (APPLICATIONS, ApplicationSpec)]
)
def test_defaults_of_the_crd_are_those_of_the_models(plural: str, model: type[BaseModel]) -> None:
    for path, inner in models_within(model):
        schema = schema_of(plural, "spec")
        for part in filter(None, path.split(".")):
            schema = schema["properties"][part]
            schema = schema.get("items", schema)
        for name, info in inner.model_fields.items():
            in_crd = schema["properties"][info.alias or name].get("default")
            assert in_crd == written_default(inner, name), f"{path}.{name}"


@pytest.mark.parametrize("plural", [SERVERS, APPLICATIONS])
def test_a_status_begins_as_not_seen_yet(plural: str) -> None:
    """kstatus calls an object without conditions current; generation -1 keeps it in progress."""
    assert schema_of(plural, "status")["default"] == {"observedGeneration": -1}


MODEL_OF: dict[str, type[BaseModel]] = {
    "ApplicationStatus": ApplicationStatusModel,
    "ServerStatus": ServerStatusModel,
}


def dataclasses_within(kind: type[Any]) -> dict[str, set[str]]:
    """Field names of a dataclass and of all dataclasses in it, by path."""
    found = {"": {field.name for field in dataclasses.fields(kind)}}
    for name, hint in get_type_hints(kind).items():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and dataclasses.is_dataclass(part):
                found |= {
                    f".{name}{path}": names for path, names in dataclasses_within(part).items()
                }
    return found


@pytest.mark.parametrize("name", sorted(MODEL_OF))
def test_statuses_of_trust_and_of_the_api_have_the_same_fields(name: str) -> None:
    expected = dataclasses_within(getattr(trust_status, name))
    actual: dict[str, set[str]] = {}

    def walk(path: str, model: type[BaseModel]) -> None:
        actual[path] = set(model.model_fields)
        for field, info in model.model_fields.items():
            for part in (info.annotation, *get_args(info.annotation)):
                if isinstance(part, type) and issubclass(part, BaseModel):
                    walk(f"{path}.{field}", part)

    walk("", MODEL_OF[name])
    assert actual == expected


def test_instants_end_in_z() -> None:
    assert format_instant(datetime(2026, 11, 25, 8, tzinfo=UTC)) == "2026-11-25T08:00:00Z"
