"""Several changes in one run: each by itself, in turn, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.run import Run

Step = Callable[[Run], Mapping[str, Any]]


def make_all(run: Run, steps: Mapping[str, Step]) -> Mapping[str, Any]:
    """What became of each item of the request, by the step that makes it. Raises Gone."""
    results: list[dict[str, Any]] = []
    began = time.monotonic()
    for item in run.asked("items") or ():
        if results and time.monotonic() - began > run.asked("beginSeconds"):
            break
        run.check()
        run.command.emit("stdout", f"PO1+{len(results)};".encode())
        try:
            data = steps[item["step"]](replace(run, request=item["parameters"]))
            results.append({"data": data, "error": None})
        except Failed as failed:
            results.append({"data": None, "error": failed.document()})
    return {"results": results}
