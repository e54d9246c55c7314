"""Every field of the CRDs stands in its page, with the type and the default that the CRD gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.docs.pages import DOCS, FieldRow, field_rows
from support.kube.objects import crd

KINDS = {"partnerservers": "partnerserver.md", "partnerapplications": "partnerapplication.md"}


def declared_fields(plural: str) -> Iterator[FieldRow]:
    """The fields of a CRD as rows of a table."""
    schema = crd(plural)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for part in ("spec", "status"):
        yield from _walk(part, schema[part])


def _walk(path: str, schema: dict[str, Any]) -> Iterator[FieldRow]:
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}"
        required = name in schema.get("required", [])
        default = "" if path.startswith("status") else _default(field, required=required)
        yield FieldRow(inner, _type(field), default)
        yield from _walk(f"{inner}[]" if "items" in field else inner, field.get("items", field))


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(field["enum"])
    if field["type"] == "array":
        return f"list of {field['items']['type']}"
    return "time" if field.get("format") == "date-time" else str(field["type"])


def _default(field: dict[str, Any], *, required: bool) -> str:
    if "default" not in field:
        return "required" if required else "-"
    default = field["default"]
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.mark.parametrize(("plural", "page"), KINDS.items())
def test_every_field_is_documented_as_the_crd_declares_it(plural: str, page: str) -> None:
    assert field_rows(DOCS / page) == list(declared_fields(plural))


@pytest.mark.parametrize(("plural", "least"), [("partnerservers", 50), ("partnerapplications", 55)])
def test_the_walk_sees_the_whole_crd(plural: str, least: int) -> None:
    assert len(list(declared_fields(plural))) >= least
