"""What a server has that no object declares, as much of it as belongs into a status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from partner_operator.trust.conditions import shortened
from partner_operator.trust.status import Undeclared

MOST = 1000
"""Entries. Real servers have ten or twenty."""
LONGEST_NAME = 256
"""Characters of one name."""
LARGEST = 100_000
"""Bytes of all names in UTF-8: objects of more than about a megabyte cannot be stored at all."""


def bounded(known: Iterable[Undeclared]) -> tuple[tuple[Undeclared, ...], int]:
    """The entries by name, and how many more there are than are listed.

    Those that are missing are kept first: their memory decides what may be made. A reference is never cut,
    because the entry is known again by it; one that is too long is not listed.
    """
    wanted = sorted(known, key=lambda each: (each.missing_since is None, *_name(each)))
    told: list[Undeclared] = []
    left = LARGEST
    for each in wanted:
        one = replace(
            each,
            identity=shortened(each.identity, LONGEST_NAME),
            application_identifier=shortened(each.application_identifier, LONGEST_NAME),
            realm=shortened(each.realm, LONGEST_NAME),
        )
        size = len(f"{one.identity}{one.application_identifier}{one.realm}{one.reference}".encode())
        if len(told) < MOST and size <= left:
            left -= size
            told.append(one)
    return tuple(sorted(told, key=_name)), len(wanted) - len(told)


def _name(each: Undeclared) -> tuple[str, str]:
    return each.identity, each.reference
