"""The list as people and as programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any

import yaml

from partner_operator.doctor.checks import diagnose, healthy
from partner_operator.doctor.facts import Check, Facts
from partner_operator.engine.ports import ServerName
from partner_operator.texts import shown

MARKS = {True: "ok ", False: "NO ", None: "?  "}


class Output(StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def conclude(name: ServerName, facts: Facts, output: Output) -> tuple[str, int]:
    """The list as it is printed, and the exit code: 0 without crosses, else 1."""
    checks = diagnose(facts)
    return render(name, checks, output), 0 if healthy(checks) else 1


def conclude_all(found: Sequence[tuple[ServerName, Facts]], output: Output) -> tuple[str, int]:
    """The lists of several servers, and the exit code: 0 without any cross, else 1."""
    lists = [(name, diagnose(facts)) for name, facts in found]
    code = 0 if all(healthy(checks) for _, checks in lists) else 1
    if output is Output.TEXT:
        return "\n\n".join(render(*each, output) for each in lists), code
    return _written({"servers": [_document(*each) for each in lists]}, output), code


def render(name: ServerName, checks: tuple[Check, ...], output: Output) -> str:
    """The whole list."""
    if output is Output.TEXT:
        return "\n".join(_lines(name, checks))
    return _written(_document(name, checks), output)


def _written(document: dict[str, Any], output: Output) -> str:
    if output is Output.YAML:
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).rstrip("\n")
    return json.dumps(document, indent=2, ensure_ascii=False)


def _document(name: ServerName, checks: tuple[Check, ...]) -> dict[str, Any]:
    return {
        "namespace": name.namespace,
        "name": name.name,
        "ok": healthy(checks),
        "checks": [
            {
                "name": check.name,
                "host": check.host,
                "ok": check.ok,
                "message": shown(check.message),
                "nextStep": shown(check.next_step),
            }
            for check in checks
        ],
    }


def _lines(name: ServerName, checks: tuple[Check, ...]) -> Iterator[str]:
    """What failed first stands on top: mostly the rest follows from it. Then all, and each thing once."""
    yield f"PartnerServer {name.namespace}/{name.name}"
    first = next((check for check in checks if check.ok is False), None)
    if first is not None:
        yield f"\nMend this first{f', on {first.host}' if first.host else ''}"
        yield from _cross(first)
        yield "\nAll checks"
    subject = ""
    for (host, ok, message), group in groupby(checks, _alike):
        if host != subject:
            subject = host
            yield f"\n{subject or 'The organisation'}"
        if ok is None:
            yield shown(f"{MARKS[ok]} {', '.join(check.name for check in group)}: {message}")
            continue
        for check in group:
            if check is first:
                yield f"{MARKS[False]} {check.name}: see above."
            elif check.ok is False:
                yield from _cross(check)
            else:
                yield shown(f"{MARKS[True]} {check.name}: {check.message}")
    crosses = sum(check.ok is False for check in checks)
    unknown = sum(check.ok is None for check in checks)
    yield f"\n{crosses} to mend, {unknown} not reached, {len(checks)} in all."


def _alike(check: Check) -> tuple[str, bool | None, str]:
    """What stands in one line: neighbours that nothing is known of, for one reason."""
    return check.host, check.ok, check.message


def _cross(check: Check) -> Iterator[str]:
    yield shown(f"{MARKS[False]} {check.name}: {check.message}")
    if check.next_step:
        yield shown(f"    -> {check.next_step}")
