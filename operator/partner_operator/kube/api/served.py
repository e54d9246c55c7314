"""What a served schema lacks of what this operator writes and reads: a CRD may be older than its operator.

Such a CRD refuses each status that has a field it does not know, and silently drops what people declare in a field
of `.spec` that it does not know. Both are found here by comparing fields, and not by version numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from partner_operator.engine.ports import Kind
from partner_operator.kube.api.codec import APPLICATION, SERVER
from partner_operator.kube.api.names import GROUP, VERSION
from partner_operator.kube.api.spec import ApplicationSpec, ServerSpec

Schema = Mapping[str, Any]

_TYPES: dict[Kind, dict[str, TypeAdapter[Any]]] = {
    Kind.SERVER: {"spec": TypeAdapter(ServerSpec), "status": SERVER},
    Kind.APPLICATION: {"spec": TypeAdapter(ApplicationSpec), "status": APPLICATION},
}
SELECTED: dict[Kind, tuple[str, ...]] = {
    Kind.SERVER: (),
    Kind.APPLICATION: (".spec.serverRef.name", ".spec.partnerRef.name"),
}
"""Fields by which the operator looks for objects."""


def lacking_in_crd(kind: Kind, crd: Schema) -> tuple[str, ...]:
    """What a CustomResourceDefinition lacks, by the names of fields; nothing where it fits."""
    versions = crd["spec"]["versions"]
    version = next((v for v in versions if v["name"] == VERSION and v["served"]), None)
    if version is None:
        return (f"version {VERSION}",)
    found = list(lacking_in_schema(kind, version["schema"].get("openAPIV3Schema") or {}))
    if "status" not in (version.get("subresources") or {}):
        found.append("the status subresource")
    selectable = {field["jsonPath"] for field in version.get("selectableFields") or ()}
    found += [f"{path[1:]} as field selector" for path in SELECTED[kind] if path not in selectable]
    return tuple(found)


def schema_in_openapi(kind: Kind, document: Schema) -> Schema | None:
    """The schema of a kind in the API server's OpenAPI v3 document of our group and version; None: it is not there."""
    itself = {"group": GROUP, "version": VERSION, "kind": kind.value}
    schemas: Mapping[str, Schema] = (document.get("components") or {}).get("schemas") or {}
    for schema in schemas.values():
        if itself in (schema.get("x-kubernetes-group-version-kind") or ()):
            return schema
    return None


def lacking_in_schema(kind: Kind, schema: Schema) -> tuple[str, ...]:
    """What the schema of a whole object lacks, as it stands in a CRD or in the API server's OpenAPI v3 document."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return ()
    properties = schema.get("properties") or {}
    return tuple(
        name
        for part in _TYPES[kind]
        for name in _lacking(part, _ours(kind)[part], properties.get(part))
    )


@cache
def _ours(kind: Kind) -> Mapping[str, Schema]:
    """The schemas of our types, without references."""
    schemas = {
        part: types.json_schema(by_alias=True, mode="serialization")
        for part, types in _TYPES[kind].items()
    }
    return {part: _resolved(schema, schema.get("$defs", {})) for part, schema in schemas.items()}


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The same without references and without null. Our types do not contain themselves."""
    if "anyOf" in schema:
        schema = next(choice for choice in schema["anyOf"] if choice != {"type": "null"})
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    inner = {
        name: _resolved(schema[name], definitions)
        for name in ("items", "additionalProperties")
        if isinstance(schema.get(name), Mapping)
    }
    if "properties" in schema:
        inner["properties"] = {
            name: _resolved(field, definitions) for name, field in schema["properties"].items()
        }
    return {**schema, **inner}


def _lacking(path: str, ours: Schema, theirs: Schema | None) -> Iterator[str]:
    if theirs is None or _types_differ(ours, theirs):
        yield path
        return
    if theirs.get("x-kubernetes-preserve-unknown-fields"):
        return
    if values := theirs.get("enum"):
        yield from (f"{path}={value}" for value in ours.get("enum") or () if value not in values)
    for name, field in (ours.get("properties") or {}).items():
        yield from _lacking(f"{path}.{name}", field, (theirs.get("properties") or {}).get(name))
    for inner in ("items", "additionalProperties"):
        if inner in ours and theirs.get(inner) is not True:
            yield from _lacking(f"{path}[]", ours[inner], theirs.get(inner))


def _types_differ(ours: Schema, theirs: Schema) -> bool:
    return "type" in theirs and "type" in ours and theirs["type"] != ours["type"]
