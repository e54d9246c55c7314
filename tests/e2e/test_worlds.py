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

VERSIONS = (Name.EXCHANGE_VERSION, Name.LYNC_VERSION, Name.SHAREPOINT_VERSION)


def covering_worlds() -> Iterator[tuple[str, Switches]]:
    """Few worlds in which every alternative of every guess appears once: the n-th of each row.

    Each version of each product is in one of them. The newest Exchange meets the oldest Lync, and the oldest
    Exchange a new one.
    """
    rows = [row for row in ROWS if row.flippable]
    most = max(len(row.alternatives) for row in rows)
    last = {row.name: row.alternatives[-1] for row in rows if row.name in VERSIONS}
    for place in range(most):
        changed: dict[Name, object] = {
            row.name: row.alternatives[place] for row in rows if len(row.alternatives) > place
        }
        if changed[Name.EXCHANGE_VERSION] == last[Name.EXCHANGE_VERSION]:
            del changed[Name.LYNC_VERSION]
        yield f"alternatives {place + 1}", Switches(changed)
    yield "old with new", Switches({Name.LYNC_VERSION: last[Name.LYNC_VERSION]})


def test_each_version_of_each_product_is_in_one_of_the_covering_worlds() -> None:
    covered = {(name, switches[name]) for _, switches in covering_worlds() for name in VERSIONS}
    rows = [row for row in ROWS if row.name in VERSIONS]
    assert covered == {
        (row.name, each) for row in rows for each in (row.default, *row.alternatives)
    }


def pairs_of_versions() -> Iterator[tuple[str, Switches]]:
    """Each version of each product with each of each other one, in as few worlds as there are pairs of two products."""
    exchange, lync, sharepoint = (
        (row.default, *row.alternatives) for row in ROWS if row.name in VERSIONS
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
