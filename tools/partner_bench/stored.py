"""Counts that are kept in the repository: one that grew fails; CPU and memory are shown with their change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from partner_bench.measures import NAMES, Converged, Report, Restarted, Steady, counted

COUNTS = Path(__file__).with_name("counts.json")
_TIMED = frozenset({"requests", "connections"})
"""Where PowerShell takes its time, a client asks again: what grows with seconds is not judged."""
_NEVER = frozenset({"api_requests"})
"""A watch that ended is begun again: reads come with time too."""
_HASTE: Mapping[str, tuple[float, int]] = {
    "requests": (0.05, 5),
    "api_writes": (0.05, 5),
    "processes": (0.02, 0),
    "logons": (0.02, 0),
    "connections": (0.02, 0),
}
"""Share, and least number, of what is taken for the machine's haste: a late answer is asked for twice, an early one
saves a write, and of many servers one is looked at before all its objects have appeared."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one phase took when the counts were taken."""

    counts: Mapping[str, int]
    cpu_seconds: float
    rss_mb: float


Book = dict[str, Kept]
_BOOK = TypeAdapter(Book)


def load(path: Path) -> Book:
    """The kept counts by phase."""
    return _BOOK.validate_json(path.read_bytes())


def save(book: Book, path: Path) -> None:
    """Keep these."""
    ordered = dict(sorted(book.items()))
    path.write_bytes(_BOOK.dump_json(ordered, indent=1) + b"\n")


def phases(report: Report) -> Book:
    """What was measured, by engine, size and phase."""
    return dict(_phases(report))


def _phases(report: Report) -> Iterator[tuple[str, Kept]]:
    operated = [("embedded", each) for each in report.sizes]
    operated += [("PowerShell", race.operator) for race in report.races]
    for engine, each in operated:
        where = f"{engine} {each.size.label}"
        judged = {"PowerShell": _TIMED | _NEVER}.get(engine, _NEVER)
        yield f"{where} converged", _kept(each.converged, judged)
        yield f"{where} steady", _kept(each.steady, judged)
        if each.restarted is not None:
            yield f"{where} restarted", _kept(each.restarted, judged)


def _kept(phase: Converged | Steady | Restarted, left_out: frozenset[str]) -> Kept:
    counts = counted(phase.counts)
    return Kept(
        counts={name: number for name, number in counts.items() if name not in left_out},
        cpu_seconds=round(phase.cpu_seconds, 2),
        rss_mb=round(phase.rss_mb, 1),
    )


def grown(book: Book, now: Book) -> list[str]:
    """One sentence for each count that is higher than the kept one, and its slack."""
    return [
        f"{phase}: {measured} {NAMES[name]}, and {before} are kept in the repository."
        for phase, kept in now.items()
        if phase in book
        for name, measured in kept.counts.items()
        if (before := book[phase].counts.get(name, measured)) + slack(name, before) < measured
    ]


def slack(name: str, before: int) -> int:
    """How much a count may differ between two runs of the same operator."""
    share, least = _HASTE.get(name, (0.0, 0))
    return max(least, int(share * before))


def unknown(book: Book, now: Book) -> list[str]:
    """Phases of which nothing is kept."""
    return [phase for phase in now if phase not in book]


def changes(book: Book, now: Book) -> list[str]:
    """CPU seconds and memory of each phase, with their change to the kept ones."""
    return [
        f"{phase}: CPU {kept.cpu_seconds:.2f} s ({_change(book[phase].cpu_seconds, kept.cpu_seconds)}), "
        f"memory {kept.rss_mb:.0f} MB ({_change(book[phase].rss_mb, kept.rss_mb)})"
        for phase, kept in now.items()
        if phase in book
    ]


def _change(before: float, now: float) -> str:
    return f"{100 * (now - before) / before:+.0f} %" if before else "was 0"
