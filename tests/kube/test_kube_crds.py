"""Each rule of the CRDs, asked of the real API server: what it refuses, and what it says instead."""

from __future__ import annotations

from typing import Any

import pytest

from support.kube.cluster import Cluster, Refused
from support.kube.declarations import BEHIND, BY_URL, EXCHANGE, TRUST
from support.kube.objects import changed, crd
from support.kube.refused_applications import REFUSED_APPLICATIONS
from support.kube.refused_servers import REFUSED_SERVERS

pytestmark = pytest.mark.controlplane

REFUSED = [*REFUSED_SERVERS, *REFUSED_APPLICATIONS]


@pytest.mark.parametrize(("body", "field", "value", "sentence"), REFUSED)
def test_wrong_objects_are_refused_with_what_to_write_instead(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        cluster.create(changed(body, field, value))
    assert sentence in str(refused.value)


IMMUTABLE: list[tuple[dict[str, Any], str, Any, str]] = [
    (EXCHANGE, "product", "Lync", "product cannot be changed: make a new PartnerServer"),
    (TRUST, "serverRef", {"name": "other"}, "serverRef cannot be changed: make a new"),
    (TRUST, "partnerRef", {"name": "other"}, "partnerRef cannot be changed: make a new"),
    (TRUST, "partnerRef", None, "partnerRef cannot be added or taken away"),
    (TRUST, "identity", "Other", "identity cannot be changed: make a new"),
    (TRUST, "identity", None, "identity cannot be added or taken away"),
    (
        BEHIND,
        "partner",
        {"applicationIdentifier": "0d0c0b0a-1111-2222-3333-000000000000"},
        "applicationIdentifier cannot be changed",
    ),
    (BEHIND, "partner", {"realm": "contoso.com"}, "realm cannot be changed: make a new"),
    (BEHIND, "partner", {"realm": None}, "a partner behind a token server cannot be changed"),
    (
        BEHIND,
        "partner",
        {"tokenServer": {"authMetadataUrl": "https://other.litwareinc.com/metadata/json/1"}},
        "a token server cannot be changed: make a new",
    ),
]


@pytest.mark.parametrize(("body", "field", "value", "sentence"), IMMUTABLE)
def test_what_an_object_stands_for_cannot_be_changed(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    """A rename is a new object, and the trust is handed over to it (rule 13)."""
    if body is TRUST:
        body = changed(body, "identity", "Lync")
    cluster.create(body)
    patch = {"spec": {field: value}}
    if field == "product":
        patch["spec"]["authMetadataUrl"] = "https://a.b/metadata/json/1"
    if field == "partnerRef" and value is None:
        patch["spec"]["partner"] = BY_URL["spec"]["partner"]
    with pytest.raises(Refused) as refused:
        cluster.patch(body["kind"], body["metadata"]["name"], patch)
    assert sentence in str(refused.value)


def test_every_rule_is_asked_by_a_test_above() -> None:
    """A rule that nobody asks could say nonsense."""
    messages: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            messages.update(rule["message"] for rule in schema.get("x-kubernetes-validations", []))
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    for plural in ("partnerservers", "partnerapplications"):
        walk(crd(plural))
    asked = [row[3] for row in (*REFUSED, *IMMUTABLE)]
    unasked = {message for message in messages if not any(part in message for part in asked)}
    assert unasked == set()
