"""An outside observer of a stage: every status ever seen is checked, and secrets are searched for."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from kubernetes import client, watch
from urllib3.exceptions import HTTPError

from partner_demo.stage import Stage
from support.secrets.search import found, planted
from support.trust.condition_invariants import violations

_AGAIN_SECONDS = 0.1
_GONE = 410
"""HTTP status: the version is too old to go on from."""
PLURALS = ("partnerservers", "partnerapplications")


class Observer:
    """Watches both kinds in the stage's namespace from the start to the end of a test."""

    def __init__(self, stage: Stage) -> None:
        """`start` begins the watches."""
        self.stage = stage
        self.problems: list[str] = []
        self.seen = 0
        self._texts: list[str] = []
        self._watches: list[watch.Watch] = []
        self._finished = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to watch."""
        for plural in PLURALS:
            stream = watch.Watch()  # type: ignore[no-untyped-call]
            thread = threading.Thread(target=self._follow, args=(plural, stream), daemon=True)
            self._watches.append(stream)
            self._threads.append(thread)
            thread.start()

    def _follow(self, plural: str, stream: watch.Watch) -> None:
        """Watch until `finish`: the API server ends watches, such as when a CRD is applied again."""
        with self.stage.plane.api_client() as api:
            objects = client.CustomObjectsApi(api)
            while not self._finished.is_set():
                try:
                    events = stream.stream(  # type: ignore[no-untyped-call]
                        objects.list_namespaced_custom_object,
                        "partner-operator.io",
                        "v1alpha1",
                        self.stage.namespace,
                        plural,
                        resource_version=stream.resource_version,
                        timeout_seconds=600,
                    )
                    for event in events:
                        self._look(event["object"])
                except HTTPError:
                    time.sleep(_AGAIN_SECONDS)  # then from the last version seen on
                except client.ApiException as error:
                    if error.status != _GONE:
                        raise
                    stream.resource_version = None

    def _look(self, found: dict[str, Any]) -> None:
        status = found.get("status") or {}
        self.seen += 1
        self._texts.append(json.dumps(status, ensure_ascii=False))
        generation = found["metadata"].get("generation", 1)
        for problem in violations(status, generation):
            self.problems.append(f"{found['kind']} {found['metadata']['name']}: {problem}")

    def finish(self) -> list[str]:
        """Stop watching; what was wrong with any status, and every place where a secret was found."""
        self._finished.set()
        for stream in self._watches:
            stream.stop()  # type: ignore[no-untyped-call]
        self.problems += self._leaks()
        shells = self.stage.simulation.open_shells()
        if shells and not self.stage.operator.was_killed:
            self.problems.append(f"shells were left open: {shells}")
        return self.problems

    def _leaks(self) -> list[str]:
        events = self.stage.kubectl("get", "events", "-o", "json")
        places = {
            "a status": "\n".join(self._texts),
            "an Event": events,
            "the operator's log": _read(self.stage.operator.log),
            "a command line or transcript of a server": self.stage.simulation.transcript(),
        }
        secrets = (*self.stage.simulation.secrets(), *planted())
        return [
            f"{find} stands in {place}"
            for place, text in places.items()
            for find in found(text, secrets)
        ]


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
