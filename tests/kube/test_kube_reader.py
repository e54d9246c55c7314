"""Fresh reads from the real API server, and the logon (C03)."""

from __future__ import annotations

import asyncio
import base64
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from kubernetes.client import ApiException

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import CredentialsProblem, ServerName
from partner_operator.kube.client import Connection
from partner_operator.kube.kubeconfig import NoCluster
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.patience import NONE
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.model import DesiredServer, Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ServerStatus
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster
from support.kube.objects import application, changed, server

pytestmark = pytest.mark.controlplane


@pytest.fixture
def reader(cluster: Cluster, connection: Connection, seen: LastSeen) -> KubernetesReader:
    """A reader of the test's namespace."""
    return KubernetesReader(connection, seen, CATALOG, [cluster.namespace])


async def read(reader: KubernetesReader, cluster: Cluster, name: str = "exchange") -> Any:
    """One server, read."""
    return await reader.server(ServerName(cluster.namespace, name))


async def test_a_server_is_read_with_its_applications_partners_and_counterparts(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    for body in (
        server("exchange"),
        server("lync"),
        application("lync-on-exchange"),
        application("exchange-on-lync"),
        application("elsewhere", {"serverRef": {"name": "none"}, "partnerRef": {"name": "lync"}}),
    ):
        cluster.create(body)
    declared = await read(reader, cluster)
    assert declared.desired.product is Product.EXCHANGE
    assert declared.status == ServerStatus()
    (one,) = declared.applications
    assert one.desired.key.name == "lync-on-exchange"
    assert one.desired.partner.server_name == "lync"
    assert one.counterpart.name == "exchange-on-lync"
    assert not one.counterpart.ready
    assert [other.key.name for other in declared.others] == ["lync"]
    assert not declared.crd_deleting
    assert declared.problem is None


async def test_the_claims_on_other_servers_are_read_while_something_is_being_deleted(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    """The heir of a trust may be declared under another name of its server, or of one that is not there yet."""
    cluster.create(server("exchange"))
    cluster.create(server("lync"))
    cluster.create(application("exchange-on-lync"))
    spec = {"serverRef": {"name": "exchange-2"}, "partnerRef": {"name": "lync"}}
    cluster.create(application("heir", spec))
    cluster.create(application("lync-on-exchange", finalizers=["example.com/held"]))
    assert (await read(reader, cluster)).neighbours == ()
    cluster.delete("PartnerApplication", "lync-on-exchange")
    declared = await read(reader, cluster)
    (going,) = declared.applications
    assert going.desired.deleting
    assert going.desired.deleted_at is not None
    found = {each.desired.key.name: each for each in declared.neighbours}
    assert set(found) == {"exchange-on-lync", "heir"}
    assert found["heir"].desired.server_name == "exchange-2"
    assert found["exchange-on-lync"].blocker is None
    cluster.patch("PartnerApplication", "lync-on-exchange", {"metadata": {"finalizers": []}})


async def test_a_server_that_is_not_there_is_none(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    assert await read(reader, cluster) is None


async def test_nothing_is_cached(cluster: Cluster, reader: KubernetesReader) -> None:
    cluster.create(server("exchange"))
    assert (await read(reader, cluster)).desired.generation == 1
    cluster.patch("PartnerServer", "exchange", {"spec": {"interval": "20m"}})
    assert (await read(reader, cluster)).desired.generation == 2


async def test_what_was_read_is_not_written_again(
    cluster: Cluster, reader: KubernetesReader, connection: Connection, seen: LastSeen
) -> None:
    cluster.create(server("exchange"))
    status = ServerStatus(observed_generation=1, organization="litwareinc.com")
    declared = await read(reader, cluster)
    await KubernetesWriter(connection, seen).server_status(declared.desired, status)
    assert (await read(reader, cluster)).status == status


async def test_others_are_those_of_all_served_namespaces(
    cluster: Cluster, connection: Connection, seen: LastSeen
) -> None:
    """Two PartnerServers for one organisation are found across namespaces too."""
    cluster.create(server("exchange"))
    other = Cluster(cluster.custom.api_client, f"{cluster.namespace}-2")
    cluster.core.create_namespace({"metadata": {"name": other.namespace}})
    other.create(server("exchange"))
    everywhere = KubernetesReader(connection, seen, CATALOG)
    found = {server.key.namespace for server in (await read(everywhere, cluster)).others}
    assert other.namespace in found
    here = KubernetesReader(connection, seen, CATALOG, [cluster.namespace])
    assert (await read(here, cluster)).others == ()


async def test_applications_without_a_server_are_found(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    cluster.create(server("lync"))
    cluster.create(application("lync-on-exchange"))
    cluster.create(application("exchange-on-lync"))
    (alone,) = await reader.unserved()
    assert alone.desired.key.name == "lync-on-exchange"
    cluster.create(server("exchange"))
    assert await reader.unserved() == ()


HOSTS = {"hosts": b"*.litwareinc.com"}
GOOD = {"username": b"LITWAREINC\\admin", "password": b"p\xc3\xa4ss word", **HOSTS}


async def with_secret(
    cluster: Cluster, reader: KubernetesReader, data: dict[str, bytes] | None
) -> DesiredServer:
    """A server whose Secret holds this."""
    cluster.create(server("exchange"))
    if data is not None:
        cluster.secret("exchange-admin", data)
    desired: DesiredServer = (await read(reader, cluster)).desired
    return desired


async def test_a_logon_is_read_and_never_printed(
    cluster: Cluster, reader: KubernetesReader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    desired = await with_secret(cluster, reader, GOOD)
    credentials = await reader.credentials(desired)
    assert (credentials.username, credentials.password) == ("LITWAREINC\\admin", "päss word")
    encoded = base64.b64encode(GOOD["password"]).decode()
    for text in (repr(credentials), caplog.text):
        assert "päss word" not in text
        assert encoded not in text


@pytest.mark.parametrize(
    ("data", "reason", "sentence"),
    [
        (None, "CredentialsMissing", "Secret exchange-admin does not exist in namespace"),
        ({}, "CredentialsMissing", "has no key username (its keys: none)"),
        (
            {"username": b"a", "pasword": b"planted"},
            "CredentialsMissing",
            "has no key password (its keys: pasword, username)",
        ),
        (
            {**GOOD, "password": b""},
            "CredentialsInvalid",
            "key password in Secret exchange-admin is empty",
        ),
        (
            {**GOOD, "username": b"  "},
            "CredentialsInvalid",
            "key username in Secret exchange-admin is empty",
        ),
        ({**GOOD, "password": b"planted\n"}, "CredentialsInvalid", "has a line break"),
        ({**GOOD, "password": b"plan\r\nted"}, "CredentialsInvalid", "printf, not echo"),
        ({**GOOD, "username": b"a\x00b"}, "CredentialsInvalid", "control character"),
        ({**GOOD, "password": b"planted\xff"}, "CredentialsInvalid", "is not text in UTF-8"),
        ({**GOOD, "hosts": b""}, "HostNotAllowed", "key hosts of Secret exchange-admin is empty"),
        ({**GOOD, "hosts": b"a.b planted*"}, "HostNotAllowed", "Word 2 of the key hosts of Secret"),
    ],
)
async def test_a_secret_that_no_logon_can_be_made_of_is_named_and_not_tried(
    cluster: Cluster,
    reader: KubernetesReader,
    data: dict[str, bytes] | None,
    reason: str,
    sentence: str,
) -> None:
    """C03: no logon with an empty password, which may even be an anonymous session."""
    desired = await with_secret(cluster, reader, data)
    with pytest.raises(CredentialsProblem) as problem:
        await reader.credentials(desired)
    assert problem.value.obstacle.reason is Reason(reason)
    assert sentence in problem.value.obstacle.message
    assert "planted" not in problem.value.obstacle.message


async def test_another_secret_of_the_namespace_is_no_logon(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    """Its owner never said that it may be sent anywhere; the API server keeps the type as it was made."""
    desired = await with_secret(cluster, reader, None)
    cluster.secret("exchange-admin", GOOD, kind="Opaque")
    with pytest.raises(CredentialsProblem) as problem:
        await reader.credentials(desired)
    assert problem.value.obstacle.reason is Reason.CREDENTIALS_INVALID
    assert "--type=partner-operator.io/logon" in problem.value.obstacle.message
    with pytest.raises(ApiException):
        cluster.core.patch_namespaced_secret(
            "exchange-admin", cluster.namespace, {"type": "partner-operator.io/logon"}
        )


async def test_a_replaced_secret_with_the_same_data_is_no_other_logon(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    """C03: a sync tool deletes and creates it anew every five minutes."""
    desired = await with_secret(cluster, reader, GOOD)
    first = await reader.credentials(desired)
    cluster.core.delete_namespaced_secret("exchange-admin", cluster.namespace)
    cluster.secret("exchange-admin", {**GOOD, "note": b"from the vault"})
    again = await reader.credentials(desired)
    cluster.core.delete_namespaced_secret("exchange-admin", cluster.namespace)
    cluster.secret("exchange-admin", {**GOOD, "password": b"another-4711"})
    other = await reader.credentials(desired)
    assert first.digest == again.digest
    assert other.digest != first.digest


async def test_the_digest_differs_between_servers_and_borders(
    cluster: Cluster, reader: KubernetesReader
) -> None:
    """So the same password on two servers does not show, nor can `ab`+`c` stand for `a`+`bc`."""
    exchange = await with_secret(cluster, reader, {"username": b"ab", "password": b"c", **HOSTS})
    cluster.create(server("lync"))
    cluster.secret("lync-admin", {"username": b"ab", "password": b"c", **HOSTS})
    lync = (await read(reader, cluster, "lync")).desired
    cluster.core.delete_namespaced_secret("exchange-admin", cluster.namespace)
    first = await reader.credentials(lync)
    cluster.secret("exchange-admin", {"username": b"a", "password": b"bc", **HOSTS})
    shifted = await reader.credentials(exchange)
    cluster.core.delete_namespaced_secret("lync-admin", cluster.namespace)
    cluster.secret("lync-admin", {"username": b"a", "password": b"bc", **HOSTS})
    same_as_shifted = await reader.credentials(lync)
    assert len({first.digest, shifted.digest, same_as_shifted.digest}) == 3


async def test_a_ca_bundle_is_read(
    cluster: Cluster, reader: KubernetesReader, plane: ControlPlane
) -> None:
    assert plane.ca is not None
    pem = x509.load_pem_x509_certificate(plane.ca).public_bytes(serialization.Encoding.PEM)
    reference = {"configMapKeyRef": {"name": "roots"}}
    cluster.create(changed(server("exchange"), "winrm.caBundle", reference))
    cluster.config_map("roots", {"ca.crt": pem.decode()})
    assert (await read(reader, cluster)).desired.ca_bundle == pem.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "ConfigMap roots does not exist in this namespace"),
        ({"other": "x"}, "ConfigMap roots has nothing under key ca.crt"),
        ({"ca.crt": "certainly"}, "Key ca.crt of ConfigMap roots has no certificates in PEM"),
    ],
)
async def test_a_ca_bundle_that_cannot_be_used_is_a_problem(
    cluster: Cluster, reader: KubernetesReader, data: dict[str, str] | None, sentence: str
) -> None:
    reference = {"configMapKeyRef": {"name": "roots"}}
    cluster.create(changed(server("exchange"), "winrm.caBundle", reference))
    if data is not None:
        cluster.config_map("roots", data)
    problem = (await read(reader, cluster)).problem
    assert problem.reason is Reason.CA_BUNDLE_MISSING
    assert problem.then is Next.HUMAN
    assert sentence in problem.message


async def test_nobodys_cluster_is_used_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NoCluster, match="KUBECONFIG is not set"):
        await Connection.open()


async def test_no_proxy_of_the_environment_hears_of_the_cluster(
    cluster: Cluster, plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's token would go through it, and so would each Secret."""
    cluster.create(server("exchange"))
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        async with await Connection.open(patience=NONE) as opened:
            path = f"/api/v1/namespaces/{cluster.namespace}"
            found = await asyncio.wait_for(opened.get(path), 20)
        assert found is not None
        with pytest.raises(BlockingIOError):
            proxy.accept()
