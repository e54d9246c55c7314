"""The end of certificates in a pass: a server's own, and that of an application's partner.

By the operator's clock, from the last certificate that was read: a server that cannot be reached does not
keep its certificate from ending. Mode Observe tells as Enforce does; with Suspend nothing of the object moves.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import Severity
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.oauth.certificates import Certificate
from partner_operator.trust.certificate_check import longest_lasting
from partner_operator.trust.conditions import find
from partner_operator.trust.expiry import (
    ENDED,
    Expiring,
    due_warning,
    end_of,
    in_event,
    next_threshold,
    told_of,
    warned_of,
)
from partner_operator.trust.model import CertificateRole, Mode
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import CertificateEnd, Condition


def of_server(work: Pass) -> Expiring | None:
    """What is told of the certificate that a server signs with."""
    rules = work.ports.rules.get(work.server.product)
    if rules is None:
        return None
    product = work.called
    return told_of(
        work.status.certificate,
        work.now(),
        what=f"with which {product} signs its tokens",
        whose=product,
        then="partners refuse its tokens",
        mending=rules.profile.mending,
    )


def of_partner(work: Pass, draft: Draft) -> Expiring | None:
    """What is told of the certificate that an application's partner publishes."""
    partner, product = draft.desired.partner, work.called
    where = (
        f"PartnerServer {partner.server_name}"
        if partner.server_name is not None
        else partner.auth_metadata_url
    )
    takes_over = (
        f"Mode is Observe, so somebody has to make {product} read the new one then."
        if draft.desired.mode is Mode.OBSERVE
        else f"When the new one is published, the operator makes {product} read it."
    )
    return told_of(
        draft.status.certificate,
        work.now(),
        what=f"of {partner.name} ({where})",
        whose=partner.name,
        then=f"{product} refuses tokens of {partner.name}",
        mending=f"{partner.profile.mending} {takes_over}",
    )


def note_server(work: Pass) -> int | None:
    """Remember when the server's certificate ends. Returns the threshold of which people are to be told."""
    end = _own(work)
    days = _due(work, end)
    work.status = replace(work.status, certificate=_warned(work, end, days))
    return days


def note_partner(work: Pass, draft: Draft) -> int | None:
    """Remember when the partner's certificate ends. Returns the threshold of which people are to be told."""
    if draft.desired.deleting:
        return None
    end = _of_document(work, draft)
    days = _due(work, end)
    draft.status = replace(draft.status, certificate=_warned(work, end, days))
    return days


async def tell_server(work: Pass, days: int | None, conditions: tuple[Condition, ...]) -> None:
    """The Event of a threshold that the status now remembers as told."""
    expiring = of_server(work)
    if days is not None and expiring is not None and not _is_told(days, conditions):
        message = in_event(expiring, days)
        await work.tell_server(expiring.part.reason, message, Severity.WARNING)


async def tell_partner(
    work: Pass, draft: Draft, days: int | None, conditions: tuple[Condition, ...]
) -> None:
    """The same on an application."""
    expiring = of_partner(work, draft)
    if days is not None and expiring is not None and not _is_told(days, conditions):
        await work.tell(draft, expiring.part.reason, in_event(expiring, days), Severity.WARNING)


def _is_told(days: int, conditions: tuple[Condition, ...]) -> bool:
    """Ready, which becomes False with a certificate that has ended, has an Event of its own."""
    ready = find(conditions, ConditionType.READY)
    if days != ENDED or ready is None or ready.status is not ConditionStatus.FALSE:
        return False
    return ready.reason is Reason.CERTIFICATE_EXPIRED


def _due(work: Pass, end: CertificateEnd | None) -> int | None:
    if end is None:
        return None
    later = next_threshold(end, work.now())
    if later is not None:
        work.wake_at(later)
    return due_warning(end, work.now())


def _warned(work: Pass, end: CertificateEnd | None, days: int | None) -> CertificateEnd | None:
    return end if end is None or days is None else warned_of(end, days, work.now())


def _own(work: Pass) -> CertificateEnd | None:
    known = work.status.certificate
    if not isinstance(work, Reached) or work.blocker is not None:
        return known
    observed = work.observed
    if observed.own_certificates_fault is not None:
        return known
    own = next(
        (own for own in observed.own_certificates if own.role is CertificateRole.CURRENT), None
    )
    if own is not None and isinstance(own.certificate, Certificate):
        return end_of(own.certificate, known)
    same = own is not None and known is not None and own.thumbprint == known.thumbprint
    return known if same else None


def _of_document(work: Pass, draft: Draft) -> CertificateEnd | None:
    known, document = draft.status.certificate, draft.document
    alternates = draft.blocker is not None and draft.blocker.reason is Reason.METADATA_ALTERNATES
    if not isinstance(work, Reached) or document is None or alternates:
        return known
    return end_of(longest_lasting(document.certificates, work.observed.clock), known)
