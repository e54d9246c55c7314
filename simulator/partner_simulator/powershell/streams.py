"""Bytes of a Linux PowerShell, as a Windows one would have written them."""

from __future__ import annotations

_LF_IN_CLIXML = b"_x000A_"
_CR_IN_CLIXML = b"_x000D_"
_CRLF_IN_CLIXML = _CR_IN_CLIXML + _LF_IN_CLIXML


class LineEnds:
    """Turns LF into CRLF while bytes stream by; CRLF is left alone."""

    def __init__(self) -> None:
        """Start before the first byte."""
        self._after_cr = False

    def feed(self, data: bytes) -> bytes:
        """What these bytes become."""
        if not data:
            return b""
        first = b"\n" if self._after_cr and data.startswith(b"\n") else b""
        self._after_cr = data.endswith(b"\r")
        rest = data[len(first) :].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return first + rest

    def finish(self) -> bytes:
        """What is left at the end: nothing is ever held back."""
        return b""


class ErrorLineEnds:
    """As LineEnds, and the escaped line feeds inside CLIXML too."""

    def __init__(self) -> None:
        """Start before the first byte."""
        self._ends = LineEnds()
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What these bytes become; a tail that may be half an escape waits for the next."""
        data = self._held + data
        keep = _open_escape(data)
        self._held = data[len(data) - keep :]
        return self._rewrite(data[: len(data) - keep])

    def finish(self) -> bytes:
        """What is left at the end."""
        held, self._held = self._held, b""
        return self._rewrite(held)

    def _rewrite(self, data: bytes) -> bytes:
        plain = data.replace(_CRLF_IN_CLIXML, _LF_IN_CLIXML)
        return self._ends.feed(plain.replace(_LF_IN_CLIXML, _CRLF_IN_CLIXML))


def _open_escape(data: bytes) -> int:
    """Length of the tail that is the beginning of an escaped line end."""
    if data.endswith(_LF_IN_CLIXML):
        return 0
    for length in range(min(len(data), len(_CRLF_IN_CLIXML) - 1), 0, -1):
        tail = data[-length:]
        if _CRLF_IN_CLIXML.startswith(tail) or _LF_IN_CLIXML.startswith(tail):
            return length
    return 0


class MarkedStream:
    """Cuts one run out of a stream that carries many: what lies between two marks."""

    def __init__(self, mark: bytes) -> None:
        """`mark` stands before and after the run, and nowhere in it."""
        self._mark = mark
        self._held = b""
        self._begun = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """The run's bytes among these; a tail that may be half a mark waits for the next."""
        if self.ended:
            return b""
        data = self._held + data
        self._held = b""
        if not self._begun:
            before, found, data = data.partition(self._mark)
            if not found:
                self._held = before[-len(self._mark) + 1 :]
                return b""
            self._begun = True
        inside, found, _ = data.partition(self._mark)
        if found:
            self.ended = True
            return inside
        keep = self._open_mark(inside)
        self._held = inside[len(inside) - keep :]
        return inside[: len(inside) - keep]

    def abandon(self) -> bytes:
        """The process died: what was held back is the run's after all."""
        held, self._held = self._held, b""
        return held if self._begun else b""

    def _open_mark(self, data: bytes) -> int:
        for length in range(min(len(data), len(self._mark) - 1), 0, -1):
            if self._mark.startswith(data[-length:]):
                return length
        return 0
