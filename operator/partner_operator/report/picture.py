"""Where parties and trusts stand in the picture. Pure geometry; the template draws it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from partner_operator.view.overview import Overview
from partner_operator.view.pairs import Pair, Party, worst
from partner_operator.view.servers import Server
from partner_operator.view.states import State
from partner_operator.view.trusts import Trust

MOST_PARTIES = 9
"""Parties of one picture; with more of them nobody finds a line any more, and the table is better."""
MOST_PICTURES = 4
WIDE, HIGH = 168.0, 56.0
"""Of a party's box."""
_BEND = 34.0
"""How far a line leaves the straight way, so that both directions are seen."""
_LABEL_AT = 0.42
"""Where on its way a line has its word: nearer to who trusts, so that the words of two directions stand apart."""


@dataclass(frozen=True, slots=True)
class Box:
    """A party."""

    party: Party
    state: State | None
    """Of its PartnerServer; None where there is none."""
    name: str
    """As much of its name as fits."""
    below: str
    """Its product, or what it is."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """One party trusts another."""

    state: State
    said: str
    """In words, for who cannot see it."""
    path: str
    label_x: float
    label_y: float

    @property
    def plate(self) -> float:
        """How wide the ground of its word is."""
        return 34.0 + 7.5 * len(self.state.word)


@dataclass(frozen=True, slots=True)
class Picture:
    """One namespace, or all where it is one only."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    @property
    def has_others(self) -> bool:
        """Whether somebody is in it who is not managed here."""
        return any(box.state is None for box in self.boxes)


def pictures_of(overview: Overview) -> tuple[tuple[Picture, ...], int]:
    """The pictures, the worst namespaces first, and how many namespaces have none.

    A namespace has a picture where it has a trust and not too many parties.
    """
    by_namespace: dict[str, list[Pair]] = {}
    for pair in overview.pairs:
        by_namespace.setdefault(pair.there[0].namespace, []).append(pair)
    drawable = [
        (namespace, pairs)
        for namespace, pairs in by_namespace.items()
        if len(_parties(pairs)) <= MOST_PARTIES
    ]
    drawn = tuple(
        _picture(namespace, pairs, overview.servers)
        for namespace, pairs in drawable[:MOST_PICTURES]
    )
    return drawn, len(by_namespace) - len(drawn)


def _parties(pairs: Sequence[Pair]) -> list[Party]:
    """Each once, in an order in which lines between neighbours are short.

    Who has several partners stands by the number of them; who has one stands beside it.
    """
    known = {party.key: party for pair in pairs for party in (pair.one, pair.other)}
    partners: dict[str, set[str]] = {key: set() for key in known}
    for pair in pairs:
        partners[pair.one.key].add(pair.other.key)
        partners[pair.other.key].add(pair.one.key)
    order = sorted(known, key=lambda key: (-len(partners[key]), known[key].label, key))
    core = [key for key in order if len(partners[key]) > 1] or order[:1]
    first, *others = core
    placed = [first]
    for key in others:
        placed += [key, *_alone(key, partners, {*core, *placed})]
    placed += _alone(first, partners, {*core, *placed})
    return [known[key] for key in (*placed, *(key for key in order if key not in placed))]


def _alone(key: str, partners: dict[str, set[str]], others: set[str]) -> list[str]:
    """The partners of this one that have no other."""
    return sorted(each for each in partners[key] - others if len(partners[each]) == 1)


def _picture(namespace: str, pairs: Sequence[Pair], servers: Sequence[Server]) -> Picture:
    states = {f"server {each.namespace}/{each.name}": each.told.state for each in servers}
    parties = _parties(pairs)
    width, height, places = _places(len(parties))
    boxes = {
        party.key: Box(
            party,
            states.get(party.key),
            _fitting(party.label),
            party.product or party.kind.value,
            x,
            y,
        )
        for party, (x, y) in zip(parties, places, strict=True)
    }
    edges = [
        _edge(trusts, boxes[one.key], boxes[other.key])
        for pair in pairs
        for one, other, trusts in (
            (pair.one, pair.other, pair.there),
            (pair.other, pair.one, pair.back),
        )
        if trusts and one.key != other.key
    ]
    return Picture(namespace, width, height, tuple(boxes.values()), tuple(edges))


def _places(count: int) -> tuple[float, float, list[tuple[float, float]]]:
    """Width, height, and the middle of each box: on an ellipse, the first one at the top."""
    if count <= 2:
        width, height = 720.0, 170.0
        return width, height, [(WIDE / 2 + 60, 85.0), (width - WIDE / 2 - 60, 85.0)][:count]
    width, height = 880.0, 300.0 + 44.0 * count
    across, down = (width - WIDE) / 2 - 10, (height - HIGH) / 2 - 16
    turns = (2 * math.pi * place / count - math.pi / 2 for place in range(count))
    places = [
        (width / 2 + across * math.cos(turn), height / 2 + down * math.sin(turn)) for turn in turns
    ]
    # Three leave the lowest part of the ellipse empty; a line between the lowest bends below them.
    return width, max(y for _, y in places) + HIGH / 2 + 34, places


def _edge(trusts: Sequence[Trust], one: Box, other: Box) -> Edge:
    dx, dy = other.x - one.x, other.y - one.y
    far = math.hypot(dx, dy) or 1.0
    # To the left of its own way: so the way back bends to the other side.
    over_x = (one.x + other.x) / 2 + dy / far * 2 * _BEND
    over_y = (one.y + other.y) / 2 - dx / far * 2 * _BEND
    from_x, from_y = _rim(one, over_x, over_y)
    to_x, to_y = _rim(other, over_x, over_y)
    state = worst(trusts)
    label_x, label_y = _on_curve((from_x, from_y), (over_x, over_y), (to_x, to_y))
    names = ", ".join(trust.name for trust in trusts)
    return Edge(
        state,
        f"{one.party.label} trusts {other.party.label}: {state.word} ({names})",
        f"M{from_x:.1f} {from_y:.1f}Q{over_x:.1f} {over_y:.1f} {to_x:.1f} {to_y:.1f}",
        round(label_x, 1),
        round(label_y, 1),
    )


def _rim(box: Box, x: float, y: float) -> tuple[float, float]:
    """Where the way from the middle of a box to a point leaves the box."""
    dx, dy = x - box.x, y - box.y
    ways = [
        (WIDE / 2 + 5) / abs(dx) if dx else math.inf,
        (HIGH / 2 + 5) / abs(dy) if dy else math.inf,
    ]
    part = min(*ways, 1.0)
    return box.x + dx * part, box.y + dy * part


def _on_curve(
    begin: tuple[float, float], over: tuple[float, float], end: tuple[float, float]
) -> tuple[float, float]:
    t = _LABEL_AT
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * begin[0] + b * over[0] + c * end[0], a * begin[1] + b * over[1] + c * end[1]


def _fitting(name: str) -> str:
    """As much as fits into a box, whatever the font makes of it."""
    room, kept = WIDE - 20, ""
    for letter in name:
        room -= _width_of(letter)
        if room < 0:
            return f"{kept}…"
        kept += letter
    return name


def _width_of(letter: str) -> float:
    """At most, in units of the picture."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 15.0
    if letter in "fijlrt.-1I":
        return 6.5
    return 13.5 if letter in "mwMW@%" else 11.0 if letter.isupper() else 9.0
