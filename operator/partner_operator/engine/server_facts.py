"""What a pass found out about the server itself, put into the words of the verdict."""

from __future__ import annotations

from partner_operator.engine.clocks import skew_message
from partner_operator.engine.restarts import restart_failed, waiting_for_restart
from partner_operator.engine.state import Pass
from partner_operator.trust.certificate_check import check_document, check_own_certificates
from partner_operator.trust.conditions import kept, unknown
from partner_operator.trust.plan import Blocker
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.verdict import ServerFacts, Trouble


def server_working(work: Pass) -> ServerFacts:
    """While the pass is under way: what was known stays."""
    told = work.status.conditions
    return ServerFacts(
        generation=work.server.generation,
        certificate=kept(told, ConditionType.CERTIFICATE_VALID),
        metadata=kept(told, ConditionType.METADATA_VALID),
        working=f"{work.server.product} is being looked at.",
    )


def server_facts(work: Pass) -> ServerFacts:
    """All that the pass knows of the server."""
    failure = work.failure
    observed = work.observed
    trouble = Trouble(failure.reason, failure.message) if failure else _doubt(work)
    if observed is None:
        obstacle = work.blocker or failure
        part = (
            unknown(obstacle.reason, obstacle.message)
            if obstacle
            else unknown(Reason.PROGRESSING, "Not looked at yet.")
        )
        certificate = metadata = part
    else:
        url, profile = work.server.auth_metadata_url, work.rules.profile
        certificate = check_own_certificates(observed, profile.mending, url, observed.clock)
        metadata = check_document(observed.documents.get(url), profile, observed.clock)
    return ServerFacts(
        generation=work.server.generation,
        certificate=certificate,
        metadata=metadata,
        unlisted_hosts=_unlisted(work),
        skewed=skew_message(work.status.skewed_hosts) if work.status.skewed_hosts else "",
        blocker=_server_blocker(work),
        failure=None if work.blocker else trouble,
        waiting=waiting_for_restart(work),
    )


def _doubt(work: Pass) -> Trouble | None:
    """A read that is not proven whole is told here too: it may concern no application at the moment.

    So is a change that may still be at work: it holds every other.
    """
    if work.unsettled is not None:
        return Trouble(work.unsettled.reason, work.unsettled.message)
    observed = work.observed
    if observed is None or observed.incomplete is None:
        return None
    return Trouble(Reason.INCOMPLETE_READ, observed.incomplete)


def _server_blocker(work: Pass) -> Blocker | None:
    """A host that did not come back from its restart asks for a human, like any blocker."""
    if work.blocker is None and work.step is not None and restart_failed(work.step):
        return Blocker(Reason.RESTART_FAILED, work.step.message, stalled=True)
    return work.blocker


def _unlisted(work: Pass) -> tuple[str, ...]:
    if work.observed is None:
        return ()
    listed = {host.lower() for host in work.server.hosts}
    return tuple(
        sorted(
            host.fqdn
            for host in work.observed.discovered_hosts
            if host.needs_restart and host.fqdn.lower() not in listed
        )
    )
