"""Standard error as PowerShell writes it, in every shape that was seen in the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.winrm import clixml

NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04"
HEADER = b"#< CLIXML\r\n"


def objects(*lines: tuple[str, str]) -> bytes:
    """One CLIXML document with these (stream, text) lines."""
    body = "".join(f'<S S="{stream}">{text}</S>' for stream, text in lines)
    return f'<Objs Version="1.1.0.1" xmlns="{NAMESPACE}">{body}</Objs>'.encode()


PROGRESS = (
    f'<Objs Version="1.1.0.1" xmlns="{NAMESPACE}"><Obj S="progress" RefId="0"><TN RefId="0">'
    '<T>System.Management.Automation.PSCustomObject</T></TN><MS><I64 N="SourceId">1</I64>'
    '<PR N="Record"><AV>Preparing modules for first use.</AV></PR></MS></Obj></Objs>'
).encode()


@pytest.mark.parametrize(
    ("stderr", "error", "native"),
    [
        pytest.param(b"", "", "", id="nothing"),
        pytest.param(HEADER + objects(("Error", "bad")), "bad", "", id="one document"),
        pytest.param(b"#< CLIXML\n" + objects(("Error", "bad")), "bad", "", id="LF"),
        pytest.param(
            b"\xef\xbb\xbf" + HEADER + objects(("Error", "bad")), "bad", "", id="byte order mark"
        ),
        pytest.param(HEADER + HEADER + objects(("Error", "bad")), "bad", "", id="two headers"),
        pytest.param(
            HEADER + objects(("Error", "a")) + objects(("Error", "b")), "ab", "", id="two documents"
        ),
        pytest.param(
            HEADER + objects(("Error", "a")) + b"\r\n" + HEADER + objects(("Error", "b")),
            "ab",
            "",
            id="two documents with headers",
        ),
        pytest.param(HEADER + PROGRESS, "", "", id="progress only"),
        pytest.param(
            b"iisreset: denied\r\n" + HEADER + objects(("Error", "bad")),
            "bad",
            "iisreset: denied",
            id="native text before",
        ),
        pytest.param(
            HEADER + objects(("Error", "bad")) + b"late words", "bad", "late words", id="after"
        ),
        pytest.param(
            HEADER + objects(("Error", "a_x000D__x000A_b")), "a\r\nb", "", id="escaped line end"
        ),
        pytest.param(HEADER + objects(("Error", "_x005F_x000A_")), "_x000A_", "", id="escaped _"),
        pytest.param(
            HEADER + objects(("Error", "_xD83D__xDE00_")), "\U0001f600", "", id="surrogate pair"
        ),
        pytest.param(
            HEADER + objects(("Error", "_xD83D_!")), "\ufffd!", "", id="half a surrogate pair"
        ),
        pytest.param(b"d\x82fendu", "", "d\u00e9fendu", id="code page 437"),
        pytest.param("défendu".encode(), "", "d\u00e9fendu", id="UTF-8"),
        pytest.param(HEADER + b"<Objs broken</Objs>", "", "<Objs broken</Objs>", id="no XML"),
        pytest.param(
            HEADER + objects(("Error", "bad"))[:-4], "", objects(("Error", "bad"))[:-4].decode(),
            id="cut off",
        ),
    ],
)  # fmt: skip
def test_errors_and_native_text_are_told_apart(stderr: bytes, error: str, native: str) -> None:
    """Errors come out decoded, native text apart, whatever stands around the XML."""
    streams = clixml.parse(stderr)
    assert ("".join(streams.error), streams.native) == (error, native)


def test_warnings_and_verbose_lines_are_no_errors() -> None:
    """pywinrm's own cleaner shows warnings as errors; ours keeps each stream apart."""
    streams = clixml.parse(
        HEADER + objects(("warning", "careful"), ("verbose", "details"), ("debug", "x"))
    )
    assert (streams.error, streams.warning, streams.verbose) == ([], ["careful"], ["details"])
    assert streams.text == ""


def test_text_prefers_errors_and_falls_back_to_native_words() -> None:
    """What a person reads first is the error."""
    assert clixml.parse(b"plain words").text == "plain words"
    assert clixml.parse(b"plain" + HEADER + objects(("Error", "bad"))).text == "bad"


def test_a_document_type_is_not_read() -> None:
    """An entity bomb stays text: nothing with a DTD is parsed."""
    bomb = b'<!DOCTYPE Objs [<!ENTITY a "aaaa">]>' + objects(("Error", "&a;"))
    assert clixml.parse(bomb).error == []


@given(st.binary(max_size=400))
def test_no_bytes_make_the_parser_fail(raw: bytes) -> None:
    """Standard error is never a reason to fail."""
    clixml.parse(raw)
    clixml.parse(HEADER + raw + objects(("Error", "x")))


@given(st.text(max_size=60))
def test_every_text_survives_powershells_escaping(text: str) -> None:
    """Escaped as PowerShell escapes (UTF-16 units, underscores before an x), read back the same."""
    units = text.encode("utf-16-le", "surrogatepass")
    escaped = "".join(
        f"_x{int.from_bytes(units[i : i + 2], 'little'):04X}_" for i in range(0, len(units), 2)
    )
    assert "".join(clixml.parse(objects(("Error", escaped))).error) == text
