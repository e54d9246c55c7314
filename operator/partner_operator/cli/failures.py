"""What ends a command is a sentence and an exit code, and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from partner_operator.texts import shown

INTERRUPTED = 130
"""As a shell says it of what Ctrl-C ended."""


@contextmanager
def told(*known: type[Exception]) -> Iterator[None]:
    """End the process with the sentence of what is known to go wrong: exit code 1. Raises SystemExit."""
    try:
        yield
    except known as problem:
        sys.exit(shown(f"partner-operator: {problem}"))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
