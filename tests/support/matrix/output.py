"""Kinds 22 to 24: what comes on standard error and standard output, and how the process ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from partner_simulator.wsman import Rewrite, Step, When
from support.matrix.model import (
    BLOCKED,
    BROKEN_CONTRACT,
    BUSY,
    DAMAGED,
    NO_ANSWER,
    SCRIPT_ERROR,
    UNKNOWN,
    Cell,
    Expected,
    Failure,
    Kind,
)
from support.matrix.rules import Arrange, Strikes, at
from support.matrix.stage import Stage
from support.winrm.frames import failure, success
from support.wsman.echo_engine import Answer, Chunk, chunks, fixed

GOOD = success({"a": "b"})
_STARTED = b"PO1!"
_NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04"
_ERROR = (
    f'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="{_NAMESPACE}">'
    '<S S="Error">Access is denied._x000D__x000A_</S></Objs>'
).encode()
_PROGRESS = (
    f'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="{_NAMESPACE}"><Obj S="progress" RefId="0">'
    '<TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>'
    '<I64 N="SourceId">1</I64></MS></Obj></Objs>'
).encode()
_SURROGATES = _ERROR.replace(b"Access", b"_xD83D__xDE00_ _xD83D_ Access")
_KILLED = 0xC0000017
"""STATUS_NO_MEMORY: what is left of a process that a quota of memory ended."""
_CONTROL_C = 0xC000013A
_RECORD = {
    "id": "X,Y",
    "type": "System.Exception",
    "inner": "System.Exception",
    "category": "NotSpecified",
    "messages": ["it broke"],
    "position": "",
}


def cells() -> Iterator[Cell]:
    """All of them; output comes with Receive."""
    for variant, stderr in _stderr():
        yield _cell(Kind.STDERR, variant, None, fixed(GOOD, stderr))
        without = f"{variant}, and no frame"
        yield _cell(Kind.STDERR, without, NO_ANSWER, fixed(b"", stderr, 1))
    begun = "CLIXML error after the script began"
    yield _cell(Kind.STDERR, begun, UNKNOWN, fixed(_STARTED, _ERROR, 1))
    for variant, failed, answer in _stdout():
        yield _cell(Kind.STDOUT, variant, failed, answer)
    yield at(Kind.STDOUT, "17 MB", Step.RECEIVE, Expected(DAMAGED), _endless, When.AFTER)
    done = Strikes(Rewrite(_without_code), times=None)
    variant = "Done without an exit code"
    yield at(Kind.EXIT, variant, Step.RECEIVE, Expected(UNKNOWN), done, When.AFTER)
    for variant, failed, answer in _exits():
        yield _cell(Kind.EXIT, variant, failed, answer)


def _cell(kind: Kind, variant: str, failed: Failure | None, answer: Answer) -> Cell:
    return at(kind, variant, Step.RECEIVE, Expected(failed), _says(answer), When.AFTER)


def _says(answer: Answer) -> Arrange:
    def arrange(stage: Stage, _: Cell) -> None:
        stage.host.says(answer)

    return arrange


def _without_code(envelope: bytes) -> bytes:
    return re.sub(rb"<rsp:ExitCode>[^<]*</rsp:ExitCode>", b"", envelope)


def _endless(stage: Stage, _: Cell) -> None:
    stage.patch.setattr("partner_operator.winrm.framing.LONGEST_ANSWER", 100_000)
    stage.host.says(chunks(*[Chunk(b"x" * 90_000, after_seconds=0.02)] * 50, exit_code=None))


def _stderr() -> Iterator[tuple[str, bytes]]:
    yield "CLIXML error", _ERROR
    yield "CLIXML progress only", _PROGRESS
    yield "two CLIXML documents", _PROGRESS + _ERROR
    yield "native text around CLIXML", b"warning: x\r\n" + _ERROR + b"\r\nmore\r\n"
    yield "bytes of code page 437", "Gr\u00f6\u00dfe \u2502".encode("cp437")
    yield "byte order mark", b"\xef\xbb\xbf" + _ERROR
    yield "lone surrogates", _SURROGATES
    yield "CLIXML cut in the middle", _ERROR[:-20]


def _stdout() -> Iterator[tuple[str, Failure | None, Answer]]:
    euro = success({"a": "\u20ac"})
    yield "banner before and after", None, fixed(b"Logon banner\r\n" + GOOD + b"\r\nBye\r\n")
    noise = "\u20ac\u65e5\U0001f600".encode()
    pieces = noise + euro + noise
    cut = [Chunk(pieces[at : at + 5], after_seconds=0.001) for at in range(0, len(pieces), 5)]
    yield "cut inside a UTF-8 sequence and inside the frame", None, chunks(*cut)
    yield "the frame twice", DAMAGED, fixed(GOOD + GOOD)
    yield "two different frames", DAMAGED, fixed(GOOD + success({"a": "c"}))
    # The bootstrap prints a frame before it ends with 0, so the output was lost, and the mark with it.
    yield "no frame, exit code 0", DAMAGED, fixed(b"")
    yield "no frame, exit code 1", NO_ANSWER, fixed(b"", b"", 1)
    yield "no frame, exit code 0, script begun", UNKNOWN, fixed(_STARTED)
    yield "checksum does not fit", DAMAGED, fixed(GOOD.replace(b":", b":0", 1))
    yield "frame cut off", DAMAGED, fixed(GOOD[: len(GOOD) // 2])
    yield "NULs around the frame", None, fixed(b"\0\0" + GOOD + b"\0")
    yield (
        "NULs inside the frame",
        DAMAGED,
        fixed(b"\0".join(GOOD[i : i + 1] for i in range(len(GOOD)))),
    )
    yield "wrong code page around the frame", None, fixed(b"\x81\x84" + GOOD + b"\xff\xfe")
    yield "the frame as UTF-16", DAMAGED, fixed(GOOD.decode().encode("utf-16"))
    yield "frame without an object", DAMAGED, fixed(success(None))


def _exits() -> Iterator[tuple[str, Failure | None, Answer]]:
    refusal = b"The command line is too long.\r\n"
    missing = b"'powershell.exe' is not recognized as an internal or external command,\r\n"
    yield "code 1 with a good frame", None, fixed(GOOD, b"", 1)
    yield "unsigned code with a good frame", None, fixed(GOOD, b"", _CONTROL_C)
    yield "signed code with a good frame", None, fixed(GOOD, b"", -1073741510)
    yield "code 0 with an error", SCRIPT_ERROR, fixed(_STARTED + failure("Script", **_RECORD))
    yield (
        "code 0 with a broken contract",
        BROKEN_CONTRACT,
        fixed(_STARTED + failure("Answer", **_RECORD)),
    )
    yield "code 0, request damaged", NO_ANSWER, fixed(failure("Damaged"))
    yield "code 0, mutex taken", BUSY, fixed(failure("Busy"))
    yield "killed before the script began", NO_ANSWER, fixed(b"", b"", _KILLED)
    yield "killed after the script began", UNKNOWN, fixed(_STARTED, b"", _KILLED)
    yield "command line is too long", BLOCKED, fixed(b"", refusal, 1)
    yield "powershell.exe missing", BLOCKED, fixed(b"", missing, 9009)
