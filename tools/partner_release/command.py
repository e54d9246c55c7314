"""Runs a program that a release takes; what it says goes to whoever watches, and into the error."""

import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from partner_testbed.cache import Progress, silent

_TAIL = 25


class CommandFailedError(RuntimeError):
    """A program ended with an error; the message ends with what it said last."""


def run(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> str:
    """Run it to its end and return its output; each line goes to ``progress``. Raises CommandFailedError."""
    said: list[str] = []
    tail: deque[str] = deque(maxlen=_TAIL)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            tail.append(line)
            progress(line.rstrip())
    if process.returncode:
        raise CommandFailedError(
            f"{' '.join(command[:3])} ended with {process.returncode}:\n{''.join(tail)}"
        )
    return "".join(said)
