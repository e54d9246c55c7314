"""Standard error in all the shapes of winrm.md 3.4."""

from __future__ import annotations

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
    ],
)
def test_errors_and_native_text_are_told_apart(
    stderr: bytes, errors: list[str], native: str
) -> None:
    streams = clixml.parse(stderr)
    assert streams.error == errors
    assert streams.native == native


def test_each_stream_has_its_own_list() -> None:
    body = "".join(
        f'<S S="{name}">{name} text</S>' for name in ("Error", "warning", "verbose", "debug")
    )
    streams = clixml.parse(HEADER + f"{OPEN}{body}</Objs>".encode())
    assert streams.error == ["Error text"]
    assert streams.warning == ["warning text"]
    assert streams.verbose == ["verbose text"]
    assert streams.text == "Error text"


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


@given(st.binary(max_size=200))
def test_nothing_makes_it_raise(stderr: bytes) -> None:
    clixml.parse(stderr + HEADER + stderr + ERROR + stderr)
