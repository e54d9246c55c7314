"""Standard error in all the shapes of P-WIN-2."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.winrm import clixml

OPEN = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
ERROR = f'{OPEN}<S S="Error">boom_x000D__x000A_</S></Objs>'.encode()
PROGRESS = (
    f'{OPEN}<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Object</T></TN><MS><I64 N="SourceId">1</I64>'
    '<PR N="Record"><AV>Preparing modules for first use.</AV><AI>0</AI></PR></MS></Obj></Objs>'
).encode()
HEADER = b"#< CLIXML\r\n"


@pytest.mark.parametrize(
    ("stderr", "errors", "native"),
    [
        (b"", [], ""),
        (HEADER + ERROR, ["boom\r\n"], ""),
        (b"#< CLIXML\n" + ERROR, ["boom\r\n"], ""),
        (b"\xef\xbb\xbf" + HEADER + ERROR, ["boom\r\n"], ""),
        (HEADER + HEADER + ERROR, ["boom\r\n"], ""),
        (HEADER + PROGRESS, [], ""),
        (HEADER + PROGRESS + HEADER + ERROR, ["boom\r\n"], ""),
        (HEADER + ERROR + ERROR, ["boom\r\n", "boom\r\n"], ""),
        (b"native before\r\n" + HEADER + ERROR, ["boom\r\n"], "native before"),
        (HEADER + b"native between\r\n" + ERROR, ["boom\r\n"], "native between"),
        (HEADER + ERROR + b"\r\nnative after", ["boom\r\n"], "native after"),
        (b"The command line is too long.\r\n", [], "The command line is too long."),
        ("Größe".encode("cp437"), [], "Größe"),
        ("Größe".encode(), [], "Größe"),
        (HEADER + ERROR[:40], [], ERROR[:40].decode()),
        (HEADER + b"<Objs><broken></Objs>", [], "<Objs><broken></Objs>"),
        (HEADER + ERROR[:40] + HEADER + ERROR, ["boom\r\n"], ERROR[:40].decode()),
        (HEADER + PROGRESS + PROGRESS, [], ""),
        (HEADER + PROGRESS + b"native\r\n" + HEADER + ERROR, ["boom\r\n"], "native"),
        (b"one " + HEADER + ERROR + b"two" + HEADER + ERROR, ["boom\r\n"] * 2, "one two"),
        (HEADER + b"\xef\xbb\xbf" + ERROR, ["boom\r\n"], ""),
        (b"\xef\xbb\xbf" + HEADER + b"\xef\xbb\xbf" + HEADER + ERROR, ["boom\r\n"], ""),
        (HEADER + ERROR + "Größe".encode("cp437"), ["boom\r\n"], "Größe"),
        (HEADER + ERROR.replace(b"boom", b"gr\x94\xe1e"), [], None),
        (HEADER + ERROR.replace(b"boom", "größe \u8a31".encode()), ["größe \u8a31\r\n"], ""),
        (HEADER + ERROR.replace(b"><S", b">\r\n  <S"), ["boom\r\n"], ""),
        (HEADER + ERROR + b"</Objs>", ["boom\r\n"], "</Objs>"),
        (b"</Objs>" + HEADER + ERROR, ["boom\r\n"], "</Objs>"),
    ],
)
def test_errors_and_native_text_are_told_apart(
    stderr: bytes, errors: list[str], native: str | None
) -> None:
    """None: whatever it is, nothing is lost."""
    streams = clixml.parse(stderr)
    assert streams.error == errors
    assert streams.native == native if native is not None else "gr" in streams.native


def test_each_stream_has_its_own_list() -> None:
    body = "".join(
        f'<S S="{name}">{name} text</S>'
        for name in ("Error", "warning", "verbose", "debug", "information")
    )
    streams = clixml.parse(HEADER + f"{OPEN}{body}</Objs>".encode())
    assert streams.error == ["Error text"]
    assert streams.warning == ["warning text"]
    assert streams.verbose == ["verbose text"]
    assert streams.text == "Error text"
    assert streams.native == ""


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("a_x005F_b", "a_b"),
        ("_x001B_[31;1m", "\x1b[31;1m"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_xD83D_", "\ufffd"),
        ("_x005F_x000A_", "_x000A_"),
        ("_x12_", "_x12_"),
    ],
)
def test_escapes_are_utf16_code_units(escaped: str, text: str) -> None:
    stderr = HEADER + f'{OPEN}<S S="Error">{escaped}</S></Objs>'.encode()
    assert clixml.parse(stderr).error == [text]


def test_an_entity_bomb_is_text_and_costs_nothing() -> None:
    bomb = b'<!DOCTYPE Objs [<!ENTITY a "aaaa">]><Objs xmlns="x"><S S="Error">&a;</S></Objs>'
    assert clixml.parse(HEADER + bomb).error == []


def test_a_document_too_large_to_take_apart_is_text() -> None:
    """Elements would need a hundred times the memory of their text."""
    flood = f"{OPEN}{'<a/>' * 2_000_000}</Objs>".encode()
    tracemalloc.start()
    try:
        streams = clixml.parse(HEADER + flood + HEADER + ERROR)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert streams.error == ["boom\r\n"]
    assert streams.native == flood.decode()
    assert peak < 20 * len(flood)


SMILE = "\U0001f600"


@given(
    st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from(["_", "x", SMILE]), max_size=40
    )
)
def test_any_text_survives_powershells_escapes(text: str) -> None:
    """Written as PowerShell writes it: what XML does not take, and what looks like an escape, as `_xHHHH_`."""
    escaped = "".join(escape(unit) for unit in text.replace("_x", "_x005F_x"))
    stderr = HEADER + f'{OPEN}<S S="Error">{escaped}</S></Objs>'.encode()
    assert clixml.parse(stderr).error == [text]


def escape(unit: str) -> str:
    """One character: markup as entities, controls and what lies beyond the first plane as code units."""
    if unit in "&<>":
        return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[unit]
    if unit >= " " and unit <= "\ud7ff":
        return unit
    raw = unit.encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{raw[at : at + 2].hex().upper()}_" for at in range(0, len(raw), 2))


@pytest.mark.parametrize(
    "flood",
    [
        b"<Objs " * 2_000_000,
        b"<Objs>" * 2_000_000 + b"</Objs>" * 2_000_000,
        b"</Objs>" * 2_000_000,
        HEADER * 1_000_000,
        OPEN.encode() + b"<a>" * 120_000 + b"</a>" * 120_000 + b"</Objs>",
        OPEN.encode() + b'<S S="Error">' + b"_x0041_" * 1_000_000 + b"_x004</S></Objs>",
        b"\x94" * 12_000_000,
    ],
    ids=["beginnings", "nested", "ends", "headers", "deep", "escapes", "cp437"],
)
def test_floods_are_done_with_at_once(flood: bytes) -> None:
    """A host may send 16 MB; time grows with length only."""
    started = time.monotonic()
    clixml.parse(flood)
    assert time.monotonic() - started < 60


@given(st.binary(max_size=200))
def test_nothing_makes_it_raise(stderr: bytes) -> None:
    clixml.parse(stderr + HEADER + stderr + ERROR + stderr)
