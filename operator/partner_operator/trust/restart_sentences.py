"""What is said of the hosts of a round: who is not back, who is not known, what is missing there, and what helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from partner_operator.trust.activation import Round, host_of
from partner_operator.trust.conditions import LONGEST_MESSAGE, shortened
from partner_operator.trust.health import NO_ANSWER
from partner_operator.trust.status import HostStatus

APPROVE = (
    "set the annotation partner-operator.io/approve-restart to a new value on this PartnerServer"
)


def failed(view: Round) -> str:
    """Who did not come back and what is missing there, or who was not restarted, each with iisreset's words."""
    heads, tails = [], []
    for name in view.failed:
        line = host_of(view.iis, name)
        assert line is not None
        heads.append(f"{name} did not come back from its restart as it was: {ills([line], {})}")
        heads.append(line.said)
    if view.failed:
        tails.append(
            "The operator restarts no further host. Bring it back, or take it out of spec.hosts; the operator "
            f"notices and goes on. To count what it shows now as healthy, {APPROVE}."
        )
    for name in view.refused:
        line = host_of(view.iis, name)
        assert line is not None
        heads.append(
            f"IIS on {name} was not restarted: its workers are those of before. {line.said}"
        )
    if view.refused:
        tails.append(
            f"Run iisreset there as an administrator; the operator notices. To let it try once more, {APPROVE}."
        )
    tail = " ".join(tails)
    head = " ".join(text for text in heads if text)
    return f"{shortened(head, LONGEST_MESSAGE - len(tail) - 1)} {tail}"


def unseen(view: Round, why: Mapping[str, str]) -> str:
    """Who could not be looked at. `why`: by host, what was in the way."""
    causes = " ".join(why[name] for name in view.unseen if name in why)
    tail = " Bring it back, or take it out of spec.hosts."
    names = listed(view.unseen)
    head = f"{names} cannot be looked at, so it is not known whether IIS there has the last change. {causes}"
    return shortened(head.rstrip(), LONGEST_MESSAGE - len(tail)) + tail


def ills(lines: Sequence[HostStatus], why: Mapping[str, str]) -> str:
    """What is missing on each host, and what was in the way of a look."""
    said = []
    for line in lines:
        cause = why.get(line.name)
        said.append(
            f"{line.name}: {'; '.join(line.missing) or NO_ANSWER}"
            + (f" ({cause})" if cause else "")
        )
    return ". ".join(said) + "."


def listed(names: Sequence[str]) -> str:
    """For people."""
    return ", ".join(names)


def hours(length: timedelta) -> str:
    """For people."""
    return f"{round(length.total_seconds() / 3600)} hours"
