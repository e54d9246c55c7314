"""The engine layer: which cells are played on a whole domain, in which run, and what users see then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from partner_simulator.wsman import Fault, Occasion, Step
from support.matrix.model import (
    SHOWN,
    TIMED_OUT,
    TLS_FAILED,
    UNAUTHENTICATED,
    UNREACHABLE,
    Cell,
    Changed,
    Shown,
)
from support.matrix.rules import NO_OUTPUT, Strikes
from support.matrix.table import cells

_PREFERRED = ("RST", "shells, WSManFault", "operations, WSManFault", "0x800703FA")
"""Variants that stand for their group."""
_ENDS_THE_PASS = frozenset({UNREACHABLE, TLS_FAILED, TIMED_OUT, UNAUTHENTICATED})
"""Failures of a change, without any effect, after which the server is not even asked what it looks like."""


UP_TO_CREATE = (Step.CONNECT, Step.AUTHENTICATE, Step.CREATE)
"""What runs of one pass share, or make again where it was lost: faults there strike in runs that share nothing."""


class Run(StrEnum):
    """The run of a pass in which the fault strikes; the pass registers an application."""

    OBSERVE = "observe"
    """The first: nothing is known yet, and nothing is changed."""
    REGISTER = "register"
    """The second: the one that changes the server."""

    @property
    def number(self) -> int:
        """Which shell of the pass it is, from 1."""
        return list(Run).index(self) + 1


@dataclass(frozen=True, slots=True)
class Scene:
    """One representative of (error class, step, side) in one run of a pass."""

    cell: Cell
    run: Run

    @property
    def name(self) -> str:
        """For test ids."""
        return f"{self.run}-{self.cell.name}"

    @property
    def shown(self) -> Shown | None:
        """The condition that a user sees after the pass; None: as without a fault."""
        failure = self.cell.expected.failure
        return SHOWN[failure] if failure is not None else None

    @property
    def shown_on_server(self) -> Shown | None:
        """The same of the server; a failed change leaves it alone when the read-back reached it."""
        failure = self.cell.expected.failure
        reached = failure is not None and failure.nothing_ran and failure not in _ENDS_THE_PASS
        return None if reached and self.run is Run.REGISTER else self.shown

    @property
    def changed(self) -> Changed:
        """Whether Exchange has the entry after the pass with the fault."""
        failed_early = self.run is Run.OBSERVE and self.cell.expected.failure is not None
        return Changed.NO if failed_early else self.cell.changed

    def fault(self, strikes: Strikes) -> Fault:
        """The fault, in this run only."""
        made = strikes.fault(self.cell)
        if self.cell.step in UP_TO_CREATE:
            return replace(made, skip=self.run.number - 1)
        if self.cell.step is Step.SIGNAL:
            # There is one in the pass: that of the run that is broken off.
            return made
        return replace(made, where=in_shell(self.run.number))

    def no_output(self) -> Fault:
        """What breaks the command of this run off."""
        return replace(NO_OUTPUT, where=in_shell(self.run.number))


def in_shell(number: int) -> Callable[[Occasion], bool]:
    """Whether an occasion is of the n-th shell that is seen."""
    shells: list[str] = []

    def matches(occasion: Occasion) -> bool:
        if occasion.shell_id not in shells:
            shells.append(occasion.shell_id)
        return shells.index(occasion.shell_id) + 1 == number

    return matches


@cache
def scenes() -> tuple[Scene, ...]:
    """All of them."""
    return tuple(
        Scene(cell, run)
        for run in Run
        for cell in _representatives()
        # A run that answers all the same is one run like another.
        if run is Run.REGISTER or cell.expected.failure is not None
    )


def _representatives() -> Iterator[Cell]:
    groups: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells():
        if isinstance(cell.arrange, Strikes):
            groups.setdefault((cell.expected.failure, cell.step, cell.when), []).append(cell)
    for group in groups.values():
        yield min(group, key=_preference)


def _preference(cell: Cell) -> int:
    return _PREFERRED.index(cell.variant) if cell.variant in _PREFERRED else len(_PREFERRED)
