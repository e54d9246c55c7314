"""What `kubectl replace` does to our objects; tests/engine/test_engine_replaced.py goes on."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from partner_operator.kube.api.names import REGISTRATION_FINALIZER
from support.kube.cluster import GROUP, PLURALS, VERSION, Cluster, Refused
from support.kube.objects import application

pytestmark = pytest.mark.controlplane
KIND = "PartnerApplication"


def replace(cluster: Cluster, body: dict[str, Any]) -> dict[str, Any]:
    """`kubectl replace`: the object as it stands in Git, whatever is there."""
    custom: Any = cluster.custom
    found: dict[str, Any] = custom.replace_namespaced_custom_object(
        GROUP, VERSION, cluster.namespace, PLURALS[KIND], body["metadata"]["name"], body
    )
    return found


def held(cluster: Cluster, name: str) -> dict[str, Any]:
    """An object of ours that has something on a server."""
    body = application(name)
    cluster.create(body)
    cluster.patch(KIND, name, {"metadata": {"finalizers": [REGISTRATION_FINALIZER]}})
    return body


def test_a_plain_replace_takes_the_finalizer_off(cluster: Cluster) -> None:
    """docs/argo-cd.md warns of it; the operator puts it on again."""
    body = held(cluster, "replaced")
    current = cluster.get(KIND, "replaced")
    meta = {**body["metadata"], "resourceVersion": current["metadata"]["resourceVersion"]}
    replaced = replace(cluster, {**body, "metadata": meta})
    assert not replaced["metadata"].get("finalizers")
    assert replaced["metadata"]["uid"] == current["metadata"]["uid"]


def test_a_new_object_of_the_name_is_refused_while_the_old_one_goes(cluster: Cluster) -> None:
    """So no heir of that name can come in time: by force the trust is down in between."""
    body = held(cluster, "forced")
    cluster.delete(KIND, "forced")
    assert cluster.get(KIND, "forced")["metadata"]["deletionTimestamp"]
    with pytest.raises(Refused, match="already exists"):
        cluster.create(body)
    cluster.patch(KIND, "forced", {"metadata": {"finalizers": None}})
    assert not cluster.exists(KIND, "forced")
    cluster.create(body)


def test_what_cannot_be_changed_is_refused_as_invalid(cluster: Cluster) -> None:
    """The answer on which Flux's force deletes and makes anew."""
    held(cluster, "renamed")
    custom: Any = cluster.custom
    with pytest.raises(client.ApiException) as refused:
        custom.patch_namespaced_custom_object(
            GROUP,
            VERSION,
            cluster.namespace,
            PLURALS[KIND],
            "renamed",
            {"spec": {"serverRef": {"name": "another"}}},
            _content_type="application/merge-patch+json",
        )
    assert refused.value.status == 422
