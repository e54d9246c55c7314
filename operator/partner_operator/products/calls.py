"""What is asked of a host in one run: a script with its parameters and its time, and how several changes become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from partner_operator.products.scripts import APPLY
from partner_operator.trust.model import Entry

LONGEST_SECONDS = 400
"""For one run. The engine's `Patience.longest_run` is reckoned from it."""

MANY_SECONDS = 300
"""How long a run of several changes lives there. Its end is waited for, since it tells what was not begun: that is as
much longer here as it may wait for the mutex, and some."""
BEGIN_SECONDS = 150
"""After so long no further change is begun in a run: the last one has as much time again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One script of a product with its parameters."""

    operation: str
    parameters: Mapping[str, Any]
    seconds: float = 240
    """Its whole time here, at most LONGEST_SECONDS; the script itself lives no longer on the host."""
    patience: float = 0
    """How much longer than that an end is waited for here: a script that is ended there has told how far it came."""
    secrets: bool = False
    """The script needs the logon for an inner session."""
    at_once: bool = False
    """What it does is written down and was looked at just now: it waits for no turn."""
    script: str = ""
    """The script that does it, where it is not named like the operation."""


def together(calls: Sequence[Call]) -> Call:
    """The run that makes these changes in turn."""
    operations = {call.operation for call in calls}
    many = len(calls) > 1
    return Call(
        operation=operations.pop() if len(operations) == 1 else APPLY,
        parameters={
            "beginSeconds": BEGIN_SECONDS,
            "items": [
                {"step": call.operation, "parameters": dict(call.parameters)} for call in calls
            ],
        },
        seconds=MANY_SECONDS if many else calls[0].seconds,
        patience=LONGEST_SECONDS - MANY_SECONDS if many else 0,
        secrets=any(call.secrets for call in calls),
        at_once=True,
        script=APPLY,
    )


def replaced(entry: Entry | None) -> dict[str, object]:
    """What a script is told of the entry in whose place a new one is made, and what tells it from another."""
    return {
        "replaces": entry.reference if entry else "",
        "replacedIdentifier": entry.application_identifier if entry else "",
        "replacedRealm": entry.realm if entry else "",
        "replacedUrl": (entry.metadata_url or "") if entry else "",
    }
