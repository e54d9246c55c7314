"""A world whose operator is measured, as the composition root measures it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from prometheus_client import generate_latest

from partner_operator.engine.state import Ports
from partner_operator.metrics.collector import State
from partner_operator.metrics.server import new_registry
from support.engine.world import World


def over(state: State, ports: Ports) -> Ports:
    """These ports; what goes through them is noted."""
    return replace(
        ports,
        reader=state.objects.reader(ports.reader),
        writer=state.objects.writer(ports.writer),
        announcer=state.objects.announcer(ports.announcer),
    )


@dataclass
class MeasuredWorld(World):
    """Its operator is one process, measured all the time."""

    state: State = field(default_factory=State)

    def __post_init__(self) -> None:
        """The operator holds its Lease, and goes by the clock of the world."""
        super().__post_init__()
        self.memories = {}
        self.state.clock = self.clock
        self.state.works = lambda: True

    def ports(self) -> Ports:
        """The same operator, pass by pass."""
        return over(self.state, super().ports())


def converged_and_measured(**options: Any) -> MeasuredWorld:
    """Everything is declared, and true."""
    world = MeasuredWorld(**options)
    world.declare()
    world.settle()
    assert world.all_ready()
    return world


def text_of(state: State) -> str:
    """What a scrape answers."""
    return generate_latest(new_registry(state)).decode()
