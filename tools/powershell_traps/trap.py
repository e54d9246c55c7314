"""One trap of Windows PowerShell: what it is, and what keeps us out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LYNC = "lync:"
BOOTSTRAP = "bootstrap:"
"""Prefixes of samples that are judged as Lync's or as the bootstrap; the others are Exchange's."""


class Kept(StrEnum):
    """What keeps us out of a trap."""

    RULE = "rule"
    RUN = "run"
    NOT_OURS = "not ours"


@dataclass(frozen=True, slots=True)
class Trap:
    """A row of the table."""

    name: str
    kept: Kept
    by: tuple[str, ...]
    """Names of rules, or tests as `room::test`, or the one reason why it cannot happen to us."""
    samples: tuple[str, ...] = ()
    """Texts that fall into it; the first rule says something about each of them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the notes on Windows PowerShell."""

    number: int
    title: str
    traps: tuple[Trap, ...]


def ruled(name: str, rule: str, *samples: str) -> Trap:
    """A trap that PowerShell's parser can see."""
    return Trap(name, Kept.RULE, (rule,), samples)


def runs(name: str, *tests: str) -> Trap:
    """A trap that only a run can show."""
    return Trap(name, Kept.RUN, tests)


def not_ours(name: str, why: str) -> Trap:
    """A trap that nothing of ours can fall into, in one sentence."""
    return Trap(name, Kept.NOT_OURS, (why,))


def product_of(sample: str) -> tuple[str, str]:
    """The product as which a sample is judged, and its text."""
    for prefix, product in ((LYNC, "lync"), (BOOTSTRAP, "")):
        if sample.startswith(prefix):
            return product, sample.removeprefix(prefix)
    return "exchange", sample
