"""One line of the tree in its broken form, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OPERATOR = Path("operator/partner_operator")
TOOLS = Path("tools")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line in its broken form."""

    rule: str
    """What the line keeps true."""
    file: str
    """Below the folder."""
    text: str
    """As it stands, once in the file."""
    broken: str
    tests: tuple[str, ...]
    """Files or single tests, as pytest takes them. Any of them must fail."""
    folder: Path = OPERATOR
