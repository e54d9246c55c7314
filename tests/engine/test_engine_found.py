"""What the machine and the axes found, each as the shortest story that shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.trust.model import Product
from support.engine.people import disable
from support.engine.stage import Step
from support.engine.theatre import Theatre
from support.engine.world import EXCHANGE_HOSTS, LYNC_ON_EXCHANGE


def _settled() -> Theatre:
    theatre = Theatre()
    theatre.declare()
    theatre.call("a")
    theatre.play(timedelta(hours=1), theatre.all_ready)
    theatre.play(timedelta(minutes=20))
    return theatre


def _refuse(theatre: Theatre, what: str, about: str, after: str) -> None:
    """From the step `after` on, this write is refused."""

    def refuse(step: Step) -> None:
        if step.what == after:
            theatre.cluster.refusals.add((what, about))

    theatre.stage.before.append(refuse)


@pytest.mark.parametrize("killed", [True, False])
def test_c24_no_host_is_called_current_with_workers_from_before_the_change(killed: bool) -> None:
    """The requirement is written, the look after it is not: refused by an admission policy, or killed."""
    theatre = _settled()
    disable(theatre, Product.EXCHANGE)
    if killed:
        theatre.stage.before.append(
            lambda step: theatre.kill("a") if step.what == "host_state" else None
        )
    else:
        _refuse(theatre, "server_status", "exchange", "apply Update")
    theatre.play(timedelta(hours=1))
    assert theatre.exchange.counts["apply Update"] == 1
    server = theatre.cluster.servers["exchange"]
    theatre.judge.server_left("a", server, theatre.cluster.server_statuses[server.key.uid])
    assert theatre.judge.violations == []
    theatre.close()


def test_c34_a_change_that_cannot_be_recorded_asks_for_no_restart() -> None:
    """The application's status is refused for good: nothing is changed, so nothing waits for a restart."""
    theatre = _settled()
    restarts = dict(theatre.exchange.restarts)
    server = theatre.cluster.servers["exchange"]
    before = theatre.cluster.server_statuses[server.key.uid].iis
    disable(theatre, Product.EXCHANGE)
    _refuse(theatre, "application_status", LYNC_ON_EXCHANGE, "observe")
    theatre.play(timedelta(hours=3))
    after = theatre.cluster.server_statuses[server.key.uid].iis
    assert theatre.exchange.counts["apply Update"] == 0
    assert before is not None
    assert after is not None
    assert after.restart_required_since == before.restart_required_since
    assert dict(theatre.exchange.restarts) == restarts
    theatre.close()


def test_c24_a_host_that_is_well_again_ends_the_round_by_itself() -> None:
    """Half a host came back from its restart; a service is started by hand, and nothing is annotated."""
    theatre = _settled()
    disable(theatre, Product.EXCHANGE)
    theatre.exchange.returns[EXCHANGE_HOSTS[0]] = frozenset({"W3SVC", "WAS"})
    theatre.play(timedelta(hours=2))
    assert theatre.exchange.restarts[EXCHANGE_HOSTS[1]] == 1
    theatre.exchange.heal(EXCHANGE_HOSTS[0])
    theatre.play(timedelta(hours=2))
    assert theatre.all_ready()
    assert dict(theatre.exchange.restarts) == dict.fromkeys(EXCHANGE_HOSTS, 2)
    assert theatre.judge.violations == []
    theatre.close()
