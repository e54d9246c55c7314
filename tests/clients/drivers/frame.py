"""What every Python driver shares: a job comes in on stdin as JSON, the result goes out on stdout.

Drivers run in a foreign client's environment, so this module imports the standard library only.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

Job = dict[str, Any]
Told = Callable[[Exception], Any]


def main(work: Callable[[Job], Any], refusals: tuple[type[Exception], ...], told: Told) -> None:
    """Print ``{"done": result}``, or ``{"error": {type, told}}`` for what a client may refuse with.

    Anything else is a bug of the driver and ends it with a traceback.
    """
    job = json.load(sys.stdin)
    try:
        result: Job = {"done": work(job)}
    except refusals as error:
        result = {"error": {"type": type(error).__name__, "told": told(error)}}
    json.dump(result, sys.stdout)


def text(data: bytes) -> str:
    """Bytes for JSON."""
    return base64.b64encode(data).decode("ascii")


def data(text: str) -> bytes:
    """Bytes from JSON."""
    return base64.b64decode(text)
