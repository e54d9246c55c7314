"""The dashboard, panel by panel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.metrics.rules import MONITORING


@dataclass(frozen=True, slots=True)
class Target:
    """One expression of a panel."""

    panel: str
    expression: str
    legend: str


def dashboard() -> dict[str, Any]:
    """As Grafana imports it."""
    read: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return read


def targets() -> Iterator[Target]:
    """All expressions."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield Target(panel["title"], target["expr"], target.get("legendFormat", ""))


def filled(expression: str) -> str:
    """The expression as Grafana sends it, with all namespaces chosen."""
    return expression.replace("$namespace", ".*").replace("$__rate_interval", "4m")
