"""Ansible's winrm connection plug-in, driven by ansible-playbook, with a real PowerShell at the other end.

How far it goes. `raw` and `script` do all that they do on Windows: they bootstrap, copy the script by standard input,
run it and clean up. `win_ping` of the collection ansible.windows (taken from the PyPI package `ansible`) goes the
whole way too: the wrapper of some 200 kB comes by standard input, C# is compiled, and the module answers. `win_shell`
goes the same way until its last step, starting a Windows process with Win32's CreateProcess: the PowerShell here runs
on Linux, where there is none, so the module itself reports a failure. That failure is asserted below,
so that the day on which it goes farther is noticed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import Quotas, Step, Tally, WsmanSettings
from support.clients.ansible import TaskEnd, host, play
from support.clients.powershell import HOST as EXCHANGE_HOST
from support.clients.powershell import Exchange
from support.wsman.bench import HOST, PASSWORD, USER, Bench
from support.wsman.echo_engine import Chunk, chunks


def on(
    bench: Bench, tasks: list[dict[str, Any]], *, password: str = PASSWORD, **changed: Any
) -> list[TaskEnd]:
    """Run tasks against a bench."""
    made = host(bench.server, USER, password, bench.ca_file, **changed)
    return play(made, tasks, bench.ca_file.parent)


def inside(exchange: Exchange, tasks: list[dict[str, Any]], **changed: Any) -> list[TaskEnd]:
    """Run tasks against the Exchange server whose PowerShell is real."""
    made = host(exchange.server, exchange.user, exchange.password, exchange.ca_file, **changed)
    return play(made, tasks, exchange.ca_file.parent)


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
@pytest.mark.parametrize("https", [True, False])
def test_raw_over_every_transport(bench: Bench, transport: str, https: bool) -> None:
    """Over http the messages are sealed; both streams and the exit code come back."""
    answer = chunks(Chunk("größer\r\n".encode()), Chunk(stderr=b"warned\r\n"), exit_code=7)
    bench.engine.respond("PowerShell", answer, needs_input=False)
    [raw] = on(bench, [{"raw": "anything"}], https=https, ansible_winrm_transport=transport)
    assert (raw.how, raw.line) == ("failed", (7, "größer\r\n", "warned\r\n"))
    counters = bench.server.counters
    assert counters.count(Tally.SHELLS_OPENED, HOST, USER) == 1
    assert counters.count(Tally.LOGONS_REJECTED) == 0
    [(session, line, _)] = bench.engine.started
    kind = LogonKind.CREDSSP if transport == "credssp" else LogonKind.NETWORK
    assert (session.logon.kind, session.codepage) == (kind, 65001)
    assert line.startswith("PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted")
    operations = [record for record in counters.requests() if record.step is not Step.AUTHENTICATE]
    assert {record.sealed for record in operations} == {not https}


@pytest.mark.parametrize("https", [True, False])
def test_raw_and_script_run_in_a_real_powershell(
    exchange: Exchange, tmp_path: Path, https: bool
) -> None:
    """`script` copies its file by standard input, in an envelope of its own, before it runs it."""
    script = tmp_path / "hello.ps1"
    script.write_text(
        f"# {'x' * 300_000}\n"
        '"hello $($args[0]) from $env:COMPUTERNAME"\n[Console]::Error.WriteLine("warned")\nexit 3\n'
    )
    tasks = [{"raw": "(6*7), 'Größe 漢字'"}, {"raw": "exit 5"}, {"script": f"{script} world"}]
    numbers, ended, scripted = inside(exchange, tasks, https=https)
    assert numbers.line == (0, "42\r\nGröße 漢字\r\n", "")
    assert ended.line == (5, "", "")
    short = EXCHANGE_HOST.partition(".")[0].upper()
    assert scripted.line == (3, f"hello world from {short}\r\n", "warned\r\n")
    counters = exchange.server.counters
    assert counters.count(Tally.STDIN_BYTES) > script.stat().st_size
    assert len(counters.requests(EXCHANGE_HOST, Step.SEND)) >= 3


def test_modules_of_ansible_windows_go_as_far_as_there_is_a_windows(exchange: Exchange) -> None:
    """win_ping all the way; win_shell until it asks Win32 for a process: see the top of this file."""
    tasks: list[dict[str, Any]] = [
        {"ansible.windows.win_ping": {"data": "Grüße"}},
        {"ansible.windows.win_shell": "Write-Output hi"},
    ]
    ping, shell = inside(exchange, tasks)
    assert (ping.how, ping.told["ping"]) == ("ok", "Grüße")
    assert (shell.how, shell.told["rc"]) == ("failed", 2)
    assert shell.told["msg"].startswith('Exception calling "ParseCommandLine"')
    counters = exchange.server.counters
    assert counters.count(Tally.STDIN_BYTES) > 250_000  # the wrapper comes along each time
    assert counters.count(Tally.COMMANDS_STARTED) == 2


def test_a_wait_longer_than_the_operation_timeout_is_waited_for(bench: Bench) -> None:
    """The fault TimedOut on Receive means "ask again"; the command is not run again."""
    late = chunks(Chunk(b"late", after_seconds=2.5))
    bench.engine.respond("PowerShell", late, needs_input=False)
    [raw] = on(
        bench,
        [{"raw": "anything"}],
        ansible_winrm_operation_timeout_sec=1,
        ansible_winrm_read_timeout_sec=5,
    )
    assert raw.line == (0, "late", "")
    receives = bench.server.counters.requests(HOST, Step.RECEIVE)
    assert 2150858793 in {record.fault_code for record in receives}
    assert len(bench.engine.started) == 1


def test_a_wrong_password_is_said_and_nothing_runs(bench: Bench) -> None:
    """Ansible's plug-in tries once per transport, and it has one."""
    [refused] = on(bench, [{"raw": "anything"}], password="wrong")
    assert refused.how == "unreachable"
    assert "credentials were rejected" in refused.told["msg"]
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    assert bench.engine.started == []


def test_an_unknown_authority_is_refused_before_any_logon(bench: Bench, tmp_path: Path) -> None:
    """No HTTP request leaves the client."""
    other = tmp_path / "other.pem"
    other.write_text(CertificateAuthority("OTHER-CA").pem)
    [refused] = on(bench, [{"raw": "anything"}], ansible_winrm_ca_trust_path=str(other))
    assert refused.how == "unreachable"
    assert "certificate verify failed" in refused.told["msg"].lower()
    assert bench.server.counters.requests() == ()


def test_faults_are_told_by_their_meaning(bench: Bench) -> None:
    """A quota and a missing right are different things to this client."""
    bench.server.settings = WsmanSettings(quotas=Quotas(shells_per_user=0))
    [full] = on(bench, [{"raw": "anything"}])
    bench.server.settings = WsmanSettings()
    bench.directory.denied.add((HOST, USER))
    [denied] = on(bench, [{"raw": "anything"}])
    assert (full.how, denied.how) == ("unreachable", "unreachable")
    assert "2150859173" in full.told["msg"]
    assert "access is denied" in denied.told["msg"].lower()
    assert bench.engine.started == []
