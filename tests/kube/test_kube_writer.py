"""The one writer of statuses and finalizers, against the real API server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Gone
from partner_operator.kube import finalizers
from partner_operator.kube.api.names import REGISTRATION_FINALIZER
from partner_operator.kube.client import ApiRefused, Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import declared_application, parse_server
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.texts import shown
from partner_operator.trust.model import DesiredApplication
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import (
    ApplicationStatus,
    Condition,
    Registration,
    Retry,
    ServerStatus,
)
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster, audited
from support.kube.objects import application, server

pytestmark = pytest.mark.controlplane

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
READY = Condition(ConditionType.READY, ConditionStatus.TRUE, Reason.SUCCEEDED, "all well", 1, NOW)
RECONCILING = replace(READY, type=ConditionType.RECONCILING, reason=Reason.PROGRESSING)
STATUS = ApplicationStatus(
    observed_generation=1,
    conditions=(RECONCILING, READY),
    registration=Registration(
        "Lync", "CN=Lync", "id", "realm", "id@realm", True, NOW, thumbprints=("AB",)
    ),
    plan=("register",),
)


@pytest.fixture
def writer(connection: Connection, seen: LastSeen) -> KubernetesWriter:
    """A writer as the operator has it."""
    return KubernetesWriter(connection, seen)


def desired(body: dict[str, Any]) -> DesiredApplication:
    """The declaration of a stored application."""
    return declared_application(body, None, [], CATALOG).desired


def patches(plane: ControlPlane, cluster: Cluster) -> int:
    """How many patches the API server has answered in this namespace."""
    return sum(
        event.namespace == cluster.namespace and event.verb == "patch"
        for event in audited(plane, cluster)
    )


async def test_a_status_is_stored_and_owned_by_us(
    cluster: Cluster, writer: KubernetesWriter
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    await writer.application_status(desired(made), STATUS)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["status"]["registration"]["createdByUs"] is True
    assert [c["type"] for c in stored["status"]["conditions"]] == ["Reconciling", "Ready"]
    assert stored["metadata"]["generation"] == 1
    owners = {
        (entry["manager"], entry["operation"], entry.get("subresource"))
        for entry in stored["metadata"]["managedFields"]
    }
    assert ("partner-operator", "Apply", "status") in owners


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f512 \U0001f468\u200d\U0001f469 \U0010ffff",
        "\ud83d\udd12 \\ud83d\\udd12 \\U0001f512",
        "\x00\x07\x1b\x7f\x80\x85\x9f\xa0\xad",
        "\u2028\u2029\ufeff\ufffd\ufffe\uffff\ud800\udfff",
        "'\"\\/ {}[],:#&*!|>%@` - ? ~ null",
        "測試 \u0301 \ue000",
    ],
    ids=ascii,
)
async def test_any_text_of_a_server_is_stored_as_it_is_shown(
    cluster: Cluster, writer: KubernetesWriter, text: str
) -> None:
    """Names and errors are others' words; none of them may make a status that cannot be written."""
    made = cluster.create(application("lync-on-exchange"))
    told = replace(STATUS, conditions=(replace(READY, message=text),), plan=(text,))
    await writer.application_status(desired(made), told)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")["status"]
    assert stored["plan"] == [stored["conditions"][0]["message"]] == [shown(text)]


async def test_what_is_empty_now_leaves_the_status(
    cluster: Cluster, writer: KubernetesWriter
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    await writer.application_status(desired(made), STATUS)
    await writer.application_status(
        desired(made), replace(STATUS, conditions=(READY,), plan=(), registration=None)
    )
    stored = cluster.get("PartnerApplication", "lync-on-exchange")["status"]
    assert [c["type"] for c in stored["conditions"]] == ["Ready"]
    assert "plan" not in stored
    assert "registration" not in stored


async def test_an_equal_status_is_not_written(
    plane: ControlPlane,
    cluster: Cluster,
    connection: Connection,
    writer: KubernetesWriter,
    seen: LastSeen,
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    before = patches(plane, cluster)
    for _ in range(3):
        await writer.application_status(desired(made), STATUS)
    # A new process knows only what it reads.
    seen.read(cluster.get("PartnerApplication", "lync-on-exchange"))
    other = LastSeen(Echo())
    other.read(cluster.get("PartnerApplication", "lync-on-exchange"))
    await KubernetesWriter(connection, other).application_status(desired(made), STATUS)
    assert patches(plane, cluster) == before + 1


async def test_the_status_of_a_new_object_is_not_written_when_nothing_is_known_yet(
    plane: ControlPlane, cluster: Cluster, writer: KubernetesWriter, seen: LastSeen
) -> None:
    made = cluster.create(server("exchange"))
    seen.read(made)
    before = patches(plane, cluster)
    await writer.server_status(parse_server(made, CATALOG).desired, ServerStatus())
    assert patches(plane, cluster) == before


async def test_a_field_that_somebody_put_beside_ours_makes_no_endless_writing(
    plane: ControlPlane, cluster: Cluster, writer: KubernetesWriter, seen: LastSeen
) -> None:
    made = cluster.create(server("exchange"))
    facts = parse_server(made, CATALOG).desired
    status = ServerStatus(observed_generation=1, organization="contoso.com")
    await writer.server_status(facts, status)
    cluster.patch("PartnerServer", "exchange", {"status": {"productVersion": "x"}}, status=True)
    before = patches(plane, cluster)
    for _ in range(3):
        seen.read(cluster.get("PartnerServer", "exchange"))
        await writer.server_status(facts, status)
    assert patches(plane, cluster) == before + 1


async def test_a_field_of_ours_that_somebody_changed_is_set_right(
    cluster: Cluster, writer: KubernetesWriter, seen: LastSeen
) -> None:
    made = cluster.create(server("exchange"))
    facts = parse_server(made, CATALOG).desired
    status = ServerStatus(organization="contoso.com", retry=Retry(1, NOW))
    await writer.server_status(facts, status)
    edited = {"status": {"organization": "evil.example", "retry": None}}
    cluster.patch("PartnerServer", "exchange", edited, status=True)
    seen.read(cluster.get("PartnerServer", "exchange"))
    await writer.server_status(facts, status)
    stored = cluster.get("PartnerServer", "exchange")["status"]
    assert stored["organization"] == "contoso.com"
    assert stored["retry"]["failures"] == 1


async def test_a_pass_that_outlives_its_object_is_told_that_it_is_gone(
    cluster: Cluster, writer: KubernetesWriter
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    cluster.delete("PartnerApplication", "lync-on-exchange")
    with pytest.raises(Gone):
        await writer.application_status(desired(made), STATUS)
    with pytest.raises(Gone):
        await writer.add_finalizer(desired(made))
    await writer.remove_finalizer(desired(made))


async def test_a_pass_does_not_write_on_the_next_object_of_the_same_name(
    cluster: Cluster, writer: KubernetesWriter
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    cluster.delete("PartnerApplication", "lync-on-exchange")
    anew = cluster.create(application("lync-on-exchange", finalizers=[REGISTRATION_FINALIZER]))
    with pytest.raises(Gone):
        await writer.application_status(desired(made), STATUS)
    with pytest.raises(Gone):
        await writer.add_finalizer(desired(made))
    await writer.remove_finalizer(desired(made))
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["metadata"]["resourceVersion"] == anew["metadata"]["resourceVersion"]


async def test_our_finalizer_is_put_on_once_and_taken_off_alone(
    plane: ControlPlane, cluster: Cluster, writer: KubernetesWriter
) -> None:
    made = cluster.create(application("lync-on-exchange", finalizers=["example.com/other"]))
    before = patches(plane, cluster)
    await writer.add_finalizer(desired(made))
    await writer.add_finalizer(desired(made))
    both = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert both == ["example.com/other", REGISTRATION_FINALIZER]
    await writer.remove_finalizer(desired(made))
    await writer.remove_finalizer(desired(made))
    left = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert left == ["example.com/other"]
    assert patches(plane, cluster) == before + 2


async def test_an_object_that_is_being_deleted_takes_no_finalizer_any_more(
    cluster: Cluster, writer: KubernetesWriter
) -> None:
    """Then nothing may be changed on a server for it: nobody would take it back."""
    made = cluster.create(application("lync-on-exchange", finalizers=["example.com/other"]))
    cluster.delete("PartnerApplication", "lync-on-exchange")
    with pytest.raises(Gone):
        await writer.add_finalizer(desired(made))


async def test_a_list_that_changed_under_our_hands_is_read_again(
    cluster: Cluster, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    path = (
        f"/apis/partner-operator.io/v1alpha1/namespaces/{cluster.namespace}"
        "/partnerapplications/lync-on-exchange"
    )
    get, reads = connection.get, 0

    async def get_then_change(*arguments: Any) -> dict[str, Any] | None:
        nonlocal reads
        body = await get(*arguments)
        reads += 1
        if reads == 1:
            other = {"metadata": {"finalizers": ["example.com/other"]}}
            cluster.patch("PartnerApplication", "lync-on-exchange", other)
        return body

    monkeypatch.setattr(connection, "get", get_then_change)
    await finalizers.add(connection, path, made["metadata"]["uid"], REGISTRATION_FINALIZER)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert stored == ["example.com/other", REGISTRATION_FINALIZER]
    assert reads == 2


@pytest.fixture
def reads(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the writer reads by itself."""
    get, paths = connection.get, list[str]()

    async def noted(path: str) -> dict[str, Any] | None:
        paths.append(path)
        return await get(path)

    monkeypatch.setattr(connection, "get", noted)
    return paths


async def test_what_the_pass_has_read_is_not_read_again_for_a_finalizer(
    cluster: Cluster, writer: KubernetesWriter, seen: LastSeen, reads: list[str]
) -> None:
    made = cluster.create(application("lync-on-exchange", finalizers=["example.com/other"]))
    seen.begin([made])
    await writer.add_finalizer(desired(made))
    await writer.add_finalizer(desired(made))
    both = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert both == ["example.com/other", REGISTRATION_FINALIZER]
    await writer.application_status(desired(made), STATUS)
    await writer.remove_finalizer(desired(made))
    left = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert left == ["example.com/other"]
    assert reads == []


async def test_what_changed_since_it_was_read_is_read_again_for_a_finalizer(
    cluster: Cluster, writer: KubernetesWriter, seen: LastSeen, reads: list[str]
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    seen.begin([made])
    other = {"metadata": {"finalizers": ["example.com/other"]}}
    cluster.patch("PartnerApplication", "lync-on-exchange", other)
    await writer.add_finalizer(desired(made))
    both = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert both == ["example.com/other", REGISTRATION_FINALIZER]
    cluster.patch("PartnerApplication", "lync-on-exchange", {"metadata": {"labels": {"a": "b"}}})
    await writer.remove_finalizer(desired(made))
    left = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]["finalizers"]
    assert left == ["example.com/other"]
    assert len(reads) == 2


async def test_what_was_deleted_since_it_was_read_takes_no_finalizer(
    cluster: Cluster, writer: KubernetesWriter, seen: LastSeen
) -> None:
    made = cluster.create(application("lync-on-exchange", finalizers=["example.com/other"]))
    seen.begin([made])
    cluster.delete("PartnerApplication", "lync-on-exchange")
    with pytest.raises(Gone):
        await writer.add_finalizer(desired(made))


async def test_a_write_is_expected_back_from_the_watch(
    cluster: Cluster, writer: KubernetesWriter, echo: Echo
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    await writer.application_status(desired(made), STATUS)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]
    assert echo.waiting == 1
    echo.heard(stored["uid"], made["metadata"]["resourceVersion"])
    assert echo.waiting == 1
    echo.heard(stored["uid"], stored["resourceVersion"])
    assert echo.waiting == 0


async def test_a_refusal_keeps_the_servers_own_sentence(connection: Connection) -> None:
    with pytest.raises(ApiRefused, match='namespaces "nowhere" not found') as refused:
        await connection.request("GET", "/api/v1/namespaces/nowhere")
    assert refused.value.status == 404


async def test_a_change_by_others_between_read_and_write_does_not_stop_us(
    cluster: Cluster, writer: KubernetesWriter, seen: LastSeen
) -> None:
    made = cluster.create(application("lync-on-exchange"))
    seen.read(made)
    cluster.patch("PartnerApplication", "lync-on-exchange", {"metadata": {"labels": {"a": "b"}}})
    await writer.application_status(desired(made), STATUS)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["status"]["registration"]["identity"] == "Lync"
    assert stored["metadata"]["labels"] == {"a": "b"}
