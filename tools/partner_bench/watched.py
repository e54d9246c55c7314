"""When each application became what it should be, as the API server told it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from kubernetes import client, watch

from partner_testbed import ControlPlane
from support.kube.cluster import GROUP, PLURALS, VERSION

_PLURAL = PLURALS["PartnerApplication"]
_PATIENCE_SECONDS = 2


class Watched:
    """Watches the applications of a namespace in a thread of its own."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        """Nothing is watched until `start`."""
        self._plane = plane
        self._namespace = namespace
        self._at: dict[str, dict[str, float]] = {"Registered": {}, "Ready": {}}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watched", daemon=True)

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(2 * _PATIENCE_SECONDS)

    def at(self, condition: str) -> Mapping[str, float]:
        """When a condition of each application became True, by the monotonic clock."""
        return dict(self._at[condition])

    def _run(self) -> None:
        with self._plane.api_client() as api:
            custom = client.CustomObjectsApi(api)
            watching: Any = watch.Watch  # it has no types
            while not self._end.is_set():
                for event in watching().stream(
                    custom.list_namespaced_custom_object,
                    GROUP,
                    VERSION,
                    self._namespace,
                    _PLURAL,
                    timeout_seconds=_PATIENCE_SECONDS,
                ):
                    self._note(event["object"])

    def _note(self, found: Mapping[str, Any]) -> None:
        name, now = found["metadata"]["name"], time.monotonic()
        for condition in found.get("status", {}).get("conditions", []):
            known = self._at.get(condition["type"])
            if known is not None and condition["status"] == "True":
                known.setdefault(name, now)
