"""The alert rules as promtool takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from partner_testbed.prometheus import run_promtool
from support.docs.pages import ROOT

MONITORING = ROOT / "manifests" / "monitoring"


def groups() -> dict[str, Any]:
    """What is in the PrometheusRule: a file of rules."""
    rule: dict[str, Any] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    spec: dict[str, Any] = rule["spec"]
    return spec


def alerts() -> list[dict[str, Any]]:
    """All alerts."""
    return [rule for group in groups()["groups"] for rule in group["rules"] if "alert" in rule]


def names() -> list[str]:
    """Of the alerts, each once."""
    return list(dict.fromkeys(rule["alert"] for rule in alerts()))


def check(rules: dict[str, Any], folder: Path) -> str:
    """What promtool has against a file of rules; empty if nothing."""
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    content, said = run_promtool(["check", "rules", "rules.yml"], folder)
    return "" if content else said
