"""Objects as the API server would give them to Flux and Argo CD, out of the cluster in memory."""

from __future__ import annotations

from typing import Any

from partner_operator.kube.api.codec import to_json
from partner_operator.kube.api.names import API_VERSION
from partner_operator.trust.model import DesiredApplication, DesiredServer, Mode
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from support.engine.kubernetes import Cluster

UNSEEN = {"observedGeneration": -1}
"""The default of both CRDs."""


def body(
    declared: DesiredServer | DesiredApplication, status: ServerStatus | ApplicationStatus
) -> dict[str, Any]:
    """One object."""
    metadata: dict[str, Any] = {
        "name": declared.key.name,
        "namespace": declared.key.namespace,
        "uid": declared.key.uid,
        "generation": declared.generation,
    }
    if declared.deleting:
        metadata["deletionTimestamp"] = "2026-11-25T12:00:00Z"
    found = {
        "apiVersion": API_VERSION,
        "kind": "PartnerServer",
        "metadata": metadata,
        "spec": {"product": "Exchange"},
        "status": to_json(status) if status.conditions else UNSEEN,
    }
    if isinstance(declared, DesiredApplication):
        spec: dict[str, Any] = {"serverRef": {"name": declared.server_name}, "exchange": {}}
        if declared.mode is not Mode.ENFORCE:
            spec["mode"] = str(declared.mode)
        found |= {"kind": "PartnerApplication", "spec": spec}
    return found


def now(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Every object by its name."""
    servers = [
        body(each, cluster.server_statuses[each.key.uid]) for each in cluster.servers.values()
    ]
    applications = [
        body(each, cluster.statuses[each.key.uid]) for each in cluster.applications.values()
    ]
    return {each["metadata"]["name"]: each for each in servers + applications}


def recorded(cluster: Cluster) -> list[dict[str, Any]]:
    """Every object as each write of a status leaves it, from now on."""
    found: list[dict[str, Any]] = []
    checked = cluster._checked

    def listening(
        uid: str, generation: int, status: ApplicationStatus | ServerStatus
    ) -> dict[str, object]:
        declared: list[DesiredServer | DesiredApplication] = [
            *cluster.servers.values(),
            *cluster.applications.values(),
        ]
        found.extend(body(each, status) for each in declared if each.key.uid == uid)
        return checked(uid, generation, status)

    cluster._checked = listening  # type: ignore[method-assign]
    return found
