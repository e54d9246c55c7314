"""Changes of several applications of Exchange in one run, and what goes wrong with one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from partner_operator.engine.ports import OperationFailed, Outcome, Wanted
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.world import World

READY = (ConditionStatus.TRUE, Reason.SUCCEEDED)
REFUSED = OperationFailed(Reason.REMOTE_ERROR, "The cmdlet wrote an error.")
LOST = OperationFailed(Reason.OUTCOME_UNKNOWN, "The answer was lost.", outcome_unknown=True)


def attempts(world: World, name: str) -> int:
    """Of the repair record."""
    record = world.cluster.status(name).repair
    return record.attempts if record is not None else 0


def made(world: World) -> set[str]:
    """Names of the entries that stand on Exchange."""
    return {entry.identity for entry in world.exchange.model.entries}


def failing(
    world: World, *names: str, failure: OperationFailed | None = REFUSED
) -> Callable[[], None]:
    """Let changes for these do nothing, and fail or (None) report no error. Returns what ends that."""
    apply = world.exchange.apply

    async def fails(*arguments: Any) -> Any:
        if arguments[4].key.name not in names:
            return await apply(*arguments)
        if failure is not None:
            raise failure
        return None

    def end() -> None:
        world.exchange.apply = apply  # type: ignore[method-assign]

    world.exchange.apply = fails  # type: ignore[method-assign,assignment]
    return end


def hanging(world: World, name: str) -> Callable[[], None]:
    """Let the change for this one hang until the host ends the run, which has told how far it came."""
    apply_all = world.exchange.apply_all

    async def cut(server: Any, credentials: Any, observed: Any, wanted: Sequence[Wanted]) -> Any:
        names = [each.application.key.name for each in wanted]
        if name not in names:
            return await apply_all(server, credentials, observed, wanted)
        place = names.index(name)
        await apply_all(server, credentials, observed, wanted[:place])
        unknown = [Outcome(failure=LOST)] * (place + 1)
        return [*unknown, *[Outcome(begun=False)] * (len(wanted) - len(unknown))]

    def end() -> None:
        world.exchange.apply_all = apply_all  # type: ignore[method-assign]

    world.exchange.apply_all = cut  # type: ignore[method-assign]
    return end
