"""The decision for one application of the other product, in a world of one server."""

from __future__ import annotations

from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.model import Entry, Product
from partner_operator.trust.plan import Decision
from support.trust.worlds import STOCK, application, observed, server, view


def one(
    *entries: Entry, on: Product = Product.EXCHANGE, seen: dict[str, Any] | None = None, **of: Any
) -> Decision:
    """The decision for one application of the other product."""
    partner = Product.LYNC if on is Product.EXCHANGE else Product.EXCHANGE
    desired = of.pop("desired", None) or application(partner)
    world = observed(on, (*STOCK, *entries) if on is Product.EXCHANGE else entries, **(seen or {}))
    (decision,) = decide(CATALOG.rules[on], server(on), [view(desired, **of)], world)
    return decision
