"""Clocks of hosts that differ from ours by more than Kerberos bears are named (rule 19, C25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from partner_operator.engine.ports import Severity
from partner_operator.engine.state import Pass
from partner_operator.trust.activation import is_one_of
from partner_operator.trust.reasons import Reason
from partner_operator.trust.skew import is_skewed


async def note_clock(
    work: Pass, host: str, clock: datetime, *, began: datetime, ended: datetime
) -> None:
    """Remember whether a host's clock, read between two instants of ours, is too far from ours."""
    known = [name for name in work.status.skewed_hosts if is_one_of(name, work.server.hosts)]
    before = is_one_of(host, known)
    skewed = is_skewed(before, clock, began, ended)
    others = [name for name in known if not is_one_of(name, (host,))]
    names = tuple(sorted([*others, host] if skewed else others))
    work.status = replace(work.status, skewed_hosts=names)
    if skewed and not before:
        await work.tell_server(Reason.CLOCK_SKEW, skew_message((host,)), Severity.WARNING)


def skew_message(hosts: tuple[str, ...]) -> str:
    """What is wrong with these hosts' clocks, and what to do."""
    return (
        f"The clock of {', '.join(hosts)} is more than 5 minutes away from the operator's. Kerberos refuses logons at "
        "such a distance. Set the clocks of hosts, domain controllers and Kubernetes nodes by one source."
    )
