"""Fault injection: every step can fail in every way, before or after it was done."""

from __future__ import annotations

import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import requests.exceptions
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from partner_simulator.wsman import (
    Delay,
    Drip,
    Drop,
    Fault,
    FaultShape,
    HtmlPage,
    HttpStatus,
    Oversize,
    Redirect,
    Reset,
    Rewrite,
    SayRaw,
    Soap,
    Step,
    Tally,
    Truncate,
    Unauthorized,
    When,
    WrongContentType,
)
from support.wsman.bench import HOST, USER, Bench
from support.wsman.echo_engine import Chunk, chunks

HTTP_STEPS = [
    Step.AUTHENTICATE,
    Step.CREATE,
    Step.COMMAND,
    Step.SEND,
    Step.RECEIVE,
    Step.SIGNAL,
    Step.DELETE,
]
LOST = requests.exceptions.ConnectionError
STARTED_BEFORE = {Step.SEND, Step.RECEIVE, Step.SIGNAL, Step.DELETE}


def _fails(bench: Bench, error: type[Exception]) -> None:
    """One run fails with this error; the next one is untouched and whole."""
    with pytest.raises(error):
        bench.run("cat", b"data")
    bench.shells_may_remain = True
    assert bench.run("cat", b"data") == (b"data", b"", 0)


@pytest.mark.parametrize("action", [Reset(), Drop()])
@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("step", [Step.CONNECT, *HTTP_STEPS])
def test_connection_lost_at_any_step(
    bench: Bench, step: Step, when: When, action: Reset | Drop
) -> None:
    """Before: the step was never done. After: it was done, and the client cannot know."""
    armed = bench.server.faults.add(Fault(step, action, when=when))
    with pytest.raises(LOST):
        bench.run("cat", b"data")
    assert armed.struck == 1
    counters = bench.server.counters
    done = when is When.AFTER
    started = step in STARTED_BEFORE or (step is Step.COMMAND and done)
    assert len(bench.engine.started) == int(started)
    opened = started or step is Step.COMMAND or (step is Step.CREATE and done)
    assert counters.count(Tally.SHELLS_OPENED) == int(opened)
    gone = step is Step.DELETE and done
    assert len(counters.open_shells()) == int(opened and not gone)
    ended = gone or (step is Step.SIGNAL and done) or step is Step.DELETE
    assert len(counters.open_operations()) == int(started and not ended)
    bench.shells_may_remain = True
    assert bench.run("cat", b"data") == (b"data", b"", 0)


@pytest.mark.parametrize("step", HTTP_STEPS)
@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Unauthorized(challenge=False), InvalidCredentialsError),
        (HttpStatus(503, b"busy"), WinRMTransportError),
        (HttpStatus(500), WinRMTransportError),
        (HttpStatus(500, b"\xff\xfe"), UnicodeDecodeError),
        (HttpStatus(400), WinRMTransportError),
        (Soap(170), WSManFaultError),
        (Soap(2150859173, FaultShape.WMI_ERROR), WSManFaultError),
        (Redirect("https://127.0.0.1:9/wsman"), LOST),
    ],
    ids=str,
)
def test_any_answer_at_any_step(
    bench: Bench, step: Step, action: HttpStatus | Soap, error: type[Exception]
) -> None:
    """An injected answer stands in for the real one, and what it stands for was not done.

    In the middle of a handshake requests-ntlm trips over any reply without a challenge.
    """
    error = KeyError if step is Step.AUTHENTICATE else error
    armed = bench.server.faults.add(Fault(step, action))
    _fails(bench, error)
    assert armed.struck == 1


def test_soap_fault_carries_its_code_in_either_place(bench: Bench) -> None:
    """Both shapes are what pywinrm knows as WSManFault and WMI error."""
    bench.server.faults.add(Fault(Step.CREATE, Soap(2150859173)))
    bench.server.faults.add(Fault(Step.CREATE, Soap(2150859174, FaultShape.WMI_ERROR)))
    with pytest.raises(WSManFaultError) as caught:
        bench.protocol().open_shell()
    assert (caught.value.wsman_fault_code, caught.value.wmierror_code) == (2150859173, None)


def test_two_answers_at_once_take_the_first(bench: Bench) -> None:
    """Faults strike in the order in which they were added, one answer per request."""
    bench.server.faults.add(Fault(Step.CREATE, Soap(5)))
    second = bench.server.faults.add(Fault(Step.CREATE, Soap(170)))
    for code in (5, 170):
        with pytest.raises(WSManFaultError) as caught:
            bench.protocol().open_shell()
        assert caught.value.wsman_fault_code == code
    assert second.struck == 1


def test_timed_out_is_an_error_on_every_step_but_receive(bench: Bench) -> None:
    """Create answered by TimedOut escapes; a Receive is simply asked again."""
    timed_out = Soap(2150858793)
    bench.server.faults.add(Fault(Step.CREATE, timed_out))
    with pytest.raises(WinRMOperationTimeoutError):
        bench.protocol().open_shell()
    armed = bench.server.faults.add(Fault(Step.RECEIVE, timed_out, times=3))
    assert bench.run("echo hi")[0] == b"hi\r\n"
    assert armed.struck == 3


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Truncate(), requests.exceptions.ChunkedEncodingError),
        (HtmlPage(), ElementTree.ParseError),
        (Rewrite(lambda clear: clear[:-20]), ElementTree.ParseError),
        (Rewrite(lambda clear: clear.replace(b"RelatesTo", b"Unrelated")), StopIteration),
        (HttpStatus(200), ElementTree.ParseError),
    ],
    ids=["truncated", "html", "cut-xml", "no-relates-to", "empty"],
)
def test_spoilt_reply(bench: Bench, action: Truncate, error: type[Exception]) -> None:
    """The step was done, but its reply cannot be read."""
    bench.server.faults.add(Fault(Step.DELETE, action, when=When.AFTER))
    with pytest.raises(error):
        bench.run("echo hi")
    assert bench.server.counters.open_shells() == ()


def test_padding_and_wrong_type_are_harmless_to_stock_pywinrm(bench: Bench) -> None:
    """That they pass is pywinrm's weakness; the bytes on the wire are what the faults promise."""
    bench.server.faults.add(Fault(Step.CREATE, Oversize(1_000_000)))
    bench.server.faults.add(Fault(Step.CREATE, WrongContentType("text/html")))
    before = bench.server.counters.count(Tally.BYTES_OUT)
    assert bench.run("echo hi")[0] == b"hi\r\n"
    assert bench.server.counters.count(Tally.BYTES_OUT) - before > 1_000_000


def test_drip_and_delay_take_their_time(bench: Bench) -> None:
    """A dripping body defeats a timeout between bytes; a delay does not."""
    bench.server.faults.add(Fault(Step.CREATE, Drip(0.02, size=60)))
    started = time.monotonic()
    assert bench.run("echo hi")[2] == 0
    assert time.monotonic() - started > 0.3
    bench.server.faults.add(Fault(Step.DELETE, Delay(2.5)))
    client = bench.protocol(operation_timeout_sec=1, read_timeout_sec=2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        bench.run("echo hi", client=client)
    assert bench.server.wait_for_connections(0, timeout_seconds=60)


def test_plain_text_where_tls_is_expected(bench: Bench) -> None:
    """SayRaw at connect is a plaintext server on the TLS port."""
    bench.server.faults.add(Fault(Step.CONNECT, SayRaw(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    _fails(bench, requests.exceptions.SSLError)


def test_unauthorized_in_the_middle_forgets_the_logon(bench: Bench) -> None:
    """With a challenge the client may log on again, on the same connection."""
    bench.server.faults.add(Fault(Step.RECEIVE, Unauthorized()))
    assert bench.run("echo hi")[0] == b"hi\r\n"
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED) == 2
    assert bench.server.counters.count(Tally.CONNECTIONS) == 1


def test_nth_receive_of_a_command(bench: Bench) -> None:
    """`number` counts per command, so a fault hits the third Receive whatever came before."""
    parts = [Chunk(b"%d" % n, after_seconds=0.1) for n in range(5)]
    bench.engine.respond("parts", chunks(*parts), needs_input=False)
    bench.server.faults.add(Fault(Step.RECEIVE, Soap(995), number=3))
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "parts")
    client.get_command_output_raw(shell, command)
    client.get_command_output_raw(shell, command)
    with pytest.raises(WSManFaultError):
        client.get_command_output_raw(shell, command)
    client.close_shell(shell)


def test_skip_host_user_and_where_choose_the_victim(bench: Bench) -> None:
    """What does not match passes, and passing is not counted."""
    faults = bench.server.faults
    never = [
        faults.add(Fault(Step.CREATE, Reset(), host="other")),
        faults.add(Fault(Step.CREATE, Reset(), user="LITWAREINC\\other")),
        faults.add(Fault(Step.CREATE, Reset(), where=lambda occasion: occasion.host != HOST)),
    ]
    third = faults.add(Fault(Step.CREATE, Soap(5), skip=2, host=HOST, user=USER))
    assert [bench.run("exit 0")[2], bench.run("exit 0")[2]] == [0, 0]
    with pytest.raises(WSManFaultError):
        bench.run("exit 0")
    assert third.struck == 1
    assert bench.run("exit 0")[2] == 0
    assert [armed.struck for armed in never] == [0, 0, 0]


def test_disarmed_and_cleared_faults_do_nothing(bench: Bench) -> None:
    """Tests can take a fault away again."""
    armed = bench.server.faults.add(Fault(Step.CREATE, Reset(), times=None))
    armed.disarm()
    bench.server.faults.add(Fault(Step.CREATE, Reset(), times=None))
    bench.server.faults.clear()
    assert bench.run("exit 0")[2] == 0
    assert not armed.wait_struck(0)


def test_faults_that_can_never_happen_are_refused() -> None:
    """An HTTP answer at connect is a mistake in a test."""
    with pytest.raises(ValueError, match="at connect"):
        Fault(Step.CONNECT, HttpStatus(500))
    assert Fault(Step.CREATE, Truncate()).when is When.AFTER


def test_certificate_can_change_between_connections(bench: Bench) -> None:
    """A rolled or wrong TLS certificate takes effect on the next connection."""
    bench.server.use_certificate(bench.authority.issue_server(["other"], addresses=["127.0.0.9"]))
    with pytest.raises(requests.exceptions.SSLError):
        bench.run("echo hi")
    assert bench.server.wait_for_connections(0, timeout_seconds=60)
    assert bench.server.counters.count(Tally.TLS_FAILURES) == 1
    bench.server.use_certificate(bench.authority.issue_server([HOST]))
    assert bench.run("echo hi")[2] == 0


def test_quota_may_clear_at_run_time(bench: Bench) -> None:
    """Settings are read on each request."""
    quotas = replace(bench.server.settings.quotas, shells_per_user=0)
    bench.server.settings = replace(bench.server.settings, quotas=quotas)
    with pytest.raises(WSManFaultError):
        bench.run("echo hi")
    bench.server.settings = replace(
        bench.server.settings, quotas=replace(quotas, shells_per_user=1)
    )
    assert bench.run("echo hi")[2] == 0
