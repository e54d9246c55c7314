"""The kinds as people use them: the examples, field selectors, the columns of kubectl get."""

from __future__ import annotations

import pytest
import yaml

from support.kube.cluster import Cluster
from support.kube.objects import ROOT, application

pytestmark = pytest.mark.controlplane

TRUST = application("lync-on-exchange")
TESTED = application("exchange-on-lync")


@pytest.mark.parametrize("name", ["litwareinc.yaml", "secrets.yaml"])
def test_the_examples_are_accepted(cluster: Cluster, name: str) -> None:
    for document in yaml.safe_load_all((ROOT / "examples" / name).read_text()):
        if document["kind"] == "Secret":
            cluster.core.create_namespaced_secret(cluster.namespace, document)
        else:
            cluster.create(document)


def test_applications_are_found_by_their_server_and_by_their_partner(cluster: Cluster) -> None:
    cluster.create(TRUST)
    cluster.create(TESTED)
    for selector, name in (
        ("spec.serverRef.name=exchange", "lync-on-exchange"),
        ("spec.partnerRef.name=exchange", "exchange-on-lync"),
    ):
        found = cluster.custom.list_namespaced_custom_object(
            "partner-operator.io",
            "v1alpha1",
            cluster.namespace,
            "partnerapplications",
            field_selector=selector,
        )
        assert [item["metadata"]["name"] for item in found["items"]] == [name]
