"""Instants as the scripts write them."""

from __future__ import annotations

from datetime import UTC, datetime

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.reasons import Reason


def instant(text: str | None) -> datetime | None:
    """`yyyy-MM-ddTHH:mm:ssZ` as an aware datetime. Raises OperationFailed for anything else."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise OperationFailed(
            Reason.CONTRACT_VIOLATED, f"The server answered {text!r} where an instant belongs."
        ) from None
