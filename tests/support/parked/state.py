"""A state that a human ends: how an organisation comes to it, and the way out. Here is what several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from partner_operator.trust.conditions import find
from partner_operator.trust.model import DocumentReading, Product
from partner_operator.trust.reasons import ConditionType
from partner_operator.trust.status import Condition
from support.parked.hall import Hall
from support.trust import worlds as values


@dataclass(frozen=True)
class Parked:
    """A state that a human ends."""

    reach: Callable[[Hall], None]
    leave: Callable[[Hall], None]
    says: str = ""
    """Words of the way out in the message; empty where the sentence is the edge's own, and tested there."""
    product: Product = Product.EXCHANGE
    on_server: bool = False
    where: ConditionType = ConditionType.READY
    passes: bool = False
    """It also ends by itself within the hour."""

    def seen(self, hall: Hall) -> list[Condition]:
        """The conditions in which the reason is looked for, those that are missing left out."""
        told = hall.server_conditions() if self.on_server else hall.conditions()
        found = [find(conditions, self.where) for conditions in told]
        return [condition for condition in found if condition is not None]


RECONCILE = "partner-operator.io/reconcile-requested-at"


def pretends(hall: Hall) -> None:
    """Every change says that it is done, and nothing is done."""

    async def pretend(*_: Any, **__: Any) -> None:
        return None

    hall.organisation.apply = pretend  # type: ignore[method-assign]  # the server lies


def observes(hall: Hall, **changes: Any) -> None:
    """What is read is otherwise."""
    observe = hall.organisation.observe

    async def otherwise(*arguments: Any, **options: Any) -> Any:
        return replace(await observe(*arguments, **options), **changes)

    hall.organisation.observe = otherwise  # type: ignore[method-assign]  # reads and changes


def then_passes(change: Callable[[Hall], None], number: int = 2) -> Callable[[Hall], None]:
    """The change, and so many passes after it."""

    def reach(hall: Hall) -> None:
        change(hall)
        hall.passes(number)

    return reach


def mended_and_asked(hall: Hall) -> None:
    """A human mends the servers, and says so on the PartnerServer."""
    hall.mend()
    hall.ask_server()


def mended_and_asked_each(hall: Hall) -> None:
    """A human mends the servers, and says so on each application."""
    hall.mend()
    hall.ask()


def rolled(hall: Hall) -> None:
    """Every partner publishes another certificate."""
    hall.partners(lambda one: publishing(one, values.ROLLED))
    hall.passes(2)


def publishing(one: DocumentReading, thumbprint: str) -> DocumentReading:
    """The document with this certificate alone."""
    assert one.document is not None
    certificates = (values.certificate(thumbprint),)
    return replace(one, document=replace(one.document, certificates=certificates))
