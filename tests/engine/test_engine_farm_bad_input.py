"""What cannot become a trust with a farm: a condition with a reason and a next step, and nothing half made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.kube.api.codec import server_status, to_json
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DocumentFault,
    DocumentReading,
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.proven_farm import SHAREPOINT_ON_EXCHANGE, FarmWorld, sharepoint_on_exchange
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_SHAREPOINT
from support.trust import worlds as values

TRUE = ConditionStatus.TRUE
LOGON_PAGE = "It is no JSON: it begins with '<!DOCTYPE html>'."


def changes(world: FarmWorld) -> int:
    return world.exchange.changes + world.farm.changes


def publish(reading: DocumentReading, *to: FakeOrganisation) -> None:
    """What they get under the farm's address."""
    for organisation in to:
        organisation.model.documents = tuple(
            reading if known.url == reading.url else known for known in organisation.model.documents
        )


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (
            DocumentReading(values.SHAREPOINT_URL, fault=DocumentFault.INVALID, detail=LOGON_PAGE),
            Reason.METADATA_INVALID,
        ),
        (
            DocumentReading(
                values.SHAREPOINT_URL, fault=DocumentFault.HTTP_STATUS, detail="HTTP 404."
            ),
            Reason.METADATA_UNREACHABLE,
        ),
        (values.reading(Product.EXCHANGE, values.SHAREPOINT_URL), Reason.METADATA_WRONG_PRODUCT),
    ],
    ids=["a logon page", "no site", "another product's"],
)
def test_a_site_without_the_farms_document_is_told_and_nobody_trusts_it(
    reading: DocumentReading, reason: Reason
) -> None:
    """No entry, no account, no restart; the other direction, whose document is good, goes on."""
    world = FarmWorld()
    world.declare()
    publish(reading, world.exchange)
    for _ in range(3):
        world.run_round()
    ready = find(world.cluster.status(SHAREPOINT_ON_EXCHANGE).conditions, ConditionType.READY)
    assert ready is not None
    assert (ready.status is TRUE, ready.reason) == (False, reason)
    assert values.SHAREPOINT_URL in ready.message
    assert (world.exchange.changes, world.exchange.restarts.total()) == (0, 0)
    assert world.exchange.counts["test"] == 0
    assert world.farm.model.entries, "Exchange's document is good"


def test_a_host_that_is_in_another_farm_now_is_asked_for_nothing_more() -> None:
    """Its own farm is a whole answer, and would take every registration."""
    world = FarmWorld()
    world.declare()
    for _ in range(3):
        world.run_round()
    before = changes(world)
    world.farm.organization = "another farm"
    world.farm.model.entries = ()
    for _ in range(3):
        world.run_round()
    stalled = find(
        world.cluster.server_statuses["uid-SharePoint"].conditions, ConditionType.STALLED
    )
    assert stalled is not None
    assert stalled.reason is Reason.OTHER_ORGANIZATION
    assert changes(world) == before


@pytest.mark.parametrize(
    ("reason", "then"),
    [(Reason.FORBIDDEN, Next.RETRIED), (Reason.SERVICE_APPLICATION_MISSING, Next.HUMAN)],
)
def test_what_a_farm_refuses_is_its_own_trouble(reason: Reason, then: Next) -> None:
    """An account that is no shell administrator, or a missing service application; Exchange is served."""
    world = FarmWorld(rules=RestartRules(RestartPolicy.AUTOMATIC, timedelta(0)))
    world.declare()
    refused = "The account must be a shell administrator of the farm (Add-SPShellAdmin)."
    world.farm.failures = [OperationFailed(reason, refused, then, nothing_ran=True)] * 3
    for _ in range(3):
        world.run_round()
    ready = find(world.cluster.status(EXCHANGE_ON_SHAREPOINT).conditions, ConditionType.READY)
    assert ready is not None
    assert ready.reason is reason
    assert "Add-SPShellAdmin" in ready.message
    assert world.farm.model.entries == ()
    assert world.exchange.model.entries, "the other side is served"
    waits = (ConditionStatus.UNKNOWN, Reason.WAITING_FOR_COUNTERPART)
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == waits


def test_a_certificate_of_the_year_9999_is_as_good_as_any() -> None:
    """A farm's own lasts that long: registered, judged, and written into the status."""
    world = FarmWorld()
    forever = values.certificate(not_after=datetime(9999, 1, 1, 7, tzinfo=UTC))
    forever_published = values.reading(Product.SHAREPOINT, certificates=(forever,))
    publish(forever_published, world.exchange, world.farm)
    world.cluster.add(replace(sharepoint_on_exchange(), connectivity_test=None))
    for _ in range(3):
        world.run_round()
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == (TRUE, Reason.SUCCEEDED)
    status = world.cluster.server_statuses["uid-SharePoint"]
    certificate = find(status.conditions, ConditionType.CERTIFICATE_VALID)
    assert certificate is not None
    assert (certificate.status, certificate.reason) == (TRUE, Reason.CERTIFICATE_VALID)
    assert "valid until 9999-01-01" in certificate.message
    assert server_status(to_json(status)) == status
    written: Any = to_json(status)["metadata"]["certificates"][0]["notAfter"]
    assert written == "9999-01-01T07:00:00Z"
