"""When each application became what it should be, as the API server told it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from kubernetes import client, watch
from urllib3.exceptions import HTTPError

from partner_testbed import ControlPlane
from support.kube.cluster import GROUP, PLURALS, VERSION

_KIND = "PartnerApplication"
_WATCH_SECONDS = 20
"""A new watch tells all objects again, which is work for the API server that is measured."""
_JOIN_SECONDS = 1.0
_PAUSE_SECONDS = 0.2


class Watched:
    """Watches the applications of a namespace and their Events, each in a thread of its own.

    An Event tells at once that an entry was read back; the condition waits for the end of the pass.
    """

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        """Nothing is watched until `start`."""
        self._plane = plane
        self._namespace = namespace
        self._at: dict[str, dict[str, float]] = {"Registered": {}, "Ready": {}}
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"watched {self._namespace}", daemon=True)
            for target in (self._watch_objects, self._watch_events)
        ]

    def start(self) -> None:
        """Watch from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Watch no more; a watch that is silent ends by itself."""
        self._end.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_JOIN_SECONDS)

    def at(self, what: str) -> Mapping[str, float]:
        """When each application was `Registered` or `Ready`, by the monotonic clock."""
        return dict(self._at[what])

    def _watch_objects(self) -> None:
        plural = PLURALS[_KIND]
        with self._plane.api_client() as api:
            listed = client.CustomObjectsApi(api).list_namespaced_custom_object
            while not self._end.is_set():
                for found in _stream(listed, GROUP, VERSION, self._namespace, plural):
                    for condition in found.get("status", {}).get("conditions", []):
                        if condition["status"] == "True":
                            self._note(condition["type"], found["metadata"]["name"])

    def _watch_events(self) -> None:
        with self._plane.api_client() as api:
            listed = client.CoreV1Api(api).list_namespaced_event
            while not self._end.is_set():
                for found in _stream(listed, self._namespace):
                    if found["involvedObject"]["kind"] == _KIND:
                        self._note(found["reason"], found["involvedObject"]["name"])

    def _note(self, what: str, name: str) -> None:
        if (known := self._at.get(what)) is not None:
            known.setdefault(name, time.monotonic())


def _stream(listed: Any, *arguments: str) -> Any:
    """What a watch of some seconds tells, as JSON; less where the API server breaks it off, as one under load does."""
    watching: Any = watch.Watch  # it has no types
    try:
        for event in watching().stream(listed, *arguments, timeout_seconds=_WATCH_SECONDS):
            yield event["raw_object"]
    except (client.ApiException, HTTPError):
        time.sleep(_PAUSE_SECONDS)
