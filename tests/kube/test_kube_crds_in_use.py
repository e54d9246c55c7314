"""The kinds as people use them: the examples, field selectors, the columns of kubectl get."""

from __future__ import annotations

import json

import pytest
import yaml

from support.kube.cluster import Cluster
from support.kube.objects import ROOT, application, crd

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


def test_kubectl_get_shows_what_people_ask_first(cluster: Cluster) -> None:
    columns = crd("partnerapplications")["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    assert shown == ["Server", "Trusts", "Ready", "Active", "Test", "Tested", "Reason", "Age"]
    cluster.create(TRUST)
    table = cluster.custom.api_client.call_api(
        *cluster.custom.api_client.param_serialize(
            "GET",
            f"/apis/partner-operator.io/v1alpha1/namespaces/{cluster.namespace}/partnerapplications",
            header_params={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"},
            auth_settings=["BearerToken"],
        )
    )
    cells = json.loads(table.read())["rows"][0]["cells"]
    assert cells[:3] == ["lync-on-exchange", "exchange", "lync"]
