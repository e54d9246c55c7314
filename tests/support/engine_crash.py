"""SIGKILL for an operator in memory: at the n-th step that touches the world, everything of it is lost."""

from __future__ import annotations

from dataclasses import dataclass, field


class Killed(BaseException):
    """What SIGKILL is to a coroutine: nothing catches it."""


@dataclass
class Crash:
    """Counts the steps of a run; dies at one of them if told to."""

    at: int | None = None
    steps: list[str] = field(default_factory=list)

    def point(self, what: str) -> None:
        """One step is about to be made, or was just made."""
        self.steps.append(what)
        if self.at is not None and len(self.steps) == self.at:
            raise Killed(what)
