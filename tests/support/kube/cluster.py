"""An administrator who creates, reads and changes our objects in one namespace."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

from kubernetes import client

from partner_operator.trust.model import ObjectKey
from partner_testbed import ControlPlane
from partner_testbed.audit import AuditEvent, read_audit
from support.waiting import eventually

GROUP, VERSION = "partner-operator.io", "v1alpha1"
LOGON = "partner-operator.io/logon"
PLURALS = {"PartnerServer": "partnerservers", "PartnerApplication": "partnerapplications"}


class Refused(Exception):
    """The API server refused an object; the text is its own sentences."""


class Cluster:
    """One namespace, as the administrator."""

    def __init__(self, api: Any, namespace: str) -> None:
        """`api` is an ApiClient of the administrator."""
        self.core: Any = client.CoreV1Api(api)
        self.custom: Any = client.CustomObjectsApi(api)
        self.namespace = namespace

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create one of our objects. Raises Refused."""
        return self._call(
            self.custom.create_namespaced_custom_object,
            GROUP,
            VERSION,
            self.namespace,
            PLURALS[body["kind"]],
            body,
            field_validation="Strict",
        )

    def apply(self, body: dict[str, Any], manager: str = "argocd-controller") -> dict[str, Any]:
        """Server-side apply, as Argo CD and Flux do it. Raises Refused."""
        name = body["metadata"]["name"]
        # The generated client gives no answer for a patch that created (201), so it is read.
        self._call(
            self.custom.patch_namespaced_custom_object,
            GROUP,
            VERSION,
            self.namespace,
            PLURALS[body["kind"]],
            name,
            body,
            field_manager=manager,
            force=True,
            _content_type="application/apply-patch+yaml",
        )
        return self.get(body["kind"], name)

    def patch(
        self, kind: str, name: str, body: dict[str, Any], *, status: bool = False
    ) -> dict[str, Any]:
        """Merge patch of an object or of its status. Raises Refused."""
        method = (
            self.custom.patch_namespaced_custom_object_status
            if status
            else self.custom.patch_namespaced_custom_object
        )
        return self._call(
            method,
            GROUP,
            VERSION,
            self.namespace,
            PLURALS[kind],
            name,
            body,
            _content_type="application/merge-patch+json",
        )

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Read one of our objects. Raises Refused when it is not there."""
        return self._call(
            self.custom.get_namespaced_custom_object,
            GROUP,
            VERSION,
            self.namespace,
            PLURALS[kind],
            name,
        )

    def delete(self, kind: str, name: str) -> None:
        """Delete one of our objects."""
        self._call(
            self.custom.delete_namespaced_custom_object,
            GROUP,
            VERSION,
            self.namespace,
            PLURALS[kind],
            name,
        )

    def exists(self, kind: str, name: str) -> bool:
        """Whether an object is there."""
        try:
            self.get(kind, name)
        except Refused:
            return False
        return True

    def key(self, body: dict[str, Any]) -> ObjectKey:
        """The key of an object that was read or created."""
        return ObjectKey(self.namespace, body["metadata"]["name"], body["metadata"]["uid"])

    def secret(self, name: str, data: dict[str, bytes], kind: str = LOGON) -> None:
        """Create a Secret."""
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        self.core.create_namespaced_secret(
            self.namespace, {"metadata": {"name": name}, "type": kind, "data": encoded}
        )

    def config_map(self, name: str, data: dict[str, str]) -> None:
        """Create a ConfigMap."""
        self.core.create_namespaced_config_map(
            self.namespace, {"metadata": {"name": name}, "data": data}
        )

    def events(self) -> list[Any]:
        """All Events of the namespace."""
        found: list[Any] = self.core.list_namespaced_event(self.namespace).items
        return found

    @staticmethod
    def _call(method: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = method(*arguments, **options)
        except client.ApiException as error:
            raise Refused(json.loads(error.body or "{}")["message"]) from error
        return answer


def audited(plane: ControlPlane, cluster: Cluster) -> list[AuditEvent]:
    """The requests that were answered until now: the log is written a moment later, up to a mark."""
    log = plane.audit_log
    assert log is not None
    mark = f"mark-{uuid.uuid4().hex}"
    assert not cluster.exists("PartnerServer", mark)
    eventually(lambda: any(event.name == mark for event in read_audit(log)))
    return list(read_audit(log))
