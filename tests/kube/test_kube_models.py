"""Types of `trust/` and `kube/api` and the files in `crds/` say the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from partner_operator.kube.api.codec import APPLICATION, SERVER
from partner_operator.kube.api.names import APPLICATIONS, SERVERS
from partner_operator.kube.api.spec import ApplicationSpec, ServerSpec
from partner_operator.kube.api.values import format_instant
from support.kube.objects import crd

ROOTS: list[tuple[str, str, TypeAdapter[Any]]] = [
    (SERVERS, "spec", TypeAdapter(ServerSpec)),
    (SERVERS, "status", SERVER),
    (APPLICATIONS, "spec", TypeAdapter(ApplicationSpec)),
    (APPLICATIONS, "status", APPLICATION),
]

OPEN_IN_CRD = {"type", "reason"}
"""Enums of ours that the CRD leaves open: a newer operator's reasons must fit into an older CRD."""


def schema_of(plural: str, part: str) -> dict[str, Any]:
    """The schema of `.spec` or `.status` as the CRD file has it."""
    version = crd(plural)["spec"]["versions"][0]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"][part]
    return schema


def resolve(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A type's schema without references and without `null`."""
    if "anyOf" in schema:
        schema = next(choice for choice in schema["anyOf"] if choice != {"type": "null"})
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def assert_equal(
    where: str, ours: dict[str, Any], theirs: dict[str, Any], definitions: dict[str, Any]
) -> None:
    """Both schemas have the same fields, types, enums and required fields, all the way down."""
    ours = resolve(ours, definitions)
    assert ours["type"] == theirs["type"], where
    assert ours.get("format") in (None, theirs.get("format")), where
    if where.rpartition(".")[2] not in OPEN_IN_CRD:
        assert sorted(ours.get("enum", [])) == sorted(theirs.get("enum", [])), where
    for inner in ("items", "additionalProperties"):
        assert (inner in ours) == (inner in theirs), where
        if inner in ours:
            assert_equal(f"{where}[]", ours[inner], theirs[inner], definitions)
    properties = theirs.get("properties", {})
    assert sorted(ours.get("properties", {})) == sorted(properties), where
    assert sorted(ours.get("required", [])) == sorted(theirs.get("required", [])), where
    for name, schema in ours.get("properties", {}).items():
        assert_equal(f"{where}.{name}", schema, properties[name], definitions)


@pytest.mark.parametrize(("plural", "part", "types"), ROOTS)
def test_types_and_crds_have_the_same_fields_enums_and_requirements(
    plural: str, part: str, types: TypeAdapter[Any]
) -> None:
    schema = types.json_schema(by_alias=True, mode="serialization")
    assert_equal(f"{plural}.{part}", schema, schema_of(plural, part), schema.get("$defs", {}))


THE_PRODUCTS_OWN = {"partnerservers.restart.policy"}
"""Where nothing is declared, the rules of the product say it: no default of the CRD could."""


def assert_same_defaults(
    where: str, ours: dict[str, Any], theirs: dict[str, Any], definitions: dict[str, Any]
) -> None:
    """Both schemas have the same defaults, all the way down."""
    for name, schema in ours.get("properties", {}).items():
        in_crd, field = theirs["properties"][name], f"{where}.{name}"
        inner = resolve(schema, definitions)
        if inner["type"] == "object":
            optional = name not in ours.get("required", []) and "anyOf" not in schema
            assert in_crd.get("default") == ({} if optional else None), field
        else:
            default = None if field in THE_PRODUCTS_OWN else schema.get("default")
            assert in_crd.get("default") == (None if default == [] else default), field
        items = resolve(inner.get("items", inner), definitions)
        assert_same_defaults(field, items, in_crd.get("items", in_crd), definitions)


@pytest.mark.parametrize(
    ("plural", "types"), [(plural, types) for plural, part, types in ROOTS if part == "spec"]
)
def test_defaults_of_the_crd_are_those_of_the_types(plural: str, types: TypeAdapter[Any]) -> None:
    schema = types.json_schema(by_alias=True, mode="serialization")
    assert_same_defaults(plural, schema, schema_of(plural, "spec"), schema["$defs"])


@pytest.mark.parametrize("plural", [SERVERS, APPLICATIONS])
def test_a_status_begins_as_not_seen_yet(plural: str) -> None:
    """kstatus calls an object without conditions current; generation -1 keeps it in progress."""
    assert schema_of(plural, "status")["default"] == {"observedGeneration": -1}


def test_instants_end_in_z() -> None:
    assert format_instant(datetime(2026, 11, 25, 8, tzinfo=UTC)) == "2026-11-25T08:00:00Z"
