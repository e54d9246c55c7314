"""What every verb of the farm shares: known parameters, one way to write, one way to list (P-SP-3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from partner_simulator.ports import CmdletError, PsObject
from partner_simulator.world import errors, names, sharepoint_errors
from partner_simulator.world.invocation import Handler, Invocation
from partner_simulator.world.sharepoint_farm import FarmState, Issuer

DISPOSAL = "assignmentcollection"
"""Keeps objects for Stop-SPAssignment, and changes nothing else."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A cmdlet or a method of SharePoint's classes, with the parameters that the farm knows."""

    run: Handler
    parameters: frozenset[str]

    def __call__(self, invocation: Invocation) -> None:
        """Run it. Raises CmdletError, also for a parameter that was never thought of."""
        for name in invocation.arguments.values:
            if name not in self.parameters and name != DISPOSAL:
                what = f"-{name} of {invocation.call.name}"
                raise errors.not_simulated(what)
        self.run(invocation)


Verbs = Mapping[str, Verb]


def verb(run: Handler, *parameters: str) -> Verb:
    """A verb with its parameters, in any letter case."""
    return Verb(run, frozenset(name.casefold() for name in parameters))


def write(
    invocation: Invocation, subject: str, target: str, change: Callable[[FarmState], FarmState]
) -> None:
    """Change the configuration database, unless somebody else was faster. Raises CmdletError.

    `subject` is the object as conflicts name it; `target` is what the ledger notes.
    """
    farm = invocation.farm
    if farm.take_conflict():
        raise conflict(invocation, subject)
    farm.change(change)
    invocation.wrote(target)


def conflict(invocation: Invocation, subject: str) -> CmdletError:
    """The other server's timer service has changed the same object."""
    other = next((host for host in servers(invocation) if host != invocation.host), invocation.host)
    return sharepoint_errors.conflict(subject, other, names.SHAREPOINT_SERVICE)


def servers(invocation: Invocation) -> list[str]:
    """FQDNs of the servers that are in the same farm."""
    farm, domain = invocation.farm, invocation.domain
    return [
        host
        for host in names.SHAREPOINT_HOSTS
        if domain.farm_of(host) is farm and host not in farm.left
    ]


def persisted(issuer: Issuer) -> str:
    """The ToString of an object in the configuration database."""
    return f"SPTrustedSecurityTokenService Name={issuer.name}"


def identifier(text: str) -> UUID:
    """An id that is the same in every run."""
    return uuid5(NAMESPACE_URL, text)


def emit_rows(invocation: Invocation, rows: Iterable[PsObject], *named: str) -> None:
    """All rows, or those that -Identity means, or -Name. Raises CmdletError for none."""
    identity, name = invocation.arguments.text("Identity"), invocation.arguments.text("Name")
    for asked, properties in ((identity, ("Id", *named)), (name, ("Name",))):
        if asked is not None:
            rows = [row for row in rows if _means(row, asked, properties)]
            if not rows:
                raise sharepoint_errors.no_such_object()
    for row in rows:
        invocation.emit(row)


def _means(row: PsObject, asked: str, properties: Iterable[str]) -> bool:
    known: list[Any] = [row.properties[name] for name in properties if name]
    return any(same(str(value).rstrip("/"), asked.rstrip("/")) for value in known)


def same(one: str, other: str) -> bool:
    """Whether two names mean the same, in any letter case."""
    return one.casefold() == other.casefold()
