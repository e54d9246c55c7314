"""The objects of a world of values as the API server would store them, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.kube.api.codec import to_json
from partner_operator.kube.parse import declared_application
from partner_operator.trust.model import DesiredApplication
from support.engine.world import World

CREATED = "2026-11-25T09:00:00Z"


def server_body(world: World, name: str, **spec: Any) -> dict[str, Any]:
    """A PartnerServer with what the operator told of it."""
    declared = world.cluster.servers[name]
    status = world.cluster.server_statuses.get(declared.key.uid)
    return {
        "kind": "PartnerServer",
        "metadata": _metadata(declared.key.namespace, name, declared.key.uid, declared.generation),
        "spec": {
            "product": str(declared.product),
            "authMetadataUrl": declared.auth_metadata_url,
            "hosts": list(declared.hosts),
            "credentialsSecretRef": {"name": f"{name}-admin"},
            **spec,
        },
        "status": to_json(status) if status is not None else {},
    }


def server_bodies(world: World) -> list[dict[str, Any]]:
    """All PartnerServers."""
    return [server_body(world, name) for name in world.cluster.servers]


def application_body(
    world: World, declared: DesiredApplication, spec: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A PartnerApplication with what the operator told of it; a trust of one PartnerServer in another, usually."""
    key = declared.key
    status = world.cluster.statuses.get(key.uid)
    usual = {
        "serverRef": {"name": declared.server_name},
        "partnerRef": {"name": declared.partner.server_name},
        "mode": str(declared.mode),
    }
    return {
        "kind": "PartnerApplication",
        "metadata": _metadata(key.namespace, key.name, key.uid, declared.generation)
        | ({"deletionTimestamp": CREATED} if declared.deleting else {}),
        "spec": spec or usual,
        "status": to_json(status) if status is not None else {},
    }


def application_bodies(world: World) -> list[dict[str, Any]]:
    """All PartnerApplications."""
    return [application_body(world, each) for each in world.cluster.applications.values()]


def applied(world: World, server: dict[str, Any], exported: dict[str, Any]) -> DesiredApplication:
    """`kubectl apply` of an exported object."""
    metadata = exported["metadata"]
    body = {
        **exported,
        "metadata": _metadata(
            metadata["namespace"], metadata["name"], f"uid-{metadata['name']}", 1
        ),
    }
    found = declared_application(body, server, server_bodies(world), CATALOG)
    assert found.blocker is None, found.blocker
    world.cluster.add(found.desired)
    world.clock.instant += timedelta(seconds=1)
    return found.desired


def _metadata(namespace: str, name: str, uid: str, generation: int) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "name": name,
        "uid": uid,
        "generation": generation,
        "creationTimestamp": CREATED,
    }
