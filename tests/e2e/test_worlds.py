"""The story comes out right whichever way the simulator's guesses are turned."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partner_demo.stage import Stage
from partner_demo.story import Story
from partner_simulator.simulation import Simulation
from partner_simulator.world.switches import ROWS, Name, Switches, all_worlds


def covering_worlds() -> Iterator[tuple[str, Switches]]:
    """Few worlds in which every alternative of every guess appears once: the n-th of each row.

    So each version of each product appears, too; the newest Exchange with the oldest Lync beside them.
    """
    most = max(len(row.alternatives) for row in ROWS if row.flippable)
    for place in range(most):
        changed: dict[Name, object] = {
            row.name: row.alternatives[place]
            for row in ROWS
            if row.flippable and len(row.alternatives) > place
        }
        yield f"alternatives {place + 1}", Switches(changed)
    yield "new with old", Switches({Name.EXCHANGE_VERSION: "Exchange Server SE"})


def pairs_of_versions() -> Iterator[tuple[str, Switches]]:
    """Each version of each product with each of each other one, in as few worlds as there are pairs of two products."""
    exchange, lync, sharepoint = (
        (row.default, *row.alternatives)
        for row in ROWS
        if row.name in (Name.EXCHANGE_VERSION, Name.LYNC_VERSION, Name.SHAREPOINT_VERSION)
    )
    for first, one in enumerate(exchange):
        for second, other in enumerate(lync):
            third = sharepoint[(first + second) % len(sharepoint)]
            yield (
                f"{one}, {other}, {third}",
                Switches(
                    {
                        Name.EXCHANGE_VERSION: one,
                        Name.LYNC_VERSION: other,
                        Name.SHAREPOINT_VERSION: third,
                    }
                ),
            )


def worlds() -> list[tuple[str, Switches]]:
    """All single flips and all pairs of versions with PARTNER_OPERATOR_ALL_WORLDS (an hour), else the covering ones."""
    if "PARTNER_OPERATOR_ALL_WORLDS" in os.environ:
        return [*all_worlds(), *pairs_of_versions()]
    return list(covering_worlds())


@pytest.mark.parametrize(("name", "switches"), worlds(), ids=[name for name, _ in worlds()])
@pytest.mark.timeout(600)
def test_the_story_in_every_world(
    name: str, switches: Switches, make_stage: Callable[..., Stage], pwsh: Path | None
) -> None:
    """The same steps as in the demo."""
    with Simulation(pwsh, switches) as simulation:
        # Hosts read their own domain controller, so silence must outlast the directory's lag.
        settle = f"{1 + int(float(switches[Name.DIRECTORY_LAG_SECONDS]) * 1.2)}s"
        stage = make_stage(simulation=simulation, settle=settle)
        for step in Story(stage).steps():
            step.act()
        stage.operator.stop()
