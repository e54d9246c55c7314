"""A server that lists thousands of entries nobody declared: the status is taken, small, and says that it is cut."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.kube.client import Connection
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import parse_server
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.model import Product
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import ServerStatus
from support.engine.world import World, converged
from support.kube.cluster import Cluster
from support.kube.objects import server
from support.trust import worlds as values

pytestmark = pytest.mark.controlplane

MANY = 5000
LARGEST = 200_000
"""Bytes. etcd takes a megabyte and a half, and each look at the object costs its size."""
SUCCEEDED = (ConditionStatus.TRUE, Reason.SUCCEEDED)


def flooded() -> tuple[World, ServerStatus]:
    """A world in which all is well, on an Exchange whose list is a hostile one; and what the operator tells of it."""
    world = converged()
    stock = values.entry(Product.SHAREPOINT)
    world.exchange.model.entries = (
        *world.exchange.model.entries,
        *(
            replace(
                stock,
                reference=f"CN=stranger-{number}-\U0001f512{'r' * 150}",
                identity=f"stranger-{number}\n\x1b[2J\ud800{'測' * 600}",
                application_identifier=f"{number:08}-0000-0ff1-ce00-000000000000",
                realm=f"{number}.{'x' * 300}.example",
            )
            for number in range(MANY)
        ),
    )
    world.settle()
    key = world.cluster.servers["exchange"].key
    return world, world.cluster.server_statuses[key.uid]


async def test_5000_entries_that_nobody_declared_leave_a_status_that_is_taken(
    cluster: Cluster, connection: Connection, seen: LastSeen
) -> None:
    world, told = flooded()
    assert world.cluster.server_ready("exchange") == SUCCEEDED
    assert world.all_ready()
    made = cluster.create(server("exchange"))
    desired = parse_server(made, CATALOG).desired
    await KubernetesWriter(connection, seen).server_status(desired, told)
    stored = cluster.get("PartnerServer", "exchange")["status"]
    size = len(json.dumps(stored, ensure_ascii=False).encode())
    assert size < LARGEST
    assert stored["undeclared"]
    assert len(stored["undeclared"]) + stored["undeclaredCut"] == MANY
    # The next pass knows them again: nothing new is told, and nothing is written.
    writes = world.cluster.writes
    world.settle()
    assert world.cluster.writes == writes
