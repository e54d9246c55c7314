"""What people may do with the roles of the manifests, asked at the API server."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from support.kube.cluster import Cluster
from support.kube.objects import manifest
from support.waiting import eventually

pytestmark = pytest.mark.controlplane

SERVERS, APPLICATIONS = "partnerservers", "partnerapplications"
READ, WRITE = ("get", "list", "watch"), ("create", "update", "patch", "delete")


def bind(api: Any, cluster: Cluster, role: str) -> None:
    """The role of manifests/rbac/people, to the user of the same name, in the test's namespace."""
    rbac: Any = client.RbacAuthorizationV1Api(api)
    (body,) = (one for one in manifest("rbac/people") if one["metadata"]["name"] == role)
    try:
        rbac.create_cluster_role(body)
    except client.ApiException as error:
        if error.status != 409:
            raise
    rbac.create_namespaced_role_binding(
        cluster.namespace,
        {
            "metadata": {"name": role},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            },
            "subjects": [{"kind": "User", "name": role, "apiGroup": "rbac.authorization.k8s.io"}],
        },
    )


def allowed(api: Any, cluster: Cluster, user: str, verb: str, resource: str) -> bool:
    main, _, sub = resource.partition("/")
    group = "" if main == "secrets" else "partner-operator.io"
    attributes = {
        "namespace": cluster.namespace,
        "group": group,
        "resource": main,
        "subresource": sub,
        "verb": verb,
    }
    review = {"spec": {"user": user, "resourceAttributes": attributes}}
    access: Any = client.AuthorizationV1Api(api)
    return bool(access.create_subject_access_review(review).status.allowed)


@pytest.mark.parametrize(
    ("role", "may", "resource"),
    [
        ("partner-operator-view", READ, (SERVERS, APPLICATIONS)),
        ("partner-operator-edit", WRITE, (APPLICATIONS,)),
        ("partner-operator-admin", WRITE, (SERVERS,)),
    ],
)
def test_a_role_gives_its_part_and_nothing_of_the_others(
    api: Any, cluster: Cluster, role: str, may: tuple[str, ...], resource: tuple[str, ...]
) -> None:
    bind(api, cluster, role)
    eventually(lambda: allowed(api, cluster, role, may[0], resource[0]))
    everything = (SERVERS, APPLICATIONS, f"{SERVERS}/status", f"{APPLICATIONS}/status", "secrets")
    given = {
        (verb, one)
        for verb in (*READ, *WRITE)
        for one in everything
        if allowed(api, cluster, role, verb, one)
    }
    assert given == {(verb, one) for verb in may for one in resource}


def test_the_roles_are_taken_up_by_the_cluster_s_own() -> None:
    taken = {
        document["metadata"]["name"].rpartition("-")[2]: {
            label.rpartition("-")[2]
            for label in document["metadata"]["labels"]
            if label.startswith("rbac.authorization.k8s.io/aggregate-to-")
        }
        for document in manifest("rbac/people")
    }
    assert taken == {
        "view": {"view", "edit", "admin"},
        "edit": {"edit", "admin"},
        "admin": {"admin"},
    }


def test_a_namespace_that_goes_needs_our_kinds_only() -> None:
    role, _ = manifest("rbac/leaving-namespaces")
    assert {group for rule in role["rules"] for group in rule["apiGroups"]} == {
        "partner-operator.io"
    }
