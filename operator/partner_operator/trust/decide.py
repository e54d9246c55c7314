"""The decision of a pass: what to change for each application, or why nothing may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from partner_operator.trust.model import DesiredApplication, DesiredServer, Observed
from partner_operator.trust.plan import Blocker, Decision
from partner_operator.trust.status import ApplicationStatus


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application as `decide` needs it: declaration, memory, and what the reader refused."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Blocker | None = None


def decide(
    server: DesiredServer, applications: Sequence[ApplicationView], observed: Observed
) -> tuple[Decision, ...]:
    """One decision per application, in the order of `applications`.

    Pure: the same answer for the same values, whatever the order of entries. Certificates of
    partners are judged by `observed.clock`. At most one change per application, and never two
    for one entry. `change` is None whenever `blocker` is set; `planned` then says what would be
    done. In mode Observe `planned` holds the differences; in mode Suspend there are none.
    """
    raise NotImplementedError
