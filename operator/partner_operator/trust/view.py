"""One application as the pure decisions need it."""

from __future__ import annotations

from dataclasses import dataclass

from partner_operator.trust.model import DesiredApplication
from partner_operator.trust.plan import Blocker
from partner_operator.trust.status import ApplicationStatus, ChangeKind


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Declaration, memory, and what the reader refused."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Blocker | None = None


def explained_by_us(view: ApplicationView) -> bool:
    """True: the entry was made by this object, as far as its status tells.

    An intent to register without a registration is a crash between the change and its read-back.
    """
    registration, intent = view.status.registration, view.status.intent
    if registration is not None:
        return registration.created_by_us
    return intent is not None and intent.kind is ChangeKind.REGISTER
