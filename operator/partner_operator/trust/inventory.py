"""What a server has that no object declares, as much of it as belongs into a status."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from partner_operator.texts import shown
from partner_operator.trust.conditions import shortened
from partner_operator.trust.model import TokenServer
from partner_operator.trust.status import TokenServerStatus, Undeclared

MOST = 1000
"""Entries. Real servers have ten or twenty."""
LONGEST_NAME = 256
"""Characters of one name."""
LONGEST_REFERENCE = 1000
"""Characters. They are Guids, paths in the directory, and names."""
LARGEST = 170_000
"""Bytes of all entries as they are written: objects of more than about a megabyte cannot be stored at all."""
_AROUND = 140
"""Bytes of an entry beside its texts: names of fields, punctuation, a time."""


def bounded(known: Iterable[Undeclared]) -> tuple[tuple[Undeclared, ...], int]:
    """The entries by name, and how many more there are than are listed.

    Those that are missing are kept first: their memory decides what may be made. A reference is never cut,
    because the entry is known again by it; one that is too long is not listed.
    """
    wanted = sorted(known, key=lambda each: (each.missing_since is None, *_name(each)))
    told: list[Undeclared] = []
    left = LARGEST
    for each in wanted:
        if len(each.reference) > LONGEST_REFERENCE:
            continue
        one = replace(
            each,
            identity=_name_of(each.identity),
            application_identifier=_name_of(each.application_identifier),
            realm=_name_of(each.realm),
        )
        left -= _AROUND + _written(
            one.identity, one.application_identifier, one.realm, shown(one.reference)
        )
        if left < 0 or len(told) == MOST:
            # The others are not looked at: to write thousands of hostile names out would take seconds.
            break
        told.append(one)
    return tuple(sorted(told, key=_name)), len(wanted) - len(told)


LARGEST_TOKEN_SERVERS = 20_000
"""Bytes of all token servers as they are written. Real servers have a handful."""


def listed(found: Iterable[TokenServer]) -> tuple[TokenServerStatus, ...]:
    """Token servers by name, as much of them as belongs into a status."""
    told: list[TokenServerStatus] = []
    left = LARGEST_TOKEN_SERVERS
    for each in sorted(found, key=lambda each: (each.name, each.metadata_url)):
        one = TokenServerStatus(
            name=_name_of(each.name),
            metadata_url=_name_of(each.metadata_url),
            realm=_name_of(each.realm),
            type=_name_of(each.type),
            enabled=each.enabled,
        )
        left -= _AROUND + _written(one.name, one.metadata_url, one.realm, one.type)
        if left < 0:
            break
        told.append(one)
    return tuple(told)


def _name_of(text: str) -> str:
    """What cannot be seen is written out, and makes a name longer; so it is cut before and after."""
    return shortened(shown(shortened(text, LONGEST_NAME)), LONGEST_NAME)


def _written(*texts: str) -> int:
    """Bytes of the texts as JSON has them."""
    return len(json.dumps(texts, ensure_ascii=False).encode())


def _name(each: Undeclared) -> tuple[str, str]:
    return each.identity, each.reference
