"""A change that is stored and not active yet, or not tested: restarts, activation, replication, the other direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from partner_operator.trust.model import ConnectivityTest, Product, RestartPolicy, RestartWindow
from partner_operator.trust.reasons import ConditionType, Reason
from support.engine.world import EXCHANGE_ON_LYNC
from support.parked.hall import Hall
from support.parked.state import RECONCILE, Parked, rolled, then_passes

APPROVE = "partner-operator.io/approve-restart"


def _restart_due(**rules: object) -> Callable[[Hall], None]:
    def reach(hall: Hall) -> None:
        hall.restarts(**rules)
        hall.disable()
        hall.passes(2)

    return reach


def _waiting_for_hosts(hall: Hall) -> None:
    hall.organisation.unreachable.add(hall.hosts[1])
    hall.disable()
    hall.passes(2)


def _activation_unknown(hall: Hall) -> None:
    _waiting_for_hosts(hall)
    hall.organisation.iisreset(hall.hosts[0])
    hall.passes(2)


def _restart_refused(hall: Hall) -> None:
    hall.organisation.refusal = "iisreset on ex1 ended with 1 and said: Access denied."
    hall.disable()
    hall.passes(2)


def _not_replicated(hall: Hall) -> None:
    organisation = hall.organisation
    organisation.replication = 10**6
    model = organisation.model
    model.entries = tuple(replace(entry, trust_level="Partial") for entry in model.entries)
    organisation._replicated()
    hall.passes(2)


def _replicated(hall: Hall) -> None:
    hall.organisation.replication = hall.organisation._lag = 0
    hall.organisation._replicated()


def _mended_and_approved(hall: Hall) -> None:
    hall.mend()
    hall.approve()


def _test_fails(hall: Hall) -> None:
    hall.each(
        connectivity_test=ConnectivityTest("sip:a@litwareinc.com", interval=timedelta(days=9))
    )
    hall.organisation.passes = lambda: False
    hall.passes(4)


def _test_passes(hall: Hall) -> None:
    hall.organisation.passes = lambda: True
    hall.ask()


def _never_tested(hall: Hall) -> None:
    """No Front End ever gets the change, so there is nowhere to test."""
    hall.each(
        connectivity_test=ConnectivityTest("sip:a@litwareinc.com", interval=timedelta(days=9))
    )
    _not_replicated(hall)


def _counterpart_waits(hall: Hall) -> None:
    """The declared other direction waits for an approval."""
    world = hall.world
    rules = world.cluster.servers["exchange"].restart
    world.cluster.change_server("exchange", restart=replace(rules, policy=RestartPolicy.MANUAL))
    world.declare()
    hall.watched = [EXCHANGE_ON_LYNC]
    world.run_round()
    world.run_round()


def _counterpart_approved(hall: Hall) -> None:
    hall.world.cluster.approve("exchange", "go on")
    hall.world.run_round()


NEVER_OPEN = RestartWindow("0 0 29 2 *", timedelta(hours=1))
"""Once in four years."""


RESTARTS: dict[Reason, Parked] = {
    Reason.WAITING_FOR_WINDOW: Parked(_restart_due(windows=(NEVER_OPEN,)), Hall.approve, APPROVE),
    Reason.WAITING_FOR_HOSTS: Parked(_waiting_for_hosts, Hall.approve, APPROVE),
    Reason.RESTART_APPROVAL_NEEDED: Parked(
        _restart_due(policy=RestartPolicy.MANUAL), Hall.approve, APPROVE
    ),
    Reason.RESTART_BUDGET_SPENT: Parked(_restart_due(max_per_day=1), Hall.approve, APPROVE),
    Reason.RESTART_FAILED: Parked(_restart_refused, _mended_and_approved, APPROVE),
    Reason.RESTART_PENDING: Parked(
        _restart_due(policy=RestartPolicy.NEVER),
        lambda hall: hall.restarts(policy=RestartPolicy.AUTOMATIC),
        "restart.policy is Never",
    ),
    Reason.ACTIVATION_UNKNOWN: Parked(
        _activation_unknown,
        lambda hall: hall.declare(hosts=hall.hosts[:1]),
        "take it out of spec.hosts",
    ),
    Reason.WAITING_FOR_ACTIVATION: Parked(
        rolled, Hall.reset, "iisreset on each of them", product=Product.SHAREPOINT
    ),
    Reason.WAITING_FOR_REPLICATION: Parked(
        _not_replicated,
        _replicated,
        "Invoke-CsManagementStoreReplication",
        product=Product.LYNC,
    ),
    Reason.WAITING_FOR_COUNTERPART: Parked(
        _counterpart_waits,
        _counterpart_approved,
        "runs when PartnerApplication",
        product=Product.LYNC,
        passes=True,
    ),
    Reason.HOSTS_UNLISTED: Parked(
        then_passes(lambda hall: hall.declare(hosts=hall.hosts[:1])),
        lambda hall: hall.declare(hosts=hall.organisation.hosts),
        "spec.hosts does not list",
        on_server=True,
        where=ConditionType.UNLISTED_HOSTS,
    ),
    Reason.CONNECTIVITY_TEST_FAILED: Parked(
        _test_fails, _test_passes, RECONCILE, product=Product.LYNC
    ),
    Reason.NOT_TESTED: Parked(
        _never_tested, _replicated, product=Product.LYNC, where=ConditionType.CONNECTED
    ),
}
