"""SharePoint's own document: its shape, where it is published, and what can be wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import documents, names
from partner_simulator.world.network import Answer, RequestFailed
from support.world.bench import Bench

HOSTS = (*names.SHAREPOINT_HOSTS, names.PORTAL, names.TEAM_SITE)


def get(world: Bench, host: str, behind: str = "") -> Answer:
    """The document of a name, asked for by a Front End."""
    url = f"https://{host}{names.SHAREPOINT_METADATA_PATH}{behind}"
    return world.domain.network.request(names.FRONT_ENDS[0], "GET", url)


def test_the_document_has_the_shape_that_was_seen(world: Bench) -> None:
    """Capitals, and the realm only inside the issuer."""
    answer = get(world, names.PORTAL)
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    document: dict[str, Any] = json.loads(answer.body)
    farm = world.domain.sharepoint
    key = {"type": "x509Certificate", "value": farm.state.signing.base64}
    assert document == {
        "issuer": f"{names.SHAREPOINT_ID}@{farm.id}",
        "name": "SharePoint",
        "serviceName": names.SHAREPOINT_ID,
        "keys": [{"usage": "Signing", "keyValue": key}],
    }


def test_every_front_end_and_web_application_publishes_the_same(world: Bench) -> None:
    bodies = {get(world, host).body for host in HOSTS}
    bodies |= {get(world, names.PORTAL, behind).body for behind in ("/", "/?realm=x", "?realm=x")}
    assert len(bodies) == 1
    assert get(world, names.PORTAL, "/rootcertificate").status == 404


def test_the_portal_is_answered_by_servers_that_run(world: Bench) -> None:
    first, second = names.SHAREPOINT_HOSTS
    world.domain.machines[first].stop_web()
    assert [get(world, names.PORTAL).status for _ in range(3)] == [200, 200, 200]
    assert get(world, first).status == 503
    world.domain.sharepoint.left.add(second)
    assert get(world, names.PORTAL).status == 503
    assert get(world, second).status == 503


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (DocumentFault.UNAUTHORIZED, 401),
        (DocumentFault.STATUS_500, 500),
        (DocumentFault.HTML, 200),
        (DocumentFault.OTHER_PRODUCT, 200),
    ],
)
def test_what_can_be_wrong_with_it(world: Bench, fault: DocumentFault, status: int) -> None:
    world.farm.spoil_document(names.PORTAL, fault)
    answer = get(world, names.PORTAL)
    assert answer.status == status
    if fault is DocumentFault.OTHER_PRODUCT:
        assert documents.read(answer.body).application_identifier == names.LYNC_ID
    else:
        with pytest.raises(documents.NotADocument):
            documents.read(answer.body)
    assert get(world, names.SHAREPOINT_HOSTS[0]).status == 200
    world.farm.heal_document(names.PORTAL)
    assert documents.read(get(world, names.PORTAL).body).issuer.startswith(names.SHAREPOINT_ID)


def test_a_portal_that_is_gone(world: Bench) -> None:
    world.farm.spoil_document(names.PORTAL, DocumentFault.UNREACHABLE)
    with pytest.raises(RequestFailed):
        get(world, names.PORTAL)
    world.farm.heal_document(names.PORTAL)
