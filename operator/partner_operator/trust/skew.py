"""Is a clock too far from ours? (rule 19)"""

from __future__ import annotations

from datetime import datetime, timedelta

SKEW = timedelta(minutes=5)
"""What Kerberos bears between two clocks, as Windows sets it up."""


def is_skewed(before: bool, clock: datetime, began: datetime, ended: datetime) -> bool:
    """Whether a clock differs from ours by more than Kerberos bears. It was read between `began` and `ended`.

    Near the limit it stays as it was told `before`.
    """
    ahead, least = clock - began, clock - ended
    surely = least > SKEW or ahead < -SKEW
    hardly = least >= -SKEW and ahead <= SKEW
    return surely or (before and not hardly)
