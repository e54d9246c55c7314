"""What a pass found out about the server itself, put into the words of the verdict."""

from __future__ import annotations

from partner_operator.engine import expiry
from partner_operator.engine.clocks import skew_message
from partner_operator.engine.refused_writes import trouble as refused
from partner_operator.engine.restarts import restart_failed, waiting_for_restart
from partner_operator.engine.state import Pass, Reached
from partner_operator.trust.certificate_check import check_document, check_own_certificates
from partner_operator.trust.conditions import kept, shortened
from partner_operator.trust.facts import ServerFacts, not_known
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import Columns

LONGEST_HOST = 20
"""Characters of a host's name in a column; one of NetBIOS has 15."""


def server_working(work: Pass) -> ServerFacts:
    """While the pass is under way: what was known stays."""
    told = work.status.conditions
    return ServerFacts(
        generation=work.server.generation,
        certificate=kept(told, ConditionType.CERTIFICATE_VALID),
        metadata=kept(told, ConditionType.METADATA_VALID),
        expiring=expiry.of_server(work),
        working=f"Checking {work.called}.",
    )


def server_facts(work: Pass) -> ServerFacts:
    """All that the pass knows of the server."""
    obstacle = work.blocker or work.failure or refused(work)
    skewed = skew_message(work.status.skewed_hosts) if work.status.skewed_hosts else ""
    if not isinstance(work, Reached):
        part = not_known(obstacle)
        return ServerFacts(
            work.server.generation,
            part,
            part,
            expiring=expiry.of_server(work),
            skewed=skewed,
            obstacle=obstacle,
        )
    observed, profile, url = work.observed, work.rules.profile, work.server.auth_metadata_url
    return ServerFacts(
        generation=work.server.generation,
        certificate=check_own_certificates(observed, profile.mending, url, observed.clock),
        metadata=check_document(observed.documents.get(url), profile, observed.clock),
        expiring=expiry.of_server(work),
        unlisted_hosts=_unlisted(work),
        skewed=skewed,
        obstacle=work.blocker or _failed_restart(work) or work.failure or _doubt(work),
        waiting=waiting_for_restart(work),
    )


def _doubt(work: Reached) -> Obstacle | None:
    """A read that is not proven whole is told here too: it may concern no application at the moment.

    So is a change that may still be at work: it holds every other.
    """
    if work.unsettled is not None or work.observed.incomplete is None:
        return work.unsettled or refused(work)
    return Obstacle(Reason.INCOMPLETE_READ, work.observed.incomplete, Next.RETRIED)


def _failed_restart(work: Reached) -> Obstacle | None:
    """A host that did not come back from its restart asks for a human, like any blocker."""
    if work.step is None or not restart_failed(work.step):
        return None
    return Obstacle(Reason.RESTART_FAILED, work.step.message, Next.HUMAN)


def columns(work: Pass) -> Columns:
    """The server in few characters."""
    rules, known = work.ports.rules.get(work.server.product), work.status.organization
    first, *others = work.server.hosts or ("",)
    return Columns(
        organization=rules.short_name(known) if rules is not None and known else None,
        hosts=shortened(_label(first), LONGEST_HOST) + (f" +{len(others)}" if others else ""),
    )


def _label(host: str) -> str:
    """A host's name without its domain."""
    return host.partition(".")[0]


def _unlisted(work: Reached) -> tuple[str, ...]:
    listed = {host.lower() for host in work.server.hosts}
    return tuple(
        sorted(
            host.fqdn
            for host in work.observed.discovered_hosts
            if host.needs_restart and host.fqdn.lower() not in listed
        )
    )
