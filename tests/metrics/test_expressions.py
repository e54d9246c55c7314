"""Every expression of the alerts and of the dashboard names what exists, and shows something of a story."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_operator.trust.reasons import Reason
from support.docs.pages import ROOT, anchors
from support.engine.world import EXCHANGE_ON_LYNC
from support.metrics import rules
from support.metrics.dashboard import Target, dashboard, filled, targets
from support.metrics.expressions import faults
from support.metrics.film import Fires
from support.metrics.story import Story

TROUBLE = {"Trusts that are not", "Tests that fail"}
"""Panels that have nothing to count while all is well."""


def test_rules_name_what_exists() -> None:
    for group in rules.groups()["groups"]:
        for rule in group["rules"]:
            assert faults(rule["expr"]) == [], rule


@pytest.mark.parametrize("target", list(targets()), ids=lambda target: target.panel)
def test_panels_name_what_exists(target: Target) -> None:
    assert faults(target.expression, target.legend) == []


@pytest.mark.parametrize(
    ("expression", "legend", "fault"),
    [
        ("partner_operator_conditions", "", "no metric partner_operator_conditions"),
        ('partner_operator_hosts{kind="x"}', "", "partner_operator_hosts has no label kind"),
        ("sum by (nmae) (partner_operator_hosts)", "", "no label nmae"),
        ("partner_operator_hosts", "{{host}}", "no label host"),
        (
            "partner_operator_remote_run_duration_seconds",
            "",
            "no metric partner_operator_remote_run_duration_seconds",
        ),
        ("up", "", "no metric of ours"),
    ],
)
def test_what_does_not_exist_is_found(expression: str, legend: str, fault: str) -> None:
    assert faults(expression, legend) == [fault]


def test_promtool_can_read_them_all(tmp_path: Path) -> None:
    assert rules.check(rules.groups(), tmp_path) == ""
    assert rules.check(_as_rules(list(targets())), tmp_path) == ""


def test_each_panel_shows_something_of_a_story(tmp_path: Path) -> None:
    """Judged by promtool: what a panel asks for is there, and what counts trouble counts some."""
    story = Story()
    for _ in range(3):
        story.run_something_remotely()
        story.requests["GET", "200"] += 1
        story.minutes(1)
    shown = list(targets())
    assert {target.panel for target in shown} >= TROUBLE
    for number, target in enumerate(shown):
        seen = [] if target.panel in TROUBLE else [Fires({}, "", "")]
        story.film.expect(f"Panel{number}", *seen)
    story.world.lync.passes = lambda: False
    story.world.cluster.request(EXCHANGE_ON_LYNC, "test now")
    story.minutes(20)
    for number, target in enumerate(shown):
        if target.panel in TROUBLE:
            story.film.expect(f"Panel{number}", Fires({}, "", ""))
    assert story.film.judge(tmp_path, _as_rules(shown)) == ""


def _as_rules(shown: list[Target]) -> dict[str, Any]:
    """An alert for each panel: it fires where the panel has something to show."""
    annotations = {"summary": "", "runbook": ""}
    found = [
        {
            "alert": f"Panel{number}",
            "expr": f"count({filled(target.expression).removesuffix(' or vector(0)')}) > 0",
            "annotations": annotations,
        }
        for number, target in enumerate(shown)
    ]
    return {"groups": [{"name": "panels", "rules": found}]}


def test_runbooks_lead_to_the_place_where_it_is_explained() -> None:
    """`{{` stands for any reason that Ready can have: each has its anchor."""
    for alert in rules.alerts():
        page, _, anchor = alert["annotations"]["runbook"].partition("#")
        wanted = {reason.lower() for reason in Reason} if "{{" in anchor else {anchor}
        assert wanted <= anchors(ROOT / page), alert["alert"]


def test_panels_lie_side_by_side() -> None:
    """None covers another one, and each has an id of its own."""
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (at["x"] + column, at["y"] + line)
            for column in range(at["w"])
            for line in range(at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells
