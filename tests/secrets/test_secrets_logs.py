"""What the operator's own log set-up lets through at its most verbose, with real logons under it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from partner_operator.logs import QUIET, LogFormat, configure
from partner_operator.winrm import Authentication, run
from partner_simulator.certificates import CertificateAuthority
from support.secrets.search import found
from support.winrm.frames import success
from support.winrm.host import PASSWORD, host_of

TALKERS = ("spnego._ntlm", "spnego._credssp", "winrm.protocol", "requests_ntlm", "urllib3.x")


@pytest.fixture
def untouched() -> Iterator[None]:
    """Logging as it was, after `configure` of a test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(params=LogFormat)
def log(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, untouched: None
) -> io.StringIO:
    """What the operator logs with `--log-level debug`, and everything else turned up by somebody."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure(request.param, logging.DEBUG)
    for name in (*QUIET, *TALKERS):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return stream


@pytest.mark.parametrize("authentication", ["ntlm", "credssp"])
def test_a_logon_leaves_no_message_of_its_protocol_in_the_log(
    log: io.StringIO, authentication: Authentication
) -> None:
    """pyspnego logs whole NTLM messages at DEBUG: guessing the password of one takes no network."""
    with host_of(CertificateAuthority("LOG-TEST-CA")) as host:
        host.prints(success({"a": "b"}))
        run(host.endpoint(authentication), host.request)
    text = log.getvalue()
    assert "observe on localhost took" in text
    assert "TlRMTVNTUA" not in text  # base64 of NTLMSSP
    assert "step output" not in text
    assert not found(text, (PASSWORD,))


def test_without_our_set_up_those_messages_are_there(
    untouched: None, caplog: pytest.LogCaptureFixture
) -> None:
    """So the test above looks for what really exists."""
    caplog.set_level(logging.DEBUG, "spnego")
    with host_of(CertificateAuthority("LOG-TEST-CA")) as host:
        host.prints(success({"a": "b"}))
        run(host.endpoint(), host.request)
    assert "TlRMTVNTUA" in caplog.text


@pytest.mark.parametrize("name", TALKERS)
def test_warnings_of_libraries_are_heard(log: io.StringIO, name: str) -> None:
    """Only what is below is held back."""
    logging.getLogger(name).info("too much")
    logging.getLogger(name).warning("look here")
    assert "look here" in log.getvalue()
    assert "too much" not in log.getvalue()


def test_a_name_that_only_begins_alike_is_not_held_back(log: io.StringIO) -> None:
    """winrmfriend is not winrm."""
    logging.getLogger("winrmfriend").debug("me")
    assert "me" in log.getvalue()


def test_each_line_of_json_is_one_document(
    monkeypatch: pytest.MonkeyPatch, untouched: None
) -> None:
    """Also with a traceback and line breaks in it."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure(LogFormat.JSON, logging.INFO)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("x").exception("it\nbroke")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["level"], told["message"]) == ("error", r"it\nbroke")
    assert "two\n  lines" in told["traceback"]


def test_what_kopf_tries_for_ever_is_told_at_the_first_time(log: io.StringIO) -> None:
    logger = logging.getLogger("kopf._cogs.clients.watching")
    for attempt in ("#1", "#2", "#11", "#1/5", "#2/5"):
        logger.error("Request attempt %s failed; will retry: GET x", attempt)
    logger.error("Request attempt #5/5 failed; escalating: GET x")
    told = [
        attempt
        for attempt in ("#1 ", "#2 ", "#11 ", "#1/5", "#2/5", "#5/5")
        if attempt in log.getvalue()
    ]
    assert told == ["#1 ", "#1/5", "#5/5"]
