"""What the other tests lean on is true of the control plane that they run against."""

import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from partner_testbed import (
    ControlPlane,
    dynamic_client,
    install_crds,
    read_audit,
)
from support.waiting import eventually

pytestmark = pytest.mark.controlplane

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.testbed.example}
spec:
  group: testbed.example
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      selectableFields: [{jsonPath: .spec.room}]
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                room:
                  type: string
                  x-kubernetes-validations:
                    - {rule: self == oldSelf, message: a lamp does not move}
            status:
              type: object
              properties:
                watts: {type: integer}
                colour: {type: string}
              x-kubernetes-validations:
                - {rule: "!has(self.watts) || self.watts <= 100", message: too bright}
"""


@pytest.fixture(scope="session")
def core(api: Any) -> Any:
    """Return the core API as the administrator sees it."""
    return client.CoreV1Api(api)


@pytest.fixture(scope="session")
def lamps(api: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the resource of an installed CRD."""
    path = tmp_path_factory.mktemp("crd") / "lamps.yaml"
    path.write_text(CRD)
    assert install_crds(api, [path]) == ["lamps.testbed.example"]
    return dynamic_client(api).resources.get(api_version="testbed.example/v1", kind="Lamp")


@pytest.fixture
def controllers(plane: ControlPlane) -> None:
    """Skip a test where the control plane has no controllers."""
    if not plane.controllers:
        pytest.skip("this kube-apiserver came without controllers: build tools/controlplane")


def gone(read: Callable[[], Any]) -> bool:
    """Return whether reading an object says that it is not there."""
    try:
        read()
    except client.ApiException as error:
        if error.status != 404:
            raise
        return True
    return False


def test_version_is_one_that_clients_can_read(api: Any) -> None:
    version = client.VersionApi(api).get_code()
    assert version.git_version.startswith("v1.")
    assert (int(version.major), int(version.minor)) >= (1, 32)


def test_objects_are_created_read_changed_and_deleted(core: Any, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "a"}, "data": {"k": "1"}})
    core.patch_namespaced_config_map("a", namespace, {"data": {"k": "2"}})
    assert core.read_namespaced_config_map("a", namespace).data == {"k": "2"}
    core.delete_namespaced_config_map("a", namespace)
    assert gone(lambda: core.read_namespaced_config_map("a", namespace))


def test_admin_kubeconfig_and_folder_are_the_owners_only(plane: ControlPlane) -> None:
    assert plane.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert plane.folder.stat().st_mode & 0o777 == 0o700
    assert plane.ca is not None
    assert plane.ca.startswith(b"-----BEGIN CERTIFICATE-----")


def test_every_tcp_port_is_tls_on_loopback(plane: ControlPlane) -> None:
    ours = [p for p in Path("/proc").glob("[0-9]*") if os.getpgid(int(p.name)) == plane.pid]
    sockets = {os.readlink(fd) for process in ours for fd in (process / "fd").iterdir()}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{plane.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.append(fields[1])
    assert listening == [f"0100007F:{plane.port:04X}"]


def test_certificates_satisfy_the_strict_checks_of_newer_pythons(plane: ControlPlane) -> None:
    assert plane.ca is not None
    context = ssl.create_default_context(cadata=plane.ca.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    for name in ("127.0.0.1", "localhost"):
        with (
            socket.create_connection(("127.0.0.1", plane.port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() == "TLSv1.3"


def test_anonymous_requests_are_refused(plane: ControlPlane, tmp_path: Path) -> None:
    settings = client.Configuration()
    settings.host = plane.url
    (tmp_path / "ca.crt").write_bytes(plane.ca or b"")
    settings.ssl_ca_cert = str(tmp_path / "ca.crt")
    with client.ApiClient(settings) as nobody, pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(nobody).list_namespace()
    assert refused.value.status == 401


def test_service_account_may_do_what_its_role_says_and_no_more(
    plane: ControlPlane, api: Any, core: Any, namespace: str, tmp_path: Path
) -> None:
    core.create_namespaced_service_account(namespace, {"metadata": {"name": "operator"}})
    kubeconfig = plane.service_account_kubeconfig(namespace, "operator", tmp_path / "operator")
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    rbac: Any = client.RbacAuthorizationV1Api(api)
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create"]}
    rbac.create_namespaced_role(namespace, {"metadata": {"name": "r"}, "rules": [rule]})
    rbac.create_namespaced_role_binding(
        namespace,
        {
            "metadata": {"name": "r"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": namespace}],
        },
    )
    with config.new_client_from_config(str(kubeconfig)) as operator:  # type: ignore[no-untyped-call]
        mine: Any = client.CoreV1Api(operator)
        who: Any = client.AuthenticationV1Api(operator)
        me = who.create_self_subject_review({})
        assert me.status.user_info.username == f"system:serviceaccount:{namespace}:operator"
        review = {
            "spec": {
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": "create",
                    "resource": "configmaps",
                }
            }
        }
        access: Any = client.AuthorizationV1Api(operator)
        eventually(lambda: access.create_self_subject_access_review(review).status.allowed)
        mine.create_namespaced_config_map(namespace, {"metadata": {"name": "mine"}})
        attempts: list[Callable[[], Any]] = [
            lambda: mine.list_namespaced_secret(namespace),
            lambda: mine.delete_namespaced_config_map("mine", namespace),
            lambda: mine.read_namespaced_config_map("x", "default"),
        ]
        for forbidden in attempts:
            with pytest.raises(client.ApiException) as refused:
                forbidden()
            assert refused.value.status == 403

    assert plane.audit_log is not None
    user = f"system:serviceaccount:{namespace}:operator"
    writes = [
        (e.verb, e.code)
        for e in read_audit(plane.audit_log, user)
        if e.resource == "configmaps" and e.writes
    ]
    assert writes == [("create", 201), ("delete", 403)]


def test_audit_log_never_has_a_secret_or_a_token(
    plane: ControlPlane, core: Any, namespace: str, tmp_path: Path
) -> None:
    secret = {"metadata": {"name": "s"}, "stringData": {"password": "planted-secret"}}
    core.create_namespaced_secret(namespace, secret)
    plain = {"metadata": {"name": "c"}, "data": {"k": "planted-value"}}
    core.create_namespaced_config_map(namespace, plain)
    core.create_namespaced_service_account(namespace, {"metadata": {"name": "sa"}})
    kubeconfig = plane.service_account_kubeconfig(namespace, "sa", tmp_path / "sa")
    token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    assert plane.audit_log is not None
    log = plane.audit_log.read_text()
    assert "planted-value" in log
    assert "planted-secret" not in log
    assert token not in log


def test_deleted_namespace_goes_with_all_that_is_in_it(core: Any, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "inside"}})
    core.delete_namespace(namespace)
    eventually(lambda: gone(lambda: core.read_namespace(namespace)))


@pytest.mark.usefixtures("controllers")
def test_new_namespace_gets_its_default_service_account(core: Any, namespace: str) -> None:
    eventually(lambda: not gone(lambda: core.read_namespaced_service_account("default", namespace)))


@pytest.mark.usefixtures("controllers")
def test_what_a_custom_resource_owns_goes_with_it(core: Any, lamps: Any, namespace: str) -> None:
    lamp = lamps.create(
        namespace=namespace,
        body={"apiVersion": "testbed.example/v1", "kind": "Lamp", "metadata": {"name": "owner"}},
    )
    owner = {
        "apiVersion": "testbed.example/v1",
        "kind": "Lamp",
        "name": "owner",
        "uid": lamp.metadata.uid,
    }
    core.create_namespaced_config_map(
        namespace, {"metadata": {"name": "owned", "ownerReferences": [owner]}}
    )
    lamps.delete(name="owner", namespace=namespace)
    eventually(lambda: gone(lambda: core.read_namespaced_config_map("owned", namespace)))


@pytest.mark.usefixtures("controllers")
def test_cluster_roles_are_aggregated(api: Any) -> None:
    rbac: Any = client.RbacAuthorizationV1Api(api)
    role = {
        "metadata": {
            "name": "lamps-view",
            "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"},
        },
        "rules": [{"apiGroups": ["testbed.example"], "resources": ["lamps"], "verbs": ["get"]}],
    }
    rbac.create_cluster_role(role)
    eventually(
        lambda: any(
            "testbed.example" in (rule.api_groups or [])
            for rule in rbac.read_cluster_role("view").rules or []
        )
    )


def test_status_is_applied_by_its_owner_and_checked_by_cel(lamps: Any, namespace: str) -> None:
    body: dict[str, Any] = {
        "apiVersion": "testbed.example/v1",
        "kind": "Lamp",
        "metadata": {"name": "desk"},
        "spec": {"room": "study"},
    }

    def apply_status(manager: str, **status: Any) -> Any:
        return lamps.status.server_side_apply(
            body={**body, "status": status}, name="desk", namespace=namespace, field_manager=manager
        )

    lamps.create(namespace=namespace, body=body)
    applied = apply_status("a", watts=40)
    assert applied.status.watts == 40
    assert applied.metadata.generation == 1

    with pytest.raises(client.ApiException) as refused:
        apply_status("a", watts=400)
    assert refused.value.status == 422
    assert "too bright" in str(refused.value)

    with pytest.raises(client.ApiException) as conflict:
        apply_status("b", watts=60)
    assert conflict.value.status == 409

    with pytest.raises(client.ApiException) as moved:
        lamps.patch(
            name="desk",
            namespace=namespace,
            body={"spec": {"room": "hall"}},
            content_type="application/merge-patch+json",
        )
    assert "a lamp does not move" in str(moved.value)
    for room, found in (("study", 1), ("hall", 0)):
        listed = lamps.get(namespace=namespace, field_selector=f"spec.room={room}")
        assert len(listed.items) == found
