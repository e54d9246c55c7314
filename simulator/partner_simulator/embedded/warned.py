"""Warnings of a read, by the object that each is about, as the operator's scripts take them apart."""

from __future__ import annotations

import re

from partner_simulator.embedded.plain import same, text
from partner_simulator.embedded.run import Told
from partner_simulator.ports import PsObject

_SUBJECT = re.compile(
    r"^(?:The o|O)bject ['\"]?(.+?)['\"]? (?:has been corrupted|is corrupted|is in an inconsistent state)"
)
_NAMES = ("Name", "Identity", "Guid", "DistinguishedName")


def split(read: Told) -> tuple[list[str], list[str]]:
    """What is said of each object, and what is said of the read."""
    about, others = [""] * len(read.objects), []
    started: int | None = None
    for warning in read.warnings:
        found = _SUBJECT.match(warning)
        place: int | None = None
        if found:
            meant = [n for n, one in enumerate(read.objects) if _is_meant(one, found[1])]
            place = meant[-1] if meant else None
            started = place if warning.rstrip().endswith(":") else None
        elif started is not None and _speaks_of(read.objects[started], warning):
            place = started
        if place is None:
            others.append(warning)
        else:
            about[place] = f"{about[place]} {warning}".strip()
    return about, others


def _is_meant(one: PsObject, subject: str) -> bool:
    known = [name for name in (text(one, of) for of in _NAMES) if name]
    return any(same(name, subject) or same(name, subject.rpartition("/")[2]) for name in known)


def _speaks_of(one: PsObject, warning: str) -> bool:
    return any(re.search(rf"\b{name}\b", warning) for name in one.properties)
