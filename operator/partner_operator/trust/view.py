"""One application as the pure decisions need it."""

from __future__ import annotations

from dataclasses import dataclass

from partner_operator.trust.model import DesiredApplication
from partner_operator.trust.plan import Blocker
from partner_operator.trust.status import ApplicationStatus


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Declaration, memory, and what the reader refused."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Blocker | None = None
