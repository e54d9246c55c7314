"""Damage to the real output of a real script, done to the Receive replies on their way."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from partner_simulator.wsman import Fault, Rewrite, Step
from support.matrix.engine import Run, in_shell
from support.matrix.model import DAMAGED, UNKNOWN, Failure

_STDOUT = re.compile(
    rb'(<rsp:Stream Name="stdout" CommandId="[^"]*">)([A-Za-z0-9+/=]+)(</rsp:Stream>)'
)
_BEGINS = b"PO1["


@dataclass(frozen=True, slots=True)
class Damage:
    """What becomes of standard output, piece by piece as it comes."""

    name: str
    failure: Failure | None
    maker: Callable[[], Callable[[bytes], bytes]]
    """Makes the function that changes the pieces of one run, in order."""

    def fault(self, run: Run) -> Fault:
        """Damage all Receive replies of this run."""
        change = self.maker()

        def rewrite(envelope: bytes) -> bytes:
            return _STDOUT.sub(
                lambda found: (
                    found[1] + base64.b64encode(change(base64.b64decode(found[2]))) + found[3]
                ),
                envelope,
            )

        return Fault(Step.RECEIVE, Rewrite(rewrite), times=None, where=in_shell(run.number))


def damages() -> tuple[Damage, ...]:
    """All of them."""
    return (
        Damage(
            "banners",
            None,
            lambda: lambda piece: b"banner\r\n" + piece if _BEGINS in piece else piece,
        ),
        Damage("wrong length", DAMAGED, lambda: lambda piece: piece.replace(_BEGINS, b"PO1[1")),
        Damage("UTF-16", DAMAGED, lambda: _with_nuls),
        Damage("all of it lost", DAMAGED, lambda: lambda _: b""),
        Damage("the frame lost", UNKNOWN, _without_frame),
    )


def _with_nuls(piece: bytes) -> bytes:
    return b"".join(bytes((byte, 0)) for byte in piece)


def _without_frame() -> Callable[[bytes], bytes]:
    begun = False

    def change(piece: bytes) -> bytes:
        nonlocal begun
        before, mark, _ = piece.partition(_BEGINS)
        kept = b"" if begun else before
        begun = begun or bool(mark)
        return kept

    return change
