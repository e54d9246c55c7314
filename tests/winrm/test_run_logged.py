"""A remote run is one line of the log: what, where, how long, and what came of it."""

from __future__ import annotations

import contextlib
import logging

import pytest

from partner_operator.winrm import RemoteRunError, run
from partner_simulator.certificates import CertificateAuthority
from support.winrm.frames import failure, success
from support.winrm.host import host_of

LOGGER = "partner_operator.winrm.run"
RECORD = {"id": "x", "type": "T", "inner": "T", "category": "C", "messages": ["m"], "position": ""}


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [
        (success({"a": "b"}), "Succeeded"),
        (b"PO1!" + failure("Script", **RECORD), "ScriptError"),
        (b"<html>", "ProtocolViolation"),
    ],
)
def test_a_failure_is_a_warning_and_is_told_once(
    printed: bytes, outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    with host_of(CertificateAuthority("LOG-TEST-CA")) as host:
        host.prints(printed)
        with contextlib.suppress(RemoteRunError):
            run(host.endpoint(), host.asked(about="trust/exchange"))
    (line,) = (record for record in caplog.records if record.name == LOGGER)
    fields = line.__dict__
    assert line.levelname == ("INFO" if outcome == "Succeeded" else "WARNING")
    assert (fields["object"], fields["host"]) == ("trust/exchange", "localhost")
    assert (fields["operation"], fields["outcome"]) == ("observe", outcome)
    assert 0 <= fields["seconds"] < 60


def test_a_host_that_does_not_answer_is_a_warning_with_the_step(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with host_of(CertificateAuthority("LOG-TEST-CA")) as host:
        closed = host.endpoint(port=1)
        with pytest.raises(RemoteRunError):
            run(closed, host.request)
    (line,) = (record for record in caplog.records if record.name == LOGGER)
    assert (line.levelname, line.__dict__["outcome"]) == ("WARNING", "Unreachable")
    assert "failed in" in line.getMessage()
