"""Two operators on one cluster: neither writes over what the other wrote, against the real API server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import DeclaredServer, Gone, ServerName, StatusChanged
from partner_operator.kube.api.names import REGISTRATION_FINALIZER
from partner_operator.kube.client import Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.status import ApplicationStatus, ChangeKind, Intent, ServerStatus
from support.kube.cluster import Cluster
from support.kube.objects import application, server

pytestmark = pytest.mark.controlplane

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
STATUS = ApplicationStatus(observed_generation=1, plan=("register",))


@dataclass(frozen=True)
class Twin:
    """An operator that does not know of the other: its reader and its writer, sharing what it saw."""

    reader: KubernetesReader
    writer: KubernetesWriter


@pytest.fixture
def twins(cluster: Cluster, connection: Connection) -> tuple[Twin, Twin]:
    """Two operators of one namespace."""

    def make() -> Twin:
        seen = LastSeen(Echo())
        return Twin(
            KubernetesReader(connection, seen, CATALOG, [cluster.namespace]),
            KubernetesWriter(connection, seen),
        )

    return make(), make()


INTENT = Intent(ChangeKind.REGISTER, NOW, "atl-exchange-001.litwareinc.com", needs_restart=True)
Write = Callable[[Twin, DeclaredServer], Awaitable[None]]


async def _server_status(twin: Twin, declared: DeclaredServer) -> None:
    await twin.writer.server_status(declared.desired, ServerStatus(product_version="mine"))


async def _application_status(twin: Twin, declared: DeclaredServer) -> None:
    (one,) = declared.applications
    await twin.writer.application_status(one.desired, replace(STATUS, plan=("mine",)))


async def _remove_finalizer(twin: Twin, declared: DeclaredServer) -> None:
    (one,) = declared.applications
    await twin.writer.remove_finalizer(one.desired)


async def _read_again(twin: Twin, declared: DeclaredServer) -> None:
    await twin.reader.again(declared.desired)


async def _add_finalizer(twin: Twin, declared: DeclaredServer) -> None:
    (one,) = declared.applications
    await twin.writer.add_finalizer(one.desired)


async def both_read(
    cluster: Cluster, twins: tuple[Twin, Twin], *, finalizers: list[str]
) -> tuple[DeclaredServer, DeclaredServer]:
    """Both operators begin a pass over the same server."""
    cluster.create(server("exchange"))
    cluster.create(application("lync-on-exchange", finalizers=finalizers))
    name = ServerName(cluster.namespace, "exchange")
    first, second = [await twin.reader.server(name) for twin in twins]
    assert first is not None
    assert second is not None
    return first, second


@pytest.mark.parametrize(
    ("what_the_other_does", "what_we_do", "finalizers"),
    [
        (_server_status, _server_status, []),
        (_server_status, _read_again, []),
        (_application_status, _application_status, []),
        (_application_status, _add_finalizer, []),
        (_application_status, _remove_finalizer, [REGISTRATION_FINALIZER]),
        (_application_status, _read_again, []),
    ],
)
async def test_what_another_operator_wrote_is_never_written_over(
    cluster: Cluster,
    twins: tuple[Twin, Twin],
    what_the_other_does: Write,
    what_we_do: Write,
    finalizers: list[str],
) -> None:
    """C30. The pass that did not see it ends, and the next one begins with a fresh read."""
    ours, theirs = twins
    mine, others = await both_read(cluster, twins, finalizers=finalizers)
    await what_the_other_does(theirs, others)
    written = [
        cluster.get("PartnerServer", "exchange")["status"],
        cluster.get("PartnerApplication", "lync-on-exchange")["status"],
    ]
    with pytest.raises(StatusChanged):
        await what_we_do(ours, mine)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert [cluster.get("PartnerServer", "exchange")["status"], stored["status"]] == written
    if finalizers:
        assert stored["metadata"]["finalizers"] == finalizers
    again = await ours.reader.server(ServerName(cluster.namespace, "exchange"))
    assert again is not None
    await what_we_do(ours, again)


@pytest.mark.parametrize("before", [False, True], ids=["nothing written yet", "already written"])
async def test_two_operators_that_write_in_turns_lose_nothing(
    cluster: Cluster, twins: tuple[Twin, Twin], before: bool
) -> None:
    """Also between two writes of one pass: the last one knew only its own."""
    ours, theirs = twins
    mine, others = await both_read(cluster, twins, finalizers=[])
    if before:
        await _application_status(ours, mine)
        other_pass = await theirs.reader.server(ServerName(cluster.namespace, "exchange"))
        assert other_pass is not None
        others = other_pass
    (one,) = others.applications
    await theirs.writer.application_status(one.desired, replace(STATUS, intent=INTENT))
    with pytest.raises(StatusChanged):
        await ours.writer.application_status(mine.applications[0].desired, STATUS)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")["status"]
    assert stored["intent"]["host"] == INTENT.host


@pytest.mark.parametrize(
    "edit",
    [
        {"metadata": {"labels": {"a": "b"}}},
        {"metadata": {"annotations": {"partner-operator.io/reconcile-requested-at": "now"}}},
        {"metadata": {"finalizers": ["example.com/other"]}},
        {"spec": {"mode": "Observe"}},
    ],
)
@pytest.mark.parametrize("what_we_do", [_application_status, _add_finalizer, _read_again])
async def test_a_change_that_is_no_status_does_not_break_the_pass(
    cluster: Cluster, twins: tuple[Twin, Twin], edit: dict[str, Any], what_we_do: Write
) -> None:
    ours, _ = twins
    mine, _ = await both_read(cluster, twins, finalizers=[])
    await _application_status(ours, mine)
    cluster.patch("PartnerApplication", "lync-on-exchange", edit)
    await what_we_do(ours, mine)
    await ours.writer.application_status(mine.applications[0].desired, STATUS)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["status"]["plan"] == ["register"]


async def test_a_finalizer_goes_only_from_what_was_judged(
    cluster: Cluster, twins: tuple[Twin, Twin], connection: Connection, monkeypatch: Any
) -> None:
    """An intent that comes between the look and the patch keeps the object."""
    ours, theirs = twins
    mine, others = await both_read(cluster, twins, finalizers=[REGISTRATION_FINALIZER])
    request = connection.request

    async def write_before(method: str, path: str, **options: Any) -> dict[str, Any]:
        if method == "PATCH" and not path.endswith("/status"):
            monkeypatch.setattr(connection, "request", request)
            await _application_status(theirs, others)
        return await request(method, path, **options)

    monkeypatch.setattr(connection, "request", write_before)
    with pytest.raises(StatusChanged):
        await _remove_finalizer(ours, mine)
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["metadata"]["finalizers"] == [REGISTRATION_FINALIZER]


async def test_no_finalizer_is_put_on_the_next_object_of_the_same_name(
    cluster: Cluster, twins: tuple[Twin, Twin], connection: Connection, monkeypatch: Any
) -> None:
    """Deleted and made anew between the look and the patch."""
    ours, _ = twins
    mine, _ = await both_read(cluster, twins, finalizers=[])
    request = connection.request

    async def make_anew(method: str, path: str, **options: Any) -> dict[str, Any]:
        if method == "PATCH":
            monkeypatch.setattr(connection, "request", request)
            cluster.delete("PartnerApplication", "lync-on-exchange")
            cluster.create(application("lync-on-exchange"))
        return await request(method, path, **options)

    monkeypatch.setattr(connection, "request", make_anew)
    with pytest.raises(Gone):
        await _add_finalizer(ours, mine)
    assert "finalizers" not in cluster.get("PartnerApplication", "lync-on-exchange")["metadata"]
