"""What no answer of a server may hold, whatever the product: such a server is named, and not believed."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import Certificate, UnreadableCertificate, read_certificate
from partner_operator.texts import said, shown
from partner_operator.trust.model import Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason

_FLATTENED = ("@{", "System.", "/Date(")
"""What PowerShell makes of an object where it was made to write text."""
_EARLIEST_YEAR = 1601
"""Windows counts time from here; .NET's year 1 stands for no date."""
_LATEST_YEAR = 9998
LONGEST_TEST = 86_400_000
"""Milliseconds of a day; the run itself has minutes."""
_SKEW = timedelta(days=1)
"""Between a host and the directory that it reads from. Kerberos tolerates minutes."""


def _no_object(text: str) -> str:
    if text.startswith(_FLATTENED):
        raise ValueError("an object that became text")
    return text


Shown = Annotated[str, AfterValidator(shown)]
"""A text that is compared, remembered and told, and never sent back."""
Text = Annotated[str, AfterValidator(_no_object), AfterValidator(shown)]
"""A text that no person chose, so that no flattened object can be meant by it."""
Reference = Annotated[str, AfterValidator(_no_object), Field(min_length=1)]
"""What a later run names an object by, to the letter; an empty one would name any or none."""
Thumbprint = Annotated[str, Field(pattern="^([0-9A-F]{40}|UNREADABLE)$")]
"""Of a stored certificate, SHA-1 over all its bytes. What is no base64 is unreadable, and differs from any."""
Said = Annotated[str, AfterValidator(said)]
"""Words of an error or a warning."""
NO_TOKEN_SERVERS_TOLD = "The host did not tell which token servers there are."  # noqa: S105
"""What is not told is not absent."""


def check_product(told: str, expected: Product, host: str) -> None:
    """Raises OperationFailed when a server says that it is another product."""
    if told != expected:
        raise OperationFailed(
            Reason.WRONG_PRODUCT,
            f"{host} was asked as {expected} and answers as {shown(told[:40]) or 'nothing'}. The operator changes "
            "nothing there. Is spec.product right?",
            then=Next.HUMAN,
        )


def stored(encoded: str, name: str) -> Certificate | UnreadableCertificate | None:
    """A server's own copy of one of its certificates, in base64; None where it has none.

    `name`: the thumbprint by which the server lists it.
    """
    if not encoded:
        return None
    try:
        der = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        return UnreadableCertificate(name.upper(), f"It is not base64 ({error}).")
    return read_certificate(der)


def twice(what: str, names: Iterable[str], *, exactly: bool = False) -> str | None:
    """Why a list is not believed in which a name stands more than once; None when none does.

    Letter case makes no other name, unless `exactly`. Objects without a name (left-overs of machines that
    were wiped, C05) are no twins of each other.
    """
    counts = Counter(name if exactly else name.casefold() for name in names if name.strip())
    return next((f"{what} shows {name} {n} times." for name, n in counts.items() if n > 1), None)


def happened_at(text: str | None, clock: datetime, more: str = "") -> datetime | None:
    """An instant of the past, by the host's clock. Raises OperationFailed; `more` ends its message."""
    told = planned_at(text)
    if told is not None and told > clock + _SKEW:
        raise OperationFailed(
            Reason.CONTRACT_VIOLATED,
            f"The server says that something happened at {text}, and its own clock shows {clock:%Y-%m-%d}. The "
            f"operator changes nothing there. Check the clocks of the host and of the domain controllers.{more}",
        )
    return told


def planned_at(text: str | None) -> datetime | None:
    """An instant that may lie ahead. Raises OperationFailed for one that nobody can mean."""
    told = instant(text)
    if told is None or told.year < _EARLIEST_YEAR:
        return None
    if told.year > _LATEST_YEAR:
        raise OperationFailed(
            Reason.CONTRACT_VIOLATED, f"The server answered {text!r} where an instant belongs."
        )
    return told


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
