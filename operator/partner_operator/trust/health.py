"""Is a host as healthy as before its restart? (design rule 7)"""

from __future__ import annotations

from partner_operator.trust.model import HostState


def missing_after_restart(before: HostState | None, after: HostState) -> tuple[str, ...]:
    """What the host served or ran before its restart and does not now; empty: it is back.

    Hosts differ in roles, so each is compared with itself. `before` None (the operator was killed in
    between): then something must be served, where anything was probed.
    """
    if before is None:
        served = any(_serves(answer) for answer in after.answers.values())
        return () if served or not after.answers else ("no probe is answered",)
    services = sorted(before.running_services - after.running_services)
    missing = [f"service {service} does not run" for service in services]
    for path, answer in before.answers.items():
        now = after.answers.get(path, "")
        if _serves(answer) and _code(now) != _code(answer):
            missing.append(f"{path} answered {answer} and now {now or 'nothing'}")
    if before.workers_started_at is not None and after.workers_started_at is None:
        missing.append("no worker process runs")
    return tuple(missing)


def _serves(answer: str) -> bool:
    """Whether a status line is an answer of the application: not a 5xx and not silence."""
    code = _code(answer)
    return code != "" and not code.startswith("5")


def _code(answer: str) -> str:
    """The status code in '401' or 'HTTP/1.1 401 Unauthorized'; empty where there is none."""
    words = answer.split()
    return next((word for word in words if len(word) == 3 and word.isdigit()), "")
