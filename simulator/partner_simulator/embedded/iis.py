"""Operations on IIS itself, of whichever product: what it answers, its workers, iisreset."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from partner_simulator.embedded import web
from partner_simulator.embedded.plain import instant
from partner_simulator.embedded.run import Run


def host_state(run: Run, prefix: str) -> Mapping[str, Any]:
    """What IIS of this host answers, its workers and its services; nobody simulates its ports.

    `prefix`: of the product's services.
    """
    site = f"https://{run.text('host')}"
    headers = {"Host": run.text("site")} if run.text("site") else {}
    answers = {path: web.status(run, site + path, 30, headers) for path in run.asked("paths") or ()}
    running = [one["name"] for one in run.system("services") if one["state"] == "Running"]
    services = [
        name
        for name in sorted(running, key=str.upper)
        if name.lower() in ("w3svc", "was") or name.lower().startswith(prefix.lower())
    ]
    workers = _workers(run)
    return {"answers": answers, "listeners": [], "workers": workers, "services": services}


def _workers(run: Run) -> list[str | None]:
    """When each started."""
    return [instant(datetime.fromtimestamp(w["started_at"], UTC)) for w in run.system("processes")]


def restart(run: Run) -> Mapping[str, Any]:
    """iisreset on this machine, where a worker is older than was asked for."""
    code, lines = "", []
    old = any(worker is None or worker <= run.text("olderThan") for worker in _workers(run))
    if old:
        for _ in range(10):
            if (instant(datetime.now(UTC)) or "") > run.text("olderThan"):
                break
            time.sleep(0.2)
        answer = run.system("iisreset", arguments=["/RESTART", "/TIMEOUT:120"])
        code = str(answer["exit_code"])
        lines = answer["output"].replace("\r", "").rstrip("\n").split("\n")
    return {"restarted": old, "code": code, "lines": lines}
