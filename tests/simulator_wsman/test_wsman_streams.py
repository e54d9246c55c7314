"""Streams: large input and output, envelopes that fit, split characters, lost replies."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest
import requests.exceptions
from hypothesis import given
from hypothesis import strategies as st

from partner_simulator.ports import Output
from partner_simulator.wsman import Fault, Reset, Rewrite, Step, Tally, Truncate, When
from partner_simulator.wsman.commands import Command
from partner_simulator.wsman.soap_faults import SoapFault
from support.wsman.bench import HOST, SHELL, USER, Bench, Transport, envelope
from support.wsman.echo_engine import Chunk, chunks

THREE_MEGABYTES = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(98_304))


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_three_megabytes_in_and_out(bench: Bench, transport: Transport) -> None:
    """Nothing is lost or reordered, and no reply is larger than the client's MaxEnvelopeSize."""
    sizes: list[int] = []

    def measure(reply: bytes) -> bytes:
        sizes.append(len(reply))
        return reply

    bench.server.faults.add(Fault(Step.RECEIVE, Rewrite(measure), times=None))
    stdout, stderr, code = bench.run("cat", THREE_MEGABYTES, bench.protocol(transport))
    assert (stdout == THREE_MEGABYTES, stderr, code) == (True, b"", 0)
    assert max(sizes) <= 153_600
    assert len(sizes) > 20
    counters = bench.server.counters
    assert counters.count(Tally.STDIN_BYTES, HOST, USER) == len(THREE_MEGABYTES)
    assert counters.count(Tally.OUTPUT_BYTES, HOST, USER) == len(THREE_MEGABYTES)


def test_sealed_three_megabytes(bench: Bench) -> None:
    """The same inside message encryption, where every reply is sealed in order."""
    client = bench.protocol(plain=True)
    assert bench.run("cat", THREE_MEGABYTES, client)[0] == THREE_MEGABYTES


def test_smaller_envelopes_when_the_client_wants_them(bench: Bench) -> None:
    """MaxEnvelopeSize is the client's, message by message."""
    session = bench.session()
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "flood", ["50000"])
    received = 0
    state = b""
    while b"Done" not in state:
        reply = session.post(
            bench.server.url,
            data=envelope(
                SHELL + "/Receive",
                f'<R:Receive><R:DesiredStream CommandId="{command}">stdout stderr'
                "</R:DesiredStream></R:Receive>",
                shell_id=shell,
                headers="<W:MaxEnvelopeSize>10000</W:MaxEnvelopeSize>",
            ),
        )
        assert len(reply.content) <= 10_000
        state = reply.content.split(b"CommandState/")[1]
        received += sum(
            len(text) for text in re.findall(rb'">([\w+/=]+)</rsp:Stream>', reply.content)
        )
    assert received >= 50_000 * 4 // 3
    client.close_shell(shell)


def test_character_split_between_receives(bench: Bench) -> None:
    """A UTF-8 sequence may be cut anywhere; the bytes join up again."""
    text = "Grüße \u20ac \U0001f600".encode()
    parts = [Chunk(stdout=bytes([byte]), after_seconds=0.01) for byte in text]
    bench.engine.respond("drops", chunks(*parts), needs_input=False)
    stdout, _, code = bench.run("drops")
    assert (stdout.decode(), code) == ("Grüße \u20ac \U0001f600", 0)
    assert len(bench.server.counters.requests(step=Step.RECEIVE)) > 3


def test_output_appears_while_the_command_runs(bench: Bench) -> None:
    """A Receive returns with what there is; Running first, Done at the end."""
    bench.engine.respond(
        "slow",
        chunks(Chunk(b"one"), Chunk(b"two", b"err", after_seconds=0.5), exit_code=3),
        needs_input=False,
    )
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "slow")
    assert client.get_command_output_raw(shell, command) == (b"one", b"", -1, False)
    assert client.get_command_output(shell, command) == (b"two", b"err", 3)
    client.close_shell(shell)


@pytest.mark.parametrize("action", [Reset(), Truncate()])
@pytest.mark.parametrize("redelivered", [True, False])
def test_output_of_a_lost_reply(bench: Bench, action: Reset | Truncate, redelivered: bool) -> None:
    """Whether the next Receive repeats what was lost is a switch; by default it does."""
    bench.server.settings = replace(bench.server.settings, redeliver_lost_output=redelivered)
    bench.server.faults.add(Fault(Step.RECEIVE, action, when=When.AFTER))
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "echo", ["precious"])
    with pytest.raises(requests.exceptions.RequestException):
        client.get_command_output_raw(shell, command)
    stdout, _, code, done = client.get_command_output_raw(shell, command)
    assert (code, done) == (0, True)
    assert stdout == (b"precious\r\n" if redelivered else b"")
    client.close_shell(shell)


class _Script:
    """A RunningCommand that plays outputs one read at a time."""

    def __init__(self, outputs: list[Output]) -> None:
        self._outputs = outputs

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        raise BrokenPipeError

    def read(self, timeout_seconds: float) -> Output:
        return self._outputs.pop(0)

    def terminate(self) -> None:
        self._outputs.clear()


@given(
    st.lists(st.tuples(st.binary(max_size=400), st.binary(max_size=400)), max_size=8),
    st.integers(1, 500),
    st.integers(-1, 0xFFFFFFFF),
)
def test_any_output_survives_any_limit(
    parts: list[tuple[bytes, bytes]], limit: int, code: int
) -> None:
    """Pieces join to the original, each Receive keeps its limit, and Done comes last and once."""
    outputs = [Output(out, err, None) for out, err in parts] + [Output(b"", b"", code)]
    command = Command("ID", _Script(outputs), "")
    joined = {"stdout": b"", "stderr": b""}
    exit_code = None
    while exit_code is None:
        batch = command.receive(limit, 5)
        assert sum(len(piece.data) for piece in batch.pieces) <= limit
        command.give_back(batch)
        assert command.receive(limit, 5) == batch
        for piece in batch.pieces:
            joined[piece.stream] += piece.data
        exit_code = batch.exit_code
    assert exit_code == code
    assert joined["stdout"] == b"".join(out for out, _ in parts)
    assert joined["stderr"] == b"".join(err for _, err in parts)


def test_input_for_a_process_that_is_gone() -> None:
    """A broken pipe is a fault, not a crash of the service."""
    with pytest.raises(SoapFault) as caught:
        Command("ID", _Script([]), "").send(b"x", end=False)
    assert caught.value.code == 232
