"""What the API server does not take is told in its own words, apart from races (C34)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from kubernetes import client

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Gone, Kind, NotWritten, ServerName, StatusChanged
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Ports
from partner_operator.kube.api.names import REGISTRATION_FINALIZER
from partner_operator.kube.client import ApiRefused, ApiUnreachable, Connection
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import declared_application, parse_server
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.model import DesiredApplication, DesiredServer, Product
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from partner_testbed import ControlPlane
from support.engine.world import IMPATIENT, World
from support.kube.cluster import Cluster, Refused, audited
from support.kube.objects import EXCHANGE_SPEC, READY, application, server, stored
from support.trust import worlds as values
from support.waiting import eventually

WORDS = "every object needs the label cost-center"
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
Write = Callable[[KubernetesWriter, DesiredServer, DesiredApplication], Awaitable[None]]
WRITES: dict[str, tuple[str, Write]] = {
    "server status": (
        "the status of PartnerServer exchange",
        lambda writer, server, _: writer.server_status(server, ServerStatus(product_version="1")),
    ),
    "rehearsal of the same": (
        "the status of PartnerServer exchange",
        lambda writer, server, _: writer.rehearse_server_status(server, ServerStatus()),
    ),
    "application status": (
        "the status of PartnerApplication lync-on-exchange",
        lambda writer, _, app: writer.application_status(app, ApplicationStatus(plan=("x",))),
    ),
    "rehearsal of that": (
        "the status of PartnerApplication lync-on-exchange",
        lambda writer, _, app: writer.rehearse_application_status(app, ApplicationStatus()),
    ),
    "finalizer": (
        "our finalizer of PartnerApplication lync-on-exchange",
        lambda writer, _, app: writer.add_finalizer(app),
    ),
    "finalizer off": (
        "the removal of our finalizer of PartnerApplication lync-on-exchange",
        lambda writer, _, app: writer.remove_finalizer(app),
    ),
}


class Refusing:
    """A connection on which reading works, and each write is answered with this status."""

    def __init__(self, status: int, *finalizers: str) -> None:
        self.status = status
        self.writes: list[dict[str, Any]] = []
        self.between: Callable[[dict[str, Any]], None] = lambda body: None
        """What somebody else does after each refused write."""
        self.objects = {
            "exchange": stored(server()),
            "lync-on-exchange": stored(application("lync-on-exchange")),
        }
        self.objects["lync-on-exchange"]["metadata"]["finalizers"] = list(finalizers)

    async def get(self, path: str) -> dict[str, Any] | None:
        """Read one."""
        found = self.objects.get(path.removesuffix("/status").rpartition("/")[2])
        return found and {**found, "metadata": dict(found["metadata"])}

    async def request(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Write one."""
        self.writes.append({"method": method, "path": path, **request})
        body = self.objects[path.removesuffix("/status").rpartition("/")[2]]
        self.between(body)
        raise ApiRefused(self.status, WORDS)


def declared(connection: Refusing) -> tuple[DesiredServer, DesiredApplication]:
    """Both objects."""
    desired = declared_application(connection.objects["lync-on-exchange"], None, [], CATALOG)
    return parse_server(connection.objects["exchange"], CATALOG).desired, desired.desired


def writer_on(connection: Refusing) -> KubernetesWriter:
    """The writer of a pass that has just begun."""
    seen = LastSeen(Echo())
    seen.begin(connection.objects.values())
    return KubernetesWriter(cast(Connection, connection), seen)


def at(connection_status: int, name: str) -> Refusing:
    """A connection for this write."""
    held = (REGISTRATION_FINALIZER,) if name == "finalizer off" else ()
    return Refusing(connection_status, *held)


@pytest.mark.parametrize("status", [400, 403, 409, 413, 422, 500])
@pytest.mark.parametrize("name", WRITES)
async def test_a_refusal_is_told_in_the_api_servers_words(name: str, status: int) -> None:
    what, write = WRITES[name]
    connection = at(status, name)
    with pytest.raises(NotWritten) as refused:
        await write(writer_on(connection), *declared(connection))
    assert refused.value.message == f"The API server does not take {what}: {WORDS}"
    assert refused.value.kind is (Kind.SERVER if "Server" in what else Kind.APPLICATION)
    assert len(connection.writes) == 1, "what is refused is not tried again in the same breath"


@pytest.mark.parametrize("name", WRITES)
async def test_a_race_is_run_again_and_is_no_refusal_until_it_has_been_lost_often(
    name: str,
) -> None:
    connection = at(409, name)

    def other_writer(body: dict[str, Any]) -> None:
        metadata = body["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        metadata["finalizers"] = [*metadata["finalizers"], "x"] if "finalizers" in metadata else []

    connection.between = other_writer
    with pytest.raises(NotWritten):
        await WRITES[name][1](writer_on(connection), *declared(connection))
    assert len(connection.writes) == 5


@pytest.mark.parametrize("status", [404, 409, 422])
@pytest.mark.parametrize("name", WRITES)
async def test_an_object_that_goes_meanwhile_was_not_refused(name: str, status: int) -> None:
    connection = at(status, name)
    connection.between = lambda body: connection.objects.clear()
    write = WRITES[name][1](writer_on(connection), *declared(connection))
    if name == "finalizer off":
        await write
    elif status == 422 and name != "finalizer":
        with pytest.raises(NotWritten):
            await write
    else:
        with pytest.raises(Gone):
            await write


async def test_a_finalizer_that_is_refused_because_the_object_goes_is_gone() -> None:
    """The API server answers 422: no finalizer may be added while an object is being deleted."""
    connection = at(422, "finalizer")
    connection.between = lambda body: body["metadata"].update(deletionTimestamp="now")
    with pytest.raises(Gone):
        await WRITES["finalizer"][1](writer_on(connection), *declared(connection))


async def test_a_status_that_changed_meanwhile_ends_the_pass() -> None:
    connection = at(409, "server status")

    def changed(body: dict[str, Any]) -> None:
        body["metadata"]["resourceVersion"] = "8"
        body["status"] = {"productVersion": "theirs"}

    connection.between = changed
    with pytest.raises(StatusChanged):
        await WRITES["server status"][1](writer_on(connection), *declared(connection))


async def test_no_answer_is_no_refusal_of_one_object() -> None:
    connection = at(500, "server status")

    def unreachable(body: dict[str, Any]) -> None:
        raise ApiUnreachable("no answer")

    connection.between = unreachable
    with pytest.raises(ApiUnreachable):
        await WRITES["server status"][1](writer_on(connection), *declared(connection))


# ---- the real API server, with an admission policy


@pytest.fixture
def policy(api: Any, cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Refuse updates of objects without the label in this namespace; the argument is the policy's reason."""
    admission: Any = client.AdmissionregistrationV1Api(api)
    name = f"cost-center-{uuid.uuid4().hex[:8]}"
    kinds = ["partnerapplications", "partnerservers"]
    rule = {
        "apiGroups": ["partner-operator.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": [*kinds, *(f"{kind}/status" for kind in kinds)],
    }
    labelled = "has(object.metadata.labels) && 'cost-center' in object.metadata.labels"
    here = {"matchLabels": {"kubernetes.io/metadata.name": cluster.namespace}}

    def install(reason: str) -> None:
        probe = cluster.create(application("probe", {"serverRef": {"name": "none"}, **PARTNER}))
        admission.create_validating_admission_policy(
            {
                "metadata": {"name": name},
                "spec": {
                    "failurePolicy": "Fail",
                    "matchConstraints": {"resourceRules": [rule]},
                    "validations": [{"expression": labelled, "message": WORDS, "reason": reason}],
                },
            }
        )
        admission.create_validating_admission_policy_binding(
            {
                "metadata": {"name": name},
                "spec": {
                    "policyName": name,
                    "validationActions": ["Deny"],
                    "matchResources": {"namespaceSelector": here},
                },
            }
        )
        count = iter(range(10_000))

        def refuses() -> bool:
            try:
                touched = {"metadata": {"annotations": {"touched": str(next(count))}}}
                cluster.patch("PartnerApplication", "probe", touched)
            except Refused as refused:
                return WORDS in str(refused)
            return False

        eventually(refuses)
        del probe

    yield install
    with suppress(client.ApiException):
        admission.delete_validating_admission_policy_binding(name)
        admission.delete_validating_admission_policy(name)


PARTNER = {
    "partner": {
        "product": "Lync",
        "authMetadataUrl": "https://pool-0.litwareinc.com/metadata/json/1",
    }
}


@pytest.mark.controlplane
@pytest.mark.parametrize("reason", ["Invalid", "Forbidden"])
async def test_a_policy_refuses_one_object_and_the_other_is_served_in_the_same_pass(
    reason: str,
    cluster: Cluster,
    connection: Connection,
    policy: Callable[[str], None],
) -> None:
    """HTTP 422 and 403. Finalizer and status of the one are refused; it is told on its server and in an Event."""
    world = World()
    document = values.reading(Product.LYNC, PARTNER["partner"]["authMetadataUrl"], realm="other")
    model = world.exchange.model
    model.documents = (*model.documents, document)
    good = {"labels": {"cost-center": "42"}}
    cluster.secret(
        "exchange-admin",
        {"username": b"LITWARE\\svc", "password": b"geheim", "hosts": b"*.litwareinc.com"},
    )
    owner = {"allowedPartners": [{"host": "*.litwareinc.com"}]}
    cluster.create(server("exchange", {**EXCHANGE_SPEC, **owner}, **good))
    cluster.create(server("lync", **good))
    cluster.create(application("lync-on-exchange"))
    other = {"serverRef": {"name": "exchange"}, "identity": "Pool", **PARTNER}
    cluster.create(application("pool-on-exchange", other, **good))
    policy(reason)
    seen = LastSeen(Echo())
    hosts = ("atl-exchange-001.litwareinc.com", "atl-exchange-002.litwareinc.com")
    world.exchange.hosts = hosts
    world.exchange.__post_init__()
    ports = Ports(
        reader=KubernetesReader(connection, seen, CATALOG, [cluster.namespace]),
        writer=KubernetesWriter(connection, seen),
        announcer=KubernetesAnnouncer(connection),
        operations={Product.EXCHANGE: world.exchange, Product.LYNC: world.lync},
        rules=CATALOG.rules,
        clock=world.clock,
        chance=random.Random(1),
        patience=IMPATIENT,
    )
    await run_pass(ports, ServerName(cluster.namespace, "exchange"), None)
    assert world.exchange.counts["registered"] == 1
    served = cluster.get("PartnerApplication", "pool-on-exchange")
    assert served["metadata"]["finalizers"] == [REGISTRATION_FINALIZER]
    assert served["status"]["registration"]["realm"] == "other"
    left_out = cluster.get("PartnerApplication", "lync-on-exchange")
    assert "finalizers" not in left_out["metadata"]
    assert left_out["status"] == {"observedGeneration": -1}
    told = cluster.get("PartnerServer", "exchange")["status"]["conditions"]
    ready = next(condition for condition in told if condition["type"] == READY["type"])
    assert ready["reason"] == "NotWritten"
    assert WORDS in ready["message"]
    events = cluster.core.list_namespaced_event(cluster.namespace).items
    of_it = [event for event in events if event.involved_object.name == "lync-on-exchange"]
    assert [event.reason for event in of_it] == ["NotWritten"]
    assert WORDS in of_it[0].message
    cluster.patch("PartnerApplication", "lync-on-exchange", {"metadata": good})
    world.clock.instant = datetime.now(UTC).replace(microsecond=0)
    cluster.patch(
        "PartnerServer",
        "exchange",
        {"metadata": {"annotations": {"partner-operator.io/reconcile-requested-at": "now"}}},
    )
    await run_pass(ports, ServerName(cluster.namespace, "exchange"), None)
    assert world.exchange.counts["registered"] == 2
    mended = cluster.get("PartnerApplication", "lync-on-exchange")
    assert mended["metadata"]["finalizers"] == [REGISTRATION_FINALIZER]


@pytest.mark.controlplane
async def test_a_rehearsal_writes_nothing_and_hears_the_policy(
    plane: ControlPlane,
    cluster: Cluster,
    connection: Connection,
    policy: Callable[[str], None],
) -> None:
    made = cluster.create(server("exchange"))
    desired = parse_server(made, CATALOG).desired
    writer = KubernetesWriter(connection, LastSeen(Echo()))
    status = ServerStatus(organization="litwareinc.com")
    await writer.rehearse_server_status(desired, status)
    assert cluster.get("PartnerServer", "exchange") == made
    asked = [e for e in audited(plane, cluster) if e.namespace == cluster.namespace]
    assert [(e.verb, e.code, e.writes) for e in asked if e.verb == "patch"] == [
        ("patch", 200, False)
    ]
    policy("Invalid")
    with pytest.raises(NotWritten, match=WORDS):
        await writer.rehearse_server_status(desired, status)
    assert cluster.get("PartnerServer", "exchange") == made
