"""What stands in the body of every object: its name, its times, its annotations; and why one cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from partner_operator.kube.api.names import RECONCILE_REQUESTED_AT
from partner_operator.texts import said, shown
from partner_operator.trust.model import ObjectKey, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason

Body = Mapping[str, Any]


def key_of(body: Body) -> ObjectKey:
    """Name and uid of an object."""
    metadata = body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"], metadata["uid"])


def created_at(body: Body) -> datetime:
    """When an object was created."""
    return datetime.fromisoformat(body["metadata"]["creationTimestamp"])


def annotation(body: Body, name: str) -> str | None:
    """The value of an annotation, as `status` writes it: what was handled is found again."""
    value = (body["metadata"].get("annotations") or {}).get(name)
    return shown(str(value)) if value is not None else None


def deleted_at(body: Body) -> datetime | None:
    """When somebody deleted it, by the API server's clock."""
    text = body["metadata"].get("deletionTimestamp")
    return None if text is None else datetime.fromisoformat(text)


def product_of(server: Body | None) -> Product | None:
    """Of a PartnerServer, where this operator knows it."""
    name = server["spec"].get("product") if server is not None else None
    return Product(name) if name in list(Product) else None


def common(body: Body) -> dict[str, Any]:
    """What both kinds have, as fields of DesiredServer and DesiredApplication."""
    metadata = body["metadata"]
    return {
        "key": key_of(body),
        "generation": metadata["generation"],
        "created_at": created_at(body),
        "deleting": "deletionTimestamp" in metadata,
        "reconcile_requested_at": annotation(body, RECONCILE_REQUESTED_AT),
    }


def invalid_object(error: ValidationError) -> Obstacle:
    """Which field of a spec is not as the CRD has it."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return Obstacle(
        Reason.INVALID_OBJECT,
        f"spec.{shown(field)} cannot be used: {said(first['msg'])}. Correct it; the CRDs of this version in crds/ "
        "refuse it.",
        Next.HUMAN,
    )
