"""What a host serves, and whether that is as much as it served before (rules 7 and 20)."""

from __future__ import annotations

from partner_operator.trust.model import HostState
from partner_operator.trust.status import HostHealth

NOTHING = HostHealth()
"""Of a host that served nothing: it needs nothing to be back."""
NO_ANSWER = "it cannot be looked at"


def health_of(state: HostState) -> HostHealth:
    """What a look at a host shows."""
    codes = {path: _code(answer) for path, answer in state.answers.items()}
    return HostHealth(
        services=tuple(sorted(state.running_services)),
        listeners=tuple(sorted(state.listeners)),
        answers={path: code for path, code in sorted(codes.items()) if _rank(code) > 0},
        workers=state.workers_started_at is not None,
    )


def raised(measure: HostHealth | None, shown: HostHealth) -> HostHealth:
    """The measure after a look that may show more than it; it never becomes less."""
    if measure is None:
        return shown
    answers = dict(measure.answers)
    for path, code in shown.answers.items():
        if _rank(code) > _rank(answers.get(path, "")):
            answers[path] = code
    return HostHealth(
        services=tuple(sorted({*measure.services, *shown.services})),
        listeners=tuple(sorted({*measure.listeners, *shown.listeners})),
        answers=dict(sorted(answers.items())),
        workers=measure.workers or shown.workers,
    )


def missing(measure: HostHealth, shown: HostHealth) -> tuple[str, ...]:
    """What of its measure a host does not show, for people; empty: it is as healthy as it was."""
    services = sorted({*measure.services} - {*shown.services})
    ports = sorted({*measure.listeners} - {*shown.listeners})
    gone = [f"service {service} does not run" for service in services]
    gone += [f"nothing listens on port {port}" for port in ports]
    for path, code in measure.answers.items():
        now = shown.answers.get(path, "")
        if _rank(now) < _rank(code):
            gone.append(f"{path} answered {code} and now {now or 'nothing useful'}")
    if measure.workers and not shown.workers:
        gone.append("no worker process runs")
    return tuple(gone)


def _rank(code: str) -> int:
    """How much of the application an answer shows: 401 asks for a logon, 404 shows that nothing is there."""
    if code == "" or code.startswith("5"):
        return 0
    if code.startswith("2"):
        return 3
    return 2 if code == "401" or code.startswith("3") else 1


def _code(answer: str) -> str:
    """The status code in '401' or 'HTTP/1.1 401 Unauthorized'; empty where there is none."""
    words = answer.split()
    return next((word for word in words if len(word) == 3 and word.isdigit()), "")
