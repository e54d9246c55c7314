"""Two operators on one cluster and one domain: one works, the other stands by and goes on after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client

from partner_demo.operator_process import OperatorProcess
from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.wsman.names import Step
from support.metrics.film import Frame
from support.metrics.scrape import scrape

OBJECTS = (EXCHANGE_OBJECT, LYNC_OBJECT)


@pytest.fixture
def metrics(unused_tcp_port_factory: Callable[[], int]) -> list[str]:
    """Where each of three replicas can be scraped."""
    return [f"http://127.0.0.1:{unused_tcp_port_factory()}/metrics" for _ in range(3)]


@pytest.fixture
def replicas(stage: Stage, metrics: list[str]) -> Iterator[list[OperatorProcess]]:
    """Three replicas of one Deployment; none is started yet."""
    made = [
        OperatorProcess(
            kubeconfig=stage.folder / "operator.kubeconfig",
            names=stage.folder / "names.json",
            ca_file=stage.folder / "windows-ca.crt",
            namespace=stage.namespace,
            log=stage.folder / "operator.log",
            arguments=("--lease-namespace", stage.namespace, "--metrics", url),
        )
        for url in metrics
    ]
    yield made
    for replica in made:
        replica.stop()
    # What the killed one left on the servers goes by their idle time-outs.
    stage.operator.was_killed = True


def lease(stage: Stage) -> Any:
    """What the Lease says."""
    with stage.plane.api_client() as api:
        leases = client.CoordinationV1Api(api)
        return leases.read_namespaced_lease("partner-operator", stage.namespace).spec


def all_is_done_once(stage: Stage) -> None:
    """Each server did each thing once, whoever asked for it."""
    simulation = stage.simulation
    assert [simulation.restarts(host) for host in simulation.exchange_hosts()] == [1, 1]
    assert len([e for e in simulation.exchange_entries() if not e.use_auth_server]) == 1
    assert len(simulation.lync_entries()) == 1
    assert simulation.trust_works() is None
    for name in OBJECTS:
        assert stage.get("papp", name)["status"]["registration"]["createdByUs"] is True


def works(told: Frame) -> bool:
    """Whether a replica says that it works. One that stands by tells nothing of objects."""
    held = told["partner_operator_lease_held{}"] == 1
    assert held or not [series for series in told if "namespace=" in series]
    return held


def all_is_told(told: Frame) -> None:
    """By the replica that works: objects, runs, requests."""
    total = {
        name: sum(value for series, value in told.items() if series.startswith(f"{name}{{"))
        for name in (
            "partner_operator_application_info",
            "partner_operator_certificate_end_timestamp_seconds",
            "partner_operator_remote_run_duration_seconds_count",
            "partner_operator_passes_total",
            "partner_operator_api_requests_total",
            "partner_operator_workers",
        )
    }
    assert total["partner_operator_application_info"] == len(OBJECTS)
    assert total["partner_operator_workers"] == len(OBJECTS) + 1
    assert all(total.values()), total
    ready = [series for series in told if 'type="Ready"' in series and 'status="True"' in series]
    assert len(ready) == 2 * len(OBJECTS)


def test_the_second_replica_goes_on_where_the_first_one_was_killed(
    stage: Stage, replicas: list[OperatorProcess], metrics: list[str]
) -> None:
    """Killed between two hosts; then a rolling update, which waits for nothing."""
    first, second, third = replicas
    one, two = stage.simulation.exchange_hosts()
    barrier = stage.simulation.faults.pause_at(
        Step.COMMAND, two, where=lambda occasion: stage.simulation.restarts(one) == 1
    )
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.operator = first
    first.start()
    stage.wait_for("the first one works", lambda: bool(lease(stage).holder_identity))
    holder = lease(stage).holder_identity
    second.start()
    stage.apply_text(stage.examples())
    barrier.wait_reached(120)
    assert second.running
    assert lease(stage).holder_identity == holder, "the second one stands by, and answers probes"
    assert [works(scrape(url)) for url in metrics[:2]] == [True, False]
    assert stage.simulation.restarts(two) == 0
    first.kill()
    barrier.abandon()
    stage.operator = second
    for name in OBJECTS:
        stage.wait_ready(name, 180)
    all_is_done_once(stage)
    assert lease(stage).holder_identity not in (holder, "")
    all_is_told(scrape(metrics[1]))

    second.stop()
    assert not lease(stage).holder_identity, "it gave the Lease back"
    stage.operator = third
    third.start()
    at = "2026-11-30T08:00:00Z"
    annotation = f"partner-operator.io/reconcile-requested-at={at}"
    stage.kubectl("annotate", "papp", EXCHANGE_OBJECT, annotation)
    stage.wait_for(
        "the third one works",
        lambda: stage.get("papp", EXCHANGE_OBJECT)["status"].get("lastHandledReconcileAt") == at,
        120,
    )
    for name in OBJECTS:
        stage.wait_ready(name)
    all_is_done_once(stage)
    assert lease(stage).lease_transitions == 3
