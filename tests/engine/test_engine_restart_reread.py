"""What people declare while hosts are looked at decides about the restart, not what they declared before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import Mode, Product, RestartPolicy
from support.engine.people import disable
from support.engine.stage import Step
from support.engine.theatre import Theatre
from support.engine.world import EXCHANGE_HOSTS, LYNC_ON_EXCHANGE

FIRST, SECOND = EXCHANGE_HOSTS


def _never(theatre: Theatre) -> None:
    rules = theatre.cluster.servers["exchange"].restart
    theatre.cluster.change_server("exchange", restart=replace(rules, policy=RestartPolicy.NEVER))


def _manual(theatre: Theatre) -> None:
    rules = theatre.cluster.servers["exchange"].restart
    theatre.cluster.change_server("exchange", restart=replace(rules, policy=RestartPolicy.MANUAL))


def _suspended(theatre: Theatre) -> None:
    theatre.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)


def _not_listed(theatre: Theatre) -> None:
    theatre.cluster.change_server("exchange", hosts=(FIRST,))


@pytest.mark.parametrize(
    ("declare", "spared"),
    [
        (_never, EXCHANGE_HOSTS),
        (_manual, EXCHANGE_HOSTS),
        (_suspended, EXCHANGE_HOSTS),
        (_not_listed, (SECOND,)),
    ],
)
def test_a_word_that_comes_during_the_look_spares_the_hosts(
    declare: Callable[[Theatre], None], spared: tuple[str, ...]
) -> None:
    """The last look takes a minute, and the word comes in the middle of it."""
    theatre = Theatre()
    theatre.declare()
    theatre.call("a")
    theatre.play(timedelta(hours=1), theatre.all_ready)
    restarts = dict(theatre.exchange.restarts)
    said: list[bool] = []

    def say() -> None:
        declare(theatre)
        theatre.hear()

    def duration(step: Step) -> timedelta:
        if (step.what, step.about) != ("host_state", SECOND) or said:
            return timedelta(seconds=2)
        said.append(True)
        theatre.stage.at(theatre.clock.now() + timedelta(seconds=30), say)
        return timedelta(minutes=1)

    theatre.play(timedelta(minutes=10))
    theatre.stage.duration = duration
    disable(theatre, Product.EXCHANGE)
    theatre.play(timedelta(hours=1))
    assert said
    assert {host: theatre.exchange.restarts[host] for host in spared} == {
        host: restarts[host] for host in spared
    }
    theatre.close()
