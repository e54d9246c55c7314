"""Scrapes of a story, minute by minute, as input for promtool: what an alert sees is what the registry said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from partner_operator.metrics.families import PREFIX
from partner_testbed.prometheus import run_promtool
from support.metrics.rules import groups

Frame = dict[str, float]
"""Value by series."""
NOT_SCRAPED: Frame = {}


def series_in(text: str) -> Frame:
    """The series of ours in what a scrape answered."""
    return {
        _written(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(PREFIX)
    }


def _written(name: str, labels: dict[str, str]) -> str:
    pairs = (f'{key}="{_quoted(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{','.join(pairs)}}}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@dataclass(frozen=True, slots=True)
class Fires:
    """An alert that is expected at one time."""

    labels: dict[str, str]
    summary: str
    runbook: str


@dataclass
class Film:
    """Frames a minute apart, and what the alerts should say at some of them."""

    begins_at: float
    """Unix time of the first frame. promtool's own clock begins at 0."""
    frames: list[Frame] = field(default_factory=list)
    evaluated_every: int = 1
    """Minutes between two looks of Prometheus at the rules."""
    _expected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def minute(self) -> int:
        """Of the last frame."""
        return len(self.frames) - 1

    def expect(self, alert: str, *fires: Fires, at: int | None = None) -> None:
        """At this minute (else the last one) the alert fires for exactly these."""
        found = [
            {
                "exp_labels": one.labels,
                "exp_annotations": {"summary": one.summary, "runbook": one.runbook},
            }
            for one in fires
        ]
        minute = self.minute if at is None else at
        self._expected.append({"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": found})

    def fired(self) -> set[str]:
        """Alerts that were expected to fire at some time."""
        return {one["alertname"] for one in self._expected if one["exp_alerts"]}

    def judge(self, folder: Path, rules: dict[str, Any] | None = None) -> str:
        """What promtool has against the expectations; empty if nothing. `rules` instead of those that we deploy."""
        (folder / "rules.yml").write_text(yaml.safe_dump(rules or groups()))
        test = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": f"{self.evaluated_every}m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": list(self._series()),
                    "alert_rule_test": self._expected,
                }
            ],
        }
        (folder / "test.yml").write_text(yaml.safe_dump(test, width=10**9))
        content, said = run_promtool(["test", "rules", "test.yml"], folder)
        return "" if content else said

    def _series(self) -> Iterator[dict[str, str]]:
        for series in sorted({series for frame in self.frames for series in frame}):
            shift = self.begins_at if "_timestamp_seconds" in series else 0
            values = [frame.get(series) for frame in self.frames]
            yield {"series": series, "values": " ".join(_shown(values, shift))}


def _shown(values: Sequence[float | None], shift: float) -> Iterator[str]:
    """As promtool writes it. A series that a scrape no longer has is stale at once, as Prometheus marks it."""
    begun = False
    for value, same in groupby(values):
        more = len(list(same)) - 1
        if value is not None:
            yield f"{value - shift!r}+0x{more}"
        else:
            yield " ".join(["stale" if begun else "_", *([f"_x{more}"] if more else [])])
        begun = True
