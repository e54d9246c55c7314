"""The fault matrix: every kind of fault at every step, as a cell or as a named impossibility."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from partner_simulator.wsman import Step
from support.matrix import logons as matrix_logons
from support.matrix import network as matrix_network
from support.matrix import output as matrix_output
from support.matrix import replies as matrix_replies
from support.matrix.model import (
    STEPS,
    UNKNOWN,
    UNKNOWN_AND_REFUSED,
    Cell,
    Impossible,
    Kind,
)

_NO_HTTP = "no HTTP has been spoken yet"
_LOGON_ONLY = "only a logon can fail so; the step comes after one on the same connection"
_NO_SOAP = "the logon is refused or granted by HTTP's status and headers; there is no SOAP body yet"
_NEEDS_SHELL = "access and quotas are judged when a shell or an operation is asked for"
_FIRST = (
    "there is no earlier request on the connection, so it cannot have been closed or changed since"
)
_OUTPUT = "standard output, standard error and exit code come with Receive only"
_RECEIVE_ONLY = (
    "only Receive is asked again on OperationTimeout; elsewhere it is a SOAP fault (kind 7)"
)
_CONNECTED = "the connection is there already; losing it is kind 16, silence is kind 15"
_ENVIRONMENT = "the environment could only play a part where a connection is made or a logon begins"
_PROTOCOL = "what a logon offers and binds to is settled in the logon"

_WHY: dict[Kind, dict[Step, str]] = {
    kind: {Step.CONNECT: _NO_HTTP}
    for kind in Kind
    if kind not in {Kind.TLS, Kind.SLOW, Kind.LOST, Kind.NETWORK, Kind.PROXY, Kind.LOOP, Kind.IDLE}
}
for _kind in (Kind.SCHEME, Kind.BINDING, Kind.SKEW):
    _WHY[_kind] |= dict.fromkeys(STEPS[2:], _PROTOCOL if _kind is not Kind.SKEW else _LOGON_ONLY)
for _kind in (Kind.ACCESS_DENIED, Kind.QUOTA):
    _WHY[_kind][Step.AUTHENTICATE] = _NEEDS_SHELL
for _kind in (Kind.SOAP, Kind.TRUNCATED_BODY, Kind.TRUNCATED_XML, Kind.BOMB):
    _WHY[_kind][Step.AUTHENTICATE] = _NO_SOAP
_WHY[Kind.IDLE] = dict.fromkeys(STEPS[:3], _FIRST)
_WHY[Kind.TLS] = dict.fromkeys((Step.AUTHENTICATE, Step.CREATE), _FIRST)
_WHY[Kind.LOOP] = {step: _RECEIVE_ONLY for step in STEPS if step is not Step.RECEIVE}
_WHY[Kind.NETWORK] = dict.fromkeys(STEPS[1:], _CONNECTED)
_WHY[Kind.PROXY] = dict.fromkeys(STEPS[2:], _ENVIRONMENT)
for _kind in (Kind.STDERR, Kind.STDOUT, Kind.EXIT):
    _WHY[_kind] = {step: _OUTPUT for step in STEPS if step is not Step.RECEIVE}


@cache
def cells() -> tuple[Cell, ...]:
    """The whole matrix, by kind, variant, step and side."""
    found = [broken_off(cell) if cell.step is Step.SIGNAL else cell for cell in _all()]
    kinds, steps = list(Kind), list(STEPS)
    order = {cell.variant: place for place, cell in reversed(list(enumerate(found)))}
    found.sort(
        key=lambda cell: (
            kinds.index(cell.kind),
            order[cell.variant],
            steps.index(cell.step),
            cell.when == "after",
        )
    )
    return tuple(found)


def broken_off(cell: Cell) -> Cell:
    """A Signal is sent only for a command that has not ended: its run breaks off at Receive."""
    assert cell.expected.failure is None
    refused = cell.expected.counts.rejected > 0
    failure = UNKNOWN_AND_REFUSED if refused else UNKNOWN
    return replace(cell, expected=replace(cell.expected, failure=failure))


def _all() -> Iterator[Cell]:
    for part in (matrix_logons, matrix_replies, matrix_network, matrix_output):
        yield from part.cells()


@cache
def impossible() -> tuple[Impossible, ...]:
    """Every pair of kind and step that has no cell, and why."""
    return tuple(
        Impossible(kind, step, _WHY[kind][step])
        for kind in Kind
        for step in STEPS
        if step in _WHY.get(kind, {})
    )
