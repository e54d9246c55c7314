"""What a server has that no object declares, as much of it as belongs into a status."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from partner_operator.trust.conditions import shortened
from partner_operator.trust.model import Entry
from partner_operator.trust.status import Undeclared

MOST = 1000
"""Entries. Real servers have ten or twenty."""
LONGEST_NAME = 256
"""Characters of one name."""
LARGEST = 100_000
"""Bytes of all names in UTF-8: objects of more than about a megabyte cannot be stored at all."""


def undeclared(
    entries: Iterable[Entry], declared: Collection[str]
) -> tuple[tuple[Undeclared, ...], int]:
    """The entries whose references are not `declared`, by name, and how many more there are than are listed."""
    others = sorted(
        (entry for entry in entries if entry.reference not in declared),
        key=lambda entry: (entry.identity, entry.reference),
    )
    told: list[Undeclared] = []
    left = LARGEST
    for entry in others[:MOST]:
        one = Undeclared(
            shortened(entry.identity, LONGEST_NAME),
            shortened(entry.application_identifier, LONGEST_NAME),
            shortened(entry.realm, LONGEST_NAME),
        )
        left -= len(f"{one.identity}{one.application_identifier}{one.realm}".encode())
        if left < 0:
            break
        told.append(one)
    return tuple(told), len(others) - len(told)
