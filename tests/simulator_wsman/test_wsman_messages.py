"""Reading and writing messages, without any wire: durations, sealed parts, tokens, document types."""

from __future__ import annotations

import pytest

from partner_simulator.wsman.envelope import (
    MalformedMessageError,
    Request,
    parse_duration,
    parse_request,
    response,
)
from partner_simulator.wsman.ntlm_message import find_authenticate
from partner_simulator.wsman.sealing import SealingError, protocol_of, unseal
from partner_simulator.wsman.soap_faults import SoapFault
from support.wsman.bench import BOMB, envelope


def test_document_types_are_refused_in_any_encoding() -> None:
    """A UTF-16 document cannot smuggle a DTD past the parser."""
    for data in (BOMB, BOMB.decode().encode("utf-16")):
        with pytest.raises(MalformedMessageError, match="document type"):
            parse_request(data)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT20S", 20), ("PT1.5S", 1.5), ("P1DT1H1M1S", 90_061), ("PT2H", 7200), ("P0DT0H0M0S", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    """Go, Ruby and Windows spellings."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "20", "P", "PT", "PT20", "P1Y", "-PT1S", "PTS"])
def test_no_durations(text: str) -> None:
    """Anything else is an invalid header, as pywinrm's plain integers are."""
    with pytest.raises(SoapFault):
        parse_duration(text)


def test_relates_to_is_verbatim() -> None:
    """Clients compare strings, whatever they used as message id."""
    request: Request = parse_request(envelope("urn:x", message_id="a&amp;&lt;B"))
    assert b"<a:RelatesTo>uuid:a&amp;&lt;B</a:RelatesTo>" in response(request, "")


def test_garbage_is_no_sealed_message() -> None:
    """Unsealing refuses bodies of another form before it asks the security context."""
    parts = b"--Encrypted Boundary\r\nLength=5\r\n--Encrypted Boundary\r\n"
    for body in (
        b"",
        b"x",
        parts,
        parts + b"Content-Type: application/octet-stream\r\n--Encrypted Boundary--\r\n",
    ):
        with pytest.raises(SealingError):
            unseal(None, body)  # type: ignore[arg-type]
    assert protocol_of("multipart/encrypted").endswith("SPNEGO-session-encrypted")


def test_ntlm_fields_of_short_or_other_tokens() -> None:
    """Whatever a client sends as a token, looking at it does no harm."""
    for token in (b"", b"NTLMSSP\0\x03\0\0\0", b"NTLMSSP\0\x01\0\0\0" + b"\0" * 80):
        assert find_authenticate(token) is None
    blank = find_authenticate(b"NTLMSSP\0\x03\0\0\0" + b"\0" * 80)
    assert blank is not None
    assert (blank.domain, blank.user, blank.has_bindings) == ("", "", False)
