"""What was aimed at, and whether it was reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from partner_bench.measures import Operated, Race, Report

_SMALLEST_RACE = "20/1"
_TWO, _TWO_HUNDRED, _FIVE_HUNDRED = "20/2", "200/10", "500/50"


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim with its figure."""

    what: str
    wanted: str
    figure: str
    reached: bool


def aims(report: Report) -> list[Aim]:
    """Those that this run can speak of."""
    return [
        *_version(report),
        *_of_races({race.size.label: race for race in report.races}),
        *_of_sizes({each.size.label: each for each in report.sizes}),
    ]


def _version(report: Report) -> Iterator[Aim]:
    command = report.command
    yield _most("`partner-operator --version`", 0.3, command.seconds, "s", digits=2)
    yield _most("its memory", 30, command.peak_mb, "MB")


def _of_races(races: dict[str, Race]) -> Iterator[Aim]:
    if (race := races.get(_SMALLEST_RACE)) is None:
        return
    times = "times as fast as the faster play"
    yield _least("20 applications registered and read back", 10, race.registered_ratio, times)
    yield _least("the whole, with restarts", 4, race.whole_ratio, times)
    yield _least("a pass with nothing to do", 25, race.steady_ratio, times)


def _of_sizes(sizes: dict[str, Operated]) -> Iterator[Aim]:
    if (two := sizes.get(_TWO)) is not None:
        yield _most("memory with two servers", 100, two.steady.rss_mb, "MB")
    for label in (_TWO_HUNDRED, _FIVE_HUNDRED):
        if (each := sizes.get(label)) is not None:
            after = each.converged.first_byte_seconds - each.converged.healthy_seconds
            what = f"first byte to WinRM at {label}, after the operator is up"
            yield _most(what, 2, after, "s", digits=1)
    if (most := sizes.get(_FIVE_HUNDRED)) is None:
        return
    yield _most("memory at 500/50, converged and steady", 150, most.steady.rss_mb, "MB")
    yield _most(
        "CPU at 500/50 at ten minutes' interval",
        0.6,
        most.steady.core_percent,
        "% of a core",
        digits=2,
    )
    if (again := most.restarted) is not None:
        yield _most("memory at 500/50 after a restart", 150, again.rss_mb, "MB")
        if again.slow_known_seconds is not None:
            what = "50 organisations of 3 s each are known after a start"
            yield _most(what, 15, again.slow_known_seconds, "s", digits=1)


def _most(what: str, limit: float, figure: float, unit: str, *, digits: int = 0) -> Aim:
    return Aim(what, f"at most {limit:g} {unit}", f"{figure:.{digits}f} {unit}", figure <= limit)


def _least(what: str, limit: float, figure: float, unit: str) -> Aim:
    return Aim(what, f"at least {limit:g} {unit}", f"{figure:.1f}", figure >= limit)
