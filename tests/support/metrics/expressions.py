"""What an expression of PromQL names: metrics and labels, held against those that exist."""

from __future__ import annotations

import re
from typing import Final

from partner_operator.metrics.families import FAMILIES, Family, Type
from support.metrics.rules import groups

OF_TARGETS: Final = frozenset({"instance", "pod", "job"})
"""Labels that Prometheus puts on what it scrapes."""
_METRIC = re.compile(r"\b(partner_operator[\w:]*)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MADE = re.compile(r'label_replace\(.*?,\s*"(\w+)",', re.DOTALL)
_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def _names_of(family: Family) -> dict[str, frozenset[str]]:
    labels = frozenset(family.labels)
    if family.type is not Type.HISTOGRAM:
        return {family.name: labels}
    return {
        f"{family.name}_bucket": labels | {"le"},
        f"{family.name}_sum": labels,
        f"{family.name}_count": labels,
    }


def known() -> dict[str, frozenset[str]]:
    """Labels by metric: what the operator tells, and what rules record of it."""
    found = {name: labels for family in FAMILIES for name, labels in _names_of(family).items()}
    for group in groups()["groups"]:
        for rule in group["rules"]:
            if "record" in rule:
                outermost = re.search(r"\bby\s*\(([^)]*)\)", rule["expr"])
                assert outermost
                found[rule["record"]] = frozenset(_words(outermost[1]))
    return found


def faults(expression: str, legend: str = "") -> list[str]:
    """What is named and does not exist; empty if nothing."""
    metrics = known()
    said, there = list[str](), set(_MADE.findall(expression)) | OF_TARGETS
    for name, matchers in _METRIC.findall(expression):
        if name not in metrics:
            said.append(f"no metric {name}")
            continue
        there |= metrics[name]
        said += [
            f"{name} has no label {label}"
            for label in _MATCHER.findall(matchers)
            if label not in metrics[name]
        ]
    for label in _LEGEND.findall(legend) + [
        word for words in _LABELS.findall(expression) for word in _words(words)
    ]:
        if label not in there:
            said.append(f"no label {label}")
    if not _METRIC.search(expression):
        said.append("no metric of ours")
    return said


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
