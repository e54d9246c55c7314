"""How a change becomes active: one strategy for each way, chosen by the product's rules.

A strategy works on a pass and tells what became of it. It knows the pass, and nobody that asks it.
"""

from __future__ import annotations

from partner_operator.engine.activation.at_once import AtOnce
from partner_operator.engine.activation.replication import Replication
from partner_operator.engine.activation.restart import Restart
from partner_operator.engine.state import Pass
from partner_operator.trust.product import Activation

_WAYS = {
    Activation.RESTART: Restart(),
    Activation.REPLICATION: Replication(),
    Activation.AT_ONCE: AtOnce(),
}


def way_of(work: Pass) -> AtOnce:
    """The strategy of this server's product; nothing is to be done for one that is not managed."""
    rules = work.ports.rules.get(work.server.product)
    return _WAYS[rules.activation if rules is not None else Activation.AT_ONCE]
