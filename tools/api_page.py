"""Every field of both kinds as a page: docs/api.md, from the CRDs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from page_lines import bullet

CRDS: Final = Path(__file__).resolve().parents[1] / "crds"
URL: Final = re.compile(
    r"(?:https://)?<[^>]*>(?:<[^>]*>|[^\s<])*(?<![.,:;])|https://[\w.][^\s,]*[\w/]"
)

HEAD: Final = """# API reference
Every field of `partner-operator.io/v1alpha1`, as the CRDs have it; `kubectl explain papp.spec` says the same. What
the fields are for is told in [PartnerServer](partnerserver.md) and [PartnerApplication](partnerapplication.md), with
examples.

- *Required* means: where the block around it is given. A default is written into the object by the API server.
- *Refused* are the sentences with which the API server refuses a value. A few more things are known only to the
  operator and end in a [condition](reasons.md).
- `status` is the operator's alone. It is for people and for programs; fields are added, and none changes its meaning
  within a version ([Upgrade](upgrade.md#versions-of-the-crds)).
"""


def fields(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Each field below `path`, with its schema, and whether it is required."""
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}"
        yield inner, field, name in schema.get("required", [])
        yield from fields(f"{inner}[]" if "items" in field else inner, field.get("items", field))


def schema_of(plural: str) -> dict[str, Any]:
    """The schema of one kind: `spec` and `status`."""
    crd = yaml.safe_load((CRDS / f"{plural}.yaml").read_text())
    properties: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return properties["properties"]  # type: ignore[no-any-return]


def api_page() -> str:
    """The page docs/api.md."""
    parts = [HEAD]
    for kind in ("PartnerServer", "PartnerApplication"):
        schema = schema_of(f"{kind.lower()}s")
        parts.append(f"\n## {kind}\n")
        for part in ("spec", "status"):
            parts.append(f"\n### {kind} {part}\n{_shown(schema[part]['description'])}\n\n")
            parts += _refusals(schema[part], "")
            parts += [
                _item(path, field, required) for path, field, required in fields(part, schema[part])
            ]
    return "".join(parts)


def _item(path: str, field: dict[str, Any], required: bool) -> str:
    facts = [_type(field)]
    if required and not path.startswith("status"):
        facts.append("required")
    if "default" in field and not path.startswith("status"):
        facts.append(f"default `{_value(field['default'])}`")
    facts += _bounds(field)
    said = f"`{path}` ({', '.join(facts)}): {_shown(field['description'])}"
    return bullet(said) + "".join(_refusals(field, "  "))


def _refusals(field: dict[str, Any], indent: str) -> Iterator[str]:
    """The sentences of the rules, of the items of a list as well."""
    rules = [
        *field.get("x-kubernetes-validations", []),
        *field.get("items", {}).get("x-kubernetes-validations", []),
    ]
    for message in dict.fromkeys(_shown(rule["message"]) for rule in rules):
        yield bullet(f"*Refused:* {message}", indent)


def _shown(text: str) -> str:
    """A sentence of the CRD as Markdown: addresses as code, and nothing that would be markup."""
    text = " ".join(text.split())
    text = URL.sub(lambda found: f"`{found[0]}`", text)
    return text.replace("*", r"\*")


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_type(field['items'])}"
    return "time" if field.get("format") == "date-time" else str(field["type"])


def _value(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _bounds(field: dict[str, Any]) -> Iterator[str]:
    if "minimum" in field and "maximum" in field:
        yield f"{field['minimum']} to {field['maximum']}"
    if "maxItems" in field:
        yield f"at most {field['maxItems']}"
