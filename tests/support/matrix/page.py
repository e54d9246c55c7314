"""The page docs/faults.md: the matrix for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from page_lines import WIDTH
from support.matrix.engine import scenes
from support.matrix.model import SHOWN, STEPS, Cell, Kind
from support.matrix.table import cells, impossible

_HEAD = """# Faults
What the operator does when WinRM fails, for every kind of fault at every step of a remote run. This page is
written from the table that the tests are made of (`tests/support/matrix/table.py`, `tests/matrix`), so each line
here has been played against a simulated host, and its counts were made by that host.

How to read it:
- *step*: where the fault strikes: {steps}.
  *before*: the step was not done. *after*: it was done, but the operator was not told.
  A signal is sent only where the command has not ended: in the lines of that step the run has lost its output before.
- *run ends as*: an answer, or the failure. *nothing ran*: proven, so the run may simply be tried again, on the
  next host too. *OutcomeUnknown*: nothing is repeated; the next pass waits for the host's mutex and reads the
  state again.
- *Ready*: the condition that you see on the PartnerServer and its PartnerApplications, and the condition beside
  it. With Reconciling the operator tries again by itself, later and later; with Stalled it waits for you. What
  each reason means: [Reasons](reasons.md).
- *logons*: accepted, and in brackets rejected ones. Never more than one rejected logon per version of the
  Secret: none is tried with a password that was refused until the Secret changes. (A refusal after the answer,
  at Delete, is remembered in the process: an operator that restarts before its next run tries once more.)
- *commands*, *sends*: counted by the host in one run. 2 where 1 is usual means that something was repeated.
- *shells left*: the fault itself made Delete impossible; the host ends the shell after the 180 s of idleness
  that the operator asked for.
- *changed*: whether a run that was to change the server has changed it.

{total} lines below stand for {count} tested cells; {impossible} pairs of kind and step cannot happen, each with
its reason.
"""
_PASSES = """
## A whole pass
One fault of each (failure, step, side) in the first run of a pass on a whole domain (observe), and in the run that
registers the partner application: {count} cells. Whatever happened, the next clean pass ends with the entry as
declared, made exactly once. "-": as without a fault.

| fault | in the run | step | application's Ready | server's Ready | changed |
|---|---|---|---|---|---|"""
_COLUMNS = (
    "fault",
    "step",
    "run ends as",
    "Ready",
    "logons",
    "commands",
    "sends",
    "shells left",
    "changed",
)


def faults_page() -> str:
    """The whole page."""
    parts = [part for kind in Kind for part in _section(kind)]
    lines = sum(1 for part in parts if part.startswith("| ") and not part.startswith("| fault"))
    head = _HEAD.format(
        steps=", ".join(STEPS), total=lines, count=len(cells()), impossible=len(impossible())
    )
    return head + "\n".join([*parts, *_passes()]) + "\n"


def _passes() -> Iterator[str]:
    yield _PASSES.format(count=len(scenes()))
    for scene in scenes():
        cell = scene.cell
        number = cell.kind.split(".", maxsplit=1)[0]
        yield (
            f"| {number}, {cell.variant} | {scene.run} | {cell.step}, {cell.when} | {scene.shown or '-'} | "
            f"{scene.shown_on_server or '-'} | {scene.changed} |"
        )


def _section(kind: Kind) -> Iterator[str]:
    yield f"\n## {kind[0].upper()}{kind[1:]}\n"
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    mine = [cell for cell in cells() if cell.kind is kind]
    mine.sort(key=lambda cell: (STEPS.index(cell.step), cell.when == "after", _facts(cell)))
    for (step, when, facts), alike in groupby(
        mine, key=lambda cell: (cell.step, cell.when, _facts(cell))
    ):
        rest = f" | {step}, {when} | {' | '.join(facts)} |"
        for variants in _lines([cell.variant for cell in alike], WIDTH - len(rest)):
            yield f"| {variants}{rest}"
    yield from _impossible(kind)


def _lines(variants: Sequence[str], width: int) -> Iterator[str]:
    """The variants, in as many rows as keep the page narrow."""
    row = variants[0]
    for variant in variants[1:]:
        if len(row) + len(variant) > width:
            yield row
            row = variant
        else:
            row = f"{row}; {variant}"
    yield row


def _facts(cell: Cell) -> tuple[str, ...]:
    failure, counts = cell.expected.failure, cell.expected.counts
    rejected = f" ({counts.rejected} rejected)" if counts.rejected else ""
    return (
        str(failure or "answer"),
        str(SHOWN[failure]) if failure else "-",
        f"{counts.accepted}{rejected}",
        str(counts.commands),
        str(counts.sends),
        str(counts.shells_left),
        str(cell.changed),
    )


def _impossible(kind: Kind) -> Iterator[str]:
    mine = [pair for pair in impossible() if pair.kind is kind]
    reasons = {pair.why: [other.step for other in mine if other.why == pair.why] for pair in mine}
    if reasons:
        yield ""
    for why, steps in reasons.items():
        yield f"- Not at {', '.join(steps)}: {why}."
