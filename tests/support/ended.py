"""What a command left that has ended, wherever it ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """Its output, its errors and its exit code."""

    stdout: str
    stderr: str
    code: int

    @property
    def lines(self) -> list[str]:
        """Lines of standard output."""
        return self.stdout.split("\r\n")[:-1]
