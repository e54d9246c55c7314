"""SIGKILL at every step of every later chapter of the story, and long walks of mishaps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Mode, Product
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostRestartState
from support.engine.crash import Crash, Fault
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)
from support.trust import worlds as values

WALKS = range(25)


def _disable_on_lync(world: World) -> None:
    entry = world.lync.model.entries[0]
    world.lync.model.entries = (replace(entry, enabled=False),)


def _roll_lync(world: World) -> None:
    world.roll(Product.LYNC, values.ROLLED, values.THUMBPRINT)


def _roll_exchange(world: World) -> None:
    world.roll(Product.EXCHANGE, values.ROLLED, values.THUMBPRINT)


CHAPTERS: dict[str, tuple[Callable[[World], None], int]] = {
    "disabled on Exchange": (disable, 2),
    "disabled on Lync": (_disable_on_lync, 1),
    "Lync rolls": (_roll_lync, 2),
    "Exchange rolls": (_roll_exchange, 1),
}
"""What happens, and how often each Exchange host has been restarted in the end."""


def _go_on(world: World) -> None:
    """A round that sees what happened, and more until all is well and tested."""
    for _ in range(2):
        world.run_round()
        world.settle()


def _steps() -> list[Any]:
    found = []
    for name, (happen, _) in CHAPTERS.items():
        world = converged()
        before = len(world.crash.steps)
        happen(world)
        # Until all is well, and in one round that finds nothing to do: later ones are the same.
        world.run_round()
        world.run_round()
        steps = world.crash.steps[before:]
        found += [pytest.param(name, at, id=f"{name} {at}") for at in range(1, len(steps) + 1)]
    return found


@pytest.mark.parametrize(("chapter", "at"), _steps())
def test_killed_at_any_step_of_a_repair(chapter: str, at: int) -> None:
    happen, restarts = CHAPTERS[chapter]
    world = converged()
    happen(world)
    world.crash.at = len(world.crash.steps) + at
    _go_on(world)
    assert world.all_ready()
    assert world.trusted()
    assert set(world.exchange.restarts.values()) == {restarts}
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        registration = world.cluster.status(name).registration
        assert registration is not None
        assert registration.created_by_us
    # Lync does not show its copy: a refresh whose end nobody saw has to be made again.
    updates = world.exchange.counts["apply Update"] + world.lync.counts["apply Update"]
    assert updates == 1 or (chapter == "Exchange rolls" and updates == 2)


def test_killed_in_a_registration_while_the_partner_rolls_lync_reads_the_document_again() -> None:
    """Nobody saw from which document Lync made its copy, and Lync does not show it."""
    steps = converged().crash.steps
    world = World(crash=Crash(at=steps.index("Lync apply Register done") + 1))
    world.declare()
    world.run_round()
    world.roll(Product.EXCHANGE, values.ROLLED)
    _go_on(world)
    assert world.all_ready()
    assert world.trusted()
    assert world.lync.counts["registered"] == 1
    assert world.lync.counts["apply Update"] == 1


class _Mishaps:
    """Things that happen to a world, in an order that a seed decides."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World()
        self.world.declare()
        self.renamed = 0

    def happen(self) -> None:
        """One thing."""
        self.chance.choice(
            [
                self.kill,
                self.kill,
                self.fail,
                self.fail,
                self.lose_a_host,
                self.spoil,
                self.roll,
                self.iisreset,
                self.wait,
                self.rename,
                self.change_mode,
                self.work,
                self.work,
                self.work,
            ]
        )()

    def kill(self) -> None:
        self.world.crash.at = len(self.world.crash.steps) + self.chance.randint(1, 25)

    def fail(self) -> None:
        reason = self.chance.choice([Reason.REMOTE_ERROR, Reason.OUTCOME_UNKNOWN, Reason.BUSY])
        failure = OperationFailed(
            reason,
            "mishap",
            nothing_ran=reason is Reason.BUSY,
            outcome_unknown=reason is Reason.OUTCOME_UNKNOWN,
        )
        done = reason is not Reason.BUSY and self.chance.random() < 0.5
        at = len(self.world.crash.calls) + self.chance.randint(1, 12)
        self.world.crash.fault = Fault(at, failure, done_all_the_same=done)

    def lose_a_host(self) -> None:
        lost = self.world.exchange.unreachable
        if lost:
            lost.clear()
        else:
            lost.add(self.chance.choice(EXCHANGE_HOSTS))

    def spoil(self) -> None:
        organisation = self.chance.choice([self.world.exchange, self.world.lync])
        organisation.model.entries = tuple(
            replace(entry, enabled=False) for entry in organisation.model.entries
        )

    def roll(self) -> None:
        partner = self.chance.choice([Product.LYNC, Product.EXCHANGE])
        new = f"{self.chance.randrange(16**40):040X}"
        self.world.roll(partner, new, values.THUMBPRINT)

    def rename(self) -> None:
        """A new object for the same trust; the old one is deleted."""
        enforced = [
            name
            for name in self.living()
            if self.world.cluster.applications[name].mode is Mode.ENFORCE
        ]
        if not enforced:
            return
        name = self.chance.choice(enforced)
        old = self.world.cluster.applications[name]
        self.renamed += 1
        key = replace(old.key, name=f"heir-{self.renamed}", uid=f"uid-heir-{self.renamed}")
        created_at = old.created_at + timedelta(minutes=1)
        heir = replace(old, key=key, created_at=created_at, has_finalizer=False, generation=1)
        self.world.cluster.add(heir)
        self.world.cluster.delete(name)

    def change_mode(self) -> None:
        """Somebody looks or suspends for a while."""
        name = self.chance.choice(self.living())
        self.world.cluster.change(name, mode=self.chance.choice([*Mode, Mode.ENFORCE]))

    def living(self) -> list[str]:
        """Objects that are not going."""
        applications = self.world.cluster.applications.values()
        return [found.key.name for found in applications if not found.deleting]

    def iisreset(self) -> None:
        host = self.chance.choice(EXCHANGE_HOSTS)
        if host not in self.world.exchange.unreachable:
            self.world.exchange.iisreset(host)

    def wait(self) -> None:
        self.world.clock.instant += timedelta(minutes=self.chance.randint(1, 45))

    def work(self) -> None:
        self.world.run_round()

    def calm_down(self) -> None:
        """No more mishaps; a human brings hosts back and asks for one more try."""
        world = self.world
        world.crash.at = world.crash.fault = None
        world.exchange.unreachable.clear()
        world.clock.instant += timedelta(hours=2)
        for host in EXCHANGE_HOSTS:
            if host_failed(world, host):
                world.exchange.iisreset(host)
        for name in self.living():
            world.cluster.change(name, mode=Mode.ENFORCE)
            world.cluster.request(name, "calm")
        _go_on(world)


def host_failed(world: World, name: str) -> bool:
    """Whether the operator gave up on a host."""
    host = world.hosts_of_iis.get(name)
    return host is not None and host.state is HostRestartState.FAILED


@pytest.mark.parametrize("seed", WALKS)
def test_after_any_walk_of_mishaps_all_is_right_in_the_end(seed: int) -> None:
    mishaps = _Mishaps(seed)
    world = mishaps.world
    for _ in range(30):
        mishaps.happen()
        assert len(world.exchange.model.entries) <= 1
        assert len(world.lync.model.entries) <= 1
    mishaps.calm_down()
    assert world.all_ready(), [
        world.cluster.status(name).conditions for name in world.cluster.applications
    ]
    assert world.trusted()
    assert len(world.cluster.applications) == 2
    for name in world.cluster.applications:
        status = world.cluster.status(name)
        assert status.registration is not None
        assert status.registration.created_by_us
        assert status.intent is None
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert sum(world.exchange.restarts.values()) <= 2 * (world.exchange.changes + 1)
    writes, calls = world.cluster.writes, len(world.crash.calls)
    world.run_round()
    assert world.cluster.writes == writes
    assert len(world.crash.calls) == calls + 2
