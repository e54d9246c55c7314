"""What `make bench` counts is what happened, and a count that grew fails it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import TypeAdapter

from partner_bench import stored
from partner_bench.__main__ import main
from partner_bench.measures import (
    NAMES,
    Command,
    Converged,
    Counts,
    Machine,
    Operated,
    Part,
    Percentiles,
    Play,
    Played,
    Race,
    Report,
    Restarted,
    Size,
    Steady,
    percentiles,
)
from partner_bench.operated import Bench
from partner_bench.worlds import Worlds
from partner_testbed import ControlPlane

TOLD = TypeAdapter(Report)
PART = Part("0123abcd", 0.5, 1.5, 3.0)


@pytest.fixture(scope="module")
def bench(plane: ControlPlane) -> Iterator[Bench]:
    with Worlds(Size(3, 2), None) as worlds, Bench(plane, worlds, "bench-counted") as made:
        yield made


def runs(bench: Bench) -> list[str]:
    """The operations that the operator says it ran."""
    lines = map(json.loads, bench.log.read_text().splitlines())
    return [line["operation"] for line in lines if line["logger"] == "partner_operator.winrm.run"]


@pytest.mark.controlplane
def test_what_is_counted_is_what_the_operator_did(bench: Bench) -> None:
    """From the far side and from the audit log, held against the operator's own log."""
    converged = bench.converge(running=False)
    counts, before = converged.counts, runs(bench)
    assert converged.ready == 3
    assert counts.processes == len(before)
    assert counts.restarts == before.count("restart") == 4
    assert counts.configuration_writes >= 3
    assert 0 < counts.logons <= counts.requests
    assert 0 < counts.connections <= counts.requests
    assert 3 + 2 <= counts.api_writes < counts.api_requests
    assert 0 < converged.first_byte_seconds < converged.registered.p50
    assert converged.registered.last <= converged.whole_seconds
    assert 10 < converged.rss_mb <= converged.peak_mb
    assert converged.cpu_seconds > 0
    steady = bench.asked_pass()
    assert runs(bench)[len(before) :] == ["observe"] * 2
    assert (steady.counts.processes, steady.counts.configuration_writes) == (2, 0)
    assert steady.counts.api_writes == 2  # each server tells that it was done
    assert steady.wall_seconds is not None


COUNTS = Counts(9, 9, 80, 9, 2, 7, 60, 30)


def operated(label: str, *, again: bool) -> Operated:
    converged = Converged(COUNTS, 3, 1.0, 1.5, Percentiles(2, 3, 4, 5), 6.0, 1.0, 90.0, 95.0)
    steady = Steady(COUNTS, 0.1, 0.04, 0.06, None if again else 2.0, 90.0, 95.0)
    restarted = Restarted(2.0, 9.0, COUNTS, 1.0, 90.0, 95.0) if again else None
    return Operated(Size.parse(label), converged, steady, restarted)


def report() -> Report:
    slow = Played(COUNTS, 60.0, 70.0, 5.0)
    plays = tuple(Play(name, Size(20, 1), slow, slow) for name in ("one", "other"))
    machine = Machine(2, 24, "3.13", "Kubernetes v1", "PowerShell 7")
    return Report(
        machine,
        Command(0.2, 29.0),
        PART,
        (operated("10/1", again=True), operated("500/50", again=True)),
        PART,
        (Race(operated("20/1", again=False), plays),),
    )


def judged(folder: Path, kept: stored.Book) -> int:
    """As `make bench` judges and writes, of a run that was measured before."""
    told, counts = folder / "bench.json", folder / "counts.json"
    told.write_bytes(TOLD.dump_json(report()))
    stored.save(kept, counts)
    asked = ["--page", "--json", str(told), "--docs", str(folder), "--counts", str(counts)]
    return main(asked)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"api_requests"}))
def test_a_count_that_grew_fails(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = stored.phases(report())
    assert judged(tmp_path, book) == 0
    phase = "embedded 500/50 steady"
    now = book[phase].counts[name]
    few = max(kept for kept in range(now) if kept + stored.slack(name, kept) < now)
    for kept in (few + 1, now, now + 1):
        counts = {**book[phase].counts, name: kept}
        assert judged(tmp_path, book | {phase: replace(book[phase], counts=counts)}) == 0
    capsys.readouterr()
    counts = {**book[phase].counts, name: few}
    assert judged(tmp_path, book | {phase: replace(book[phase], counts=counts)}) == 1
    said = capsys.readouterr().err
    assert phase in said
    assert NAMES[name] in said


def test_cpu_and_memory_are_shown_and_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = stored.phases(report())
    cheap = {phase: replace(kept, cpu_seconds=kept.cpu_seconds / 2) for phase, kept in book.items()}
    assert judged(tmp_path, cheap) == 0
    assert "+100 %" in capsys.readouterr().out


def test_counts_are_taken_when_asked_for(tmp_path: Path) -> None:
    told, counts = tmp_path / "bench.json", tmp_path / "counts.json"
    told.write_bytes(TOLD.dump_json(report()))
    stored.save({}, counts)
    asked = ["--page", "--take-counts", "--json", str(told), "--counts", str(counts)]
    assert main([*asked, "--docs", str(tmp_path)]) == 0
    assert stored.load(counts) == stored.phases(report())


def test_the_page_tells_aims_and_ratios(tmp_path: Path) -> None:
    judged(tmp_path, {})
    text = (tmp_path / "bench.md").read_text()
    assert "| 20 applications registered and read back | at least 10 times" in text
    assert "| 12.0 | reached |" in text  # 60 s of the faster play, 5 s of the operator
    assert "| a pass with nothing to do | at least 25 times" in text
    assert "| 35.0 | reached |" in text
    assert "commit 0123abcd" in text
    assert "load average of 0.5 before and 1.5 after" in text


def test_the_picture_is_a_picture(tmp_path: Path) -> None:
    judged(tmp_path, {})
    root = ElementTree.fromstring((tmp_path / "bench.svg").read_text())  # noqa: S314 - our own
    bars = root.findall(".//{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 3 + 3 * 3
    texts = [text.text for text in root.findall(".//{http://www.w3.org/2000/svg}text")]
    assert {"5.0 s", "70.0 s", "2.0 s"} <= set(texts)


def test_percentiles_are_of_what_was_measured() -> None:
    assert percentiles(range(1, 101)) == Percentiles(50, 90, 99, 100)
    assert percentiles([7.0]) == Percentiles(7.0, 7.0, 7.0, 7.0)


def test_nobody_counts_more_of_a_kind_than_is_named() -> None:
    assert set(NAMES) == set(Counts.__dataclass_fields__)
