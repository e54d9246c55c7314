"""How much is tried: a part in every run, all of it with `PARTNER_OPERATOR_PROOF=long`."""

from __future__ import annotations

import os

LONG = os.environ.get("PARTNER_OPERATOR_PROOF") == "long"
"""All interleavings instead of a part of them."""


def examples(usual: int) -> int:
    """How many examples a property is held against."""
    return 20 * usual if LONG else usual
