"""Which cmdlets a product version has, and how their parameters bind.

Read from `data/*signatures.json`, subsets of Microsoft's cmdlet reference and of SharePointDsc's stub
modules, and completed by the reviewed table in `overlay.py` with what those leave out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from partner_simulator.powershell import overlay


@dataclass(frozen=True, slots=True)
class Binding:
    """How one parameter belongs to one parameter set; the set '' stands for all."""

    parameter_set: str
    mandatory: bool
    position: int | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a cmdlet, as one product version knows it."""

    name: str
    type: str
    """Type name as the reference prints it, such as `String[]` or `UserIdParameter`."""
    bindings: tuple[Binding, ...]
    aliases: tuple[str, ...] = ()
    by_value: bool = False
    by_property_name: bool = False


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet of one product version."""

    name: str
    class_name: str
    """Full name of the class, which ends the FullyQualifiedErrorId."""
    default_set: str
    asks: bool
    """Whether it supports -WhatIf and -Confirm."""
    impact: str
    """ConfirmImpact: Medium, or High for those that prompt unless told not to."""
    parameters: tuple[Parameter, ...]


class UnknownProduct(Exception):
    """No cmdlet of the reference belongs to a product of that name."""


def cmdlets(product: str) -> tuple[Cmdlet, ...]:
    """All cmdlets of `product`, such as "Exchange Server 2013", by name.

    Raises UnknownProduct.
    """
    product = overlay.AS_OF.get(product, product)
    found = tuple(
        _cmdlet(name.partition("#")[0], entry, product)
        for name, entry in _reference().items()
        if product in entry["products"]
    )
    if not found:
        raise UnknownProduct(product)
    return found


@cache
def _reference() -> Mapping[str, Any]:
    """By name; what differs between versions stands a second time, with `#` behind its name."""
    entries: dict[str, Any] = {}
    for name in ("signatures.json", "sharepoint_signatures.json"):
        entries |= json.loads((resources.files(__package__) / "data" / name).read_text("utf-8"))
    del entries["note"]
    return entries


def _cmdlet(name: str, entry: Mapping[str, Any], product: str) -> Cmdlet:
    here = {
        parameter: facts
        for parameter, facts in entry["parameters"].items()
        if product in facts.get("products", entry["products"])
    }
    sets = _sets_that_exist(entry["parameters"], frozenset(here))
    asks = "Confirm" in here or "WhatIf" in here
    return Cmdlet(
        name=name,
        class_name=overlay.class_name(name),
        default_set=_default(name, entry["default"], here, sets),
        asks=asks,
        impact=entry.get("impact") or overlay.impact(name),
        parameters=tuple(
            _parameter(parameter, facts, sets)
            for parameter, facts in here.items()
            if parameter not in {"Confirm", "WhatIf"} and sets & facts["sets"].keys()
        ),
    )


def _sets_that_exist(parameters: Mapping[str, Any], here: frozenset[str]) -> frozenset[str]:
    """Sets that a version has: all but those that lost what they are for.

    That is a mandatory parameter, or the one that a set is named after (the reference writes such
    sets of later versions without a mandatory parameter).
    """
    lost = [(name, facts) for name, facts in parameters.items() if name not in here]
    gone = {
        owner
        for name, facts in lost
        for owner, (required, _) in facts["sets"].items()
        if required or owner.removesuffix("Set") == name
    }
    return frozenset(owner for name in here for owner in parameters[name]["sets"]) - gone


def _default(
    cmdlet: str, declared: str | None, here: Mapping[str, Any], sets: frozenset[str]
) -> str:
    """The set that a call chooses when nothing tells: `Identity` by habit of both products.

    Only among sets that ask for nothing that the others do not ask for too. Of SharePoint's the stubs
    tell whether there is one.
    """
    for known in (overlay.DEFAULT_SETS.get(cmdlet), declared):
        if known in sets:
            return known or ""
    if overlay.is_sharepoint(cmdlet):
        return ""
    needs = {
        name: {
            parameter
            for parameter, facts in here.items()
            if name in facts["sets"] and facts["sets"][name][0]
        }
        for name in sets
    }
    common = set.intersection(*needs.values()) if needs else set()
    free = sorted(name for name in sets if needs[name] <= common)
    if "Identity" in free:
        return "Identity"
    return free[0] if free else ""


def _parameter(name: str, facts: Mapping[str, Any], sets: frozenset[str]) -> Parameter:
    bindings = tuple(
        Binding(owner, required, position)
        for owner, (required, position) in facts["sets"].items()
        if owner in sets
    )
    pipeline = facts.get("pipeline", ())
    return Parameter(
        name=name,
        type=facts["type"],
        bindings=bindings,
        aliases=tuple(facts.get("aliases", ())),
        by_value="value" in pipeline,
        by_property_name="name" in pipeline,
    )
