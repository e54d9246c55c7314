"""What happens elsewhere when the operator comes to a certain step."""

from __future__ import annotations

from collections.abc import Callable

from support.engine.crash import Killed
from support.engine.world import World


def when(world: World, step: str, happen: Callable[[], None]) -> None:
    """Let something happen when the operator comes to a step, once."""
    point = world.crash.point

    def meanwhile(what: str) -> None:
        if what == step:
            world.crash.point = point  # type: ignore[method-assign]  # once
            happen()
        point(what)

    world.crash.point = meanwhile  # type: ignore[method-assign]  # a step is heard on its way


def kill_at(world: World, step: str) -> None:
    """SIGKILL when the operator comes to a step."""

    def die() -> None:
        raise Killed(step)

    when(world, step, die)
