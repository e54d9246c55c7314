"""What a change would bring about, told before anybody makes it: `status.plan` of mode Observe."""

from __future__ import annotations

from collections.abc import Iterator

from partner_operator.trust.model import Product, RestartPolicy, RestartRules
from partner_operator.trust.plan import Change
from partner_operator.trust.product import Rules


def foreseen(
    change: Change, product: Product, rules: Rules, restart: RestartRules
) -> tuple[str, ...]:
    """A line for each difference, then what is to be known beside them, and the restart that follows."""
    return tuple(_lines(change, product, rules, restart))


def _lines(change: Change, product: Product, rules: Rules, restart: RestartRules) -> Iterator[str]:
    yield from map(str, change.differences)
    if change.remark:
        yield change.remark
    if change.needs_restart:
        yield f"restart: {_restart(product, rules, restart)}"


def _restart(product: Product, rules: Rules, restart: RestartRules) -> str:
    if restart.policy is RestartPolicy.NEVER:
        within = rules.takes_over_within
        by_itself = (
            "some minutes later"
            if within is None
            else f"within {round(within.total_seconds() / 3600)} hours, or at once with iisreset on each host"
        )
        return (
            f"none by the operator, because restart.policy is Never; {product} takes the change over by itself "
            f"{by_itself}"
        )
    text = "IIS on each listed host that started before the change, one host after the other"
    if restart.policy is RestartPolicy.MANUAL:
        return f"{text}, once somebody approves it, because restart.policy is Manual"
    return f"{text}, in the next window of restart.windows" if restart.windows else text
