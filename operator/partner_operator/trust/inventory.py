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
NOT_WHOLE = "Its texts are too long, or have characters that nobody sees, and are not told whole."
LONGEST_URL = 1000
MOST_TEXTS = 10
"""Certificates of one entry, and what differs about it."""
_AROUND_ONE = 20
"""Bytes beside a text that not every entry has."""
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
        one = _told(each)
        left -= _size(one)
        if left < 0 or len(told) == MOST:
            # The others are not looked at: to write thousands of hostile names out would take seconds.
            break
        told.append(one)
    return tuple(sorted(told, key=_name)), len(wanted) - len(told)


def _told(each: Undeclared) -> Undeclared:
    """The entry with texts that are cut to what a status can hold. What was cut cannot be declared from there."""
    one = replace(
        each,
        identity=_name_of(each.identity),
        application_identifier=_name_of(each.application_identifier),
        realm=_name_of(each.realm),
        metadata_url=_cut(each.metadata_url, LONGEST_URL),
        issuer=_cut(each.issuer, LONGEST_URL),
        trust_level=_cut(each.trust_level, LONGEST_NAME),
        linked_account=_cut(each.linked_account, LONGEST_URL),
        undeclarable=_cut(each.undeclarable, LONGEST_URL),
        thumbprints=_few(each.thumbprints),
        differs=_few(each.differs),
    )
    if one.thumbprints is None and each.thumbprints is not None:
        # Whether they are those of the partner's document cannot be seen from there.
        one = replace(one, differs=None)
    whole = replace(one, thumbprints=each.thumbprints, differs=each.differs) == each
    if whole or one.undeclarable:
        return one
    return replace(one, undeclarable=NOT_WHOLE, differs=None)


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else shortened(shown(shortened(text, longest)), longest)


def _few(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """All of them, or none where they are too many."""
    if texts is None or len(texts) > MOST_TEXTS:
        return None
    return tuple(_name_of(text) for text in texts)


def _size(each: Undeclared) -> int:
    """Bytes of an entry as it is written."""
    optional = (
        each.metadata_url,
        each.issuer,
        each.trust_level,
        each.linked_account,
        each.undeclarable,
        *(each.thumbprints or ()),
        *(each.differs or ()),
    )
    texts = (each.identity, each.application_identifier, each.realm, shown(each.reference))
    there = tuple(text for text in optional if text is not None)
    parts = len(there) + (each.enabled is not None)
    return _AROUND + _AROUND_ONE * parts + _written(*texts, *there)


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
