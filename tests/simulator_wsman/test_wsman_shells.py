"""Shells and commands: what cmd does, quotas, owners, idle shells, ends of commands."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError
from winrm.protocol import Protocol

from partner_simulator.wsman import FaultShape, Quotas, Tally
from support.waiting import eventually
from support.wsman.bench import OTHER_USER, Bench
from support.wsman.echo_engine import fixed

UNKNOWN = 2150858843
_READ_SECONDS = 30


def _quotas(bench: Bench, **changes: Any) -> None:
    bench.server.settings = replace(
        bench.server.settings,
        quotas=replace(Quotas(), **changes),
    )


def _code(caught: pytest.ExceptionInfo[WSManFaultError]) -> int:
    return int(caught.value.wsman_fault_code or caught.value.wmierror_code or 0)


def test_exit_codes_and_streams(bench: Bench) -> None:
    """Both streams and the code arrive as the command gave them."""
    assert bench.run("exit 7") == (b"", b"", 7)
    assert bench.run("stderr oops") == (b"", b"oops\r\n", 1)
    stdout, stderr, code = bench.run("nosuch.exe /x")
    assert (stdout, code) == (b"", 9009)
    assert b"'nosuch.exe' is not recognized" in stderr


def test_line_that_cmd_cannot_take(bench: Bench) -> None:
    """8191 characters pass, 8192 are refused by cmd without starting anything."""
    assert bench.run("echo " + "x" * (8191 - 5))[2] == 0
    refused = bench.run("echo " + "x" * (8192 - 5))
    assert refused == (b"", b"The command line is too long.\r\n", 1)
    assert len(bench.engine.started) == 1


@pytest.mark.parametrize("shape", list(FaultShape))
def test_shell_quota_in_both_shapes(bench: Bench, shape: FaultShape) -> None:
    """One shell more than allowed is refused; another user still gets one."""
    _quotas(bench, shells_per_user=2, fault_shape=shape)
    client = bench.protocol()
    shells = [client.open_shell(), client.open_shell()]
    with pytest.raises(WSManFaultError) as caught:
        client.open_shell()
    assert _code(caught) == 2150859173
    assert bool(caught.value.wmierror_code) is (shape is FaultShape.WMI_ERROR)
    other = bench.protocol(user=OTHER_USER, password="other")
    other.close_shell(other.open_shell())
    for shell in shells:
        client.close_shell(shell, close_session=False)
    client.close_shell(client.open_shell())


def test_operation_and_command_quotas(bench: Bench) -> None:
    """Commands that were not terminated use operations up, until their shell goes."""
    _quotas(bench, operations_per_user=2, commands_per_shell=1)
    client = bench.protocol()
    first, second, third = (client.open_shell() for _ in range(3))
    client.run_command(first, "echo")
    with pytest.raises(WSManFaultError) as caught:
        client.run_command(first, "echo")
    assert _code(caught) == 2150859241
    client.run_command(second, "echo")
    with pytest.raises(WSManFaultError) as caught:
        client.run_command(third, "echo")
    assert _code(caught) == 2150859174
    assert len(bench.server.counters.open_operations()) == 2
    client.close_shell(first, close_session=False)
    client.run_command(third, "echo")
    client.close_shell(second, close_session=False)
    client.close_shell(third)


def test_number_of_users_is_limited(bench: Bench) -> None:
    """MaxConcurrentUsers counts users with shells."""
    _quotas(bench, concurrent_users=1)
    client = bench.protocol()
    shell = client.open_shell()
    with pytest.raises(WSManFaultError) as caught:
        bench.protocol(user=OTHER_USER, password="other").open_shell()
    assert _code(caught) == 2150859179
    client.close_shell(shell)


def test_shell_of_another_user_does_not_exist(bench: Bench) -> None:
    """Other users' shells cannot be told from shells that never were."""
    client = bench.protocol()
    shell = client.open_shell()
    other = bench.protocol(user=OTHER_USER, password="other")
    with pytest.raises(WSManFaultError) as caught:
        other.run_command(shell, "echo hi")
    assert _code(caught) == UNKNOWN
    assert bench.engine.started == []
    client.close_shell(shell)


def test_idle_shell_is_reaped_with_its_command(bench: Bench) -> None:
    """A client that vanished leaves a shell only until IdleTimeOut."""
    bench.server.settings = replace(bench.server.settings, receive_counts_as_activity=False)
    client = bench.protocol()
    shell = client.open_shell(idle_timeout="PT1S")
    client.run_command(shell, "cat")
    eventually(lambda: bench.server.counters.open_shells() == ())
    assert bench.engine.started[0][2].terminated
    assert bench.server.counters.count(Tally.SHELLS_REAPED) == 1
    assert bench.server.counters.open_operations() == ()
    with pytest.raises(WSManFaultError) as caught:
        client.close_shell(shell)
    assert _code(caught) == UNKNOWN


@pytest.mark.parametrize("counts", [True, False])
def test_pending_receive_as_activity_is_a_switch(bench: Bench, counts: bool) -> None:
    """Whether a waiting client keeps its shell alive is unknown, so both worlds exist."""
    bench.server.settings = replace(bench.server.settings, receive_counts_as_activity=counts)
    client = bench.protocol()
    shell = client.open_shell(idle_timeout="PT1S")
    command = client.run_command(shell, "sleep", ["2.5"])
    if counts:
        assert client.get_command_output(shell, command)[2] == 0
        client.close_shell(shell)
        return
    with pytest.raises(WSManFaultError) as caught:
        client.get_command_output(shell, command)
    assert _code(caught) in (UNKNOWN, 995)


def test_silence_is_answered_by_timed_out(bench: Bench) -> None:
    """The client's OperationTimeout counts, but no more than the service's maximum."""
    client = bench.protocol(operation_timeout_sec=1, read_timeout_sec=_READ_SECONDS)
    shell = client.open_shell()
    command = client.run_command(shell, "cat")
    started = time.monotonic()
    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)
    assert time.monotonic() - started > 0.9
    client.close_shell(shell)
    # Longer than the client reads: it would give up by itself if its own time-out counted.
    _quotas(bench, max_operation_timeout_seconds=0.2)
    patient = bench.protocol(operation_timeout_sec=50, read_timeout_sec=60)
    patient.transport.read_timeout_sec = _READ_SECONDS
    shell = patient.open_shell()
    command = patient.run_command(shell, "cat")
    with pytest.raises(WinRMOperationTimeoutError):
        patient.get_command_output_raw(shell, command)
    patient.close_shell(shell)


def test_after_terminate_a_command_does_not_exist(bench: Bench) -> None:
    """Terminate is the client's acknowledgement; done once more it is an unknown command."""
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "cat")
    client.cleanup_command(shell, command)
    assert bench.engine.started[0][2].terminated
    for again in (client.cleanup_command, client.get_command_output_raw):
        with pytest.raises(WSManFaultError) as caught:
            again(shell, command)
        assert _code(caught) == UNKNOWN
    client.close_shell(shell)


def test_done_may_be_asked_for_again_before_terminate(bench: Bench) -> None:
    """A repeated Receive after Done gives Done and no second output."""
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "echo", ["hi"])
    assert client.get_command_output_raw(shell, command) == (b"hi\r\n", b"", 0, True)
    assert client.get_command_output_raw(shell, command) == (b"", b"", 0, True)
    client.close_shell(shell)


def test_input_after_its_end_is_refused(bench: Bench) -> None:
    """Data cannot be appended twice by accident once End was sent."""
    client = bench.protocol()
    shell = client.open_shell()
    command = client.run_command(shell, "cat")
    client.send_command_input(shell, command, b"once", end=True)
    with pytest.raises(WSManFaultError) as caught:
        client.send_command_input(shell, command, b"twice", end=True)
    assert _code(caught) == 87
    assert client.get_command_output(shell, command)[0] == b"once"
    client.close_shell(shell)


def test_delete_kills_what_runs(bench: Bench) -> None:
    """Delete ends all commands of the shell."""
    client = bench.protocol()
    shell = client.open_shell()
    for _ in range(3):
        client.run_command(shell, "cat")
    client.close_shell(shell)
    assert [command.terminated for _, _, command in bench.engine.started] == [True] * 3


def test_terminate_aborts_a_waiting_receive(bench: Bench) -> None:
    """The Receive on one connection ends with 995 when another connection terminates."""
    waiting, killing = (
        bench.protocol(operation_timeout_sec=20, read_timeout_sec=30),
        bench.protocol(),
    )
    shell = waiting.open_shell()
    command = waiting.run_command(shell, "cat")
    codes: list[int] = []

    def wait() -> None:
        try:
            waiting.get_command_output_raw(shell, command)
        except WSManFaultError as error:
            codes.append(int(error.wsman_fault_code or 0))

    thread = threading.Thread(target=wait)
    thread.start()
    eventually(lambda: bench.engine.started[0][2].reads > 0)
    killing.cleanup_command(shell, command)
    thread.join(60)
    assert codes == [995]
    killing.close_shell(shell)


def test_many_clients_at_once(bench: Bench) -> None:
    """Eight clients with a connection each do not mix up their output."""
    clients: list[Protocol] = [bench.protocol() for _ in range(8)]
    results: dict[int, list[bytes]] = {}

    def work(number: int) -> None:
        results[number] = [
            bench.run("cat", b"%d-%d" % (number, turn), clients[number])[0] for turn in range(3)
        ]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {n: [b"%d-%d" % (n, turn) for turn in range(3)] for n in range(8)}
    assert bench.server.counters.count(Tally.COMMANDS_STARTED) == 24


def test_host_that_goes_down_and_comes_back(bench: Bench) -> None:
    """Stop ends shells and commands; start listens on the same port with no memory of them."""
    bench.engine.respond("hang", fixed(exit_code=None), needs_input=False)
    client = bench.protocol()
    shell = client.open_shell()
    client.run_command(shell, "hang")
    port = bench.server.port
    bench.server.stop()
    assert bench.engine.started[0][2].terminated
    assert bench.server.counters.open_shells() == ()
    bench.server.start()
    assert bench.server.port == port
    assert bench.run("echo back")[0] == b"back\r\n"
