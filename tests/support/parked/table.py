"""Every reason for which a human is waited for: how an organisation comes to it, and the way out that
docs/reasons.md gives. More than one object is in the state at a time where the state is an object's.
"""

from __future__ import annotations

from partner_operator.trust.reasons import Reason
from support.parked.declared import DECLARED
from support.parked.documents import DOCUMENTS
from support.parked.entries import ENTRIES
from support.parked.restarts import RESTARTS
from support.parked.runs import RUNS
from support.parked.state import Parked

PARKED: dict[Reason, Parked] = {**RESTARTS, **DECLARED, **ENTRIES, **RUNS, **DOCUMENTS}
