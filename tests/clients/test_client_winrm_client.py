"""npm's winrm-client: SOAP and NTLM written in JavaScript, over clear http, and over https with our authority."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import ChannelBinding, Quotas, Step, Tally, WsmanServer, WsmanSettings
from partner_testbed.clients import Client
from support.clients.powershell import Exchange
from support.clients.run import Refusal, drive
from support.wsman.bench import HOST, PASSWORD, USER, Bench
from support.wsman.echo_engine import Chunk, chunks


def job(
    server: WsmanServer, home: Path, *steps: dict[str, Any], https: bool, **changed: Any
) -> Any:
    """Run a job with winrm-client."""
    made: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port if https else server.http_port,
        "https": https,
        "user": USER,
        "password": PASSWORD,
        "steps": steps,
    }
    return drive(Client.WINRM_CLIENT, made | changed, home)


def on(bench: Bench, *steps: dict[str, Any], https: bool, **changed: Any) -> Any:
    """The same on a bench, trusting its authority."""
    made: dict[str, Any] = {"ca": str(bench.ca_file)} | changed
    return job(bench.server, bench.ca_file.parent, *steps, https=https, **made)


@pytest.mark.parametrize("https", [True, False])
def test_commands_run_and_no_shell_is_left(lenient: Bench, https: bool) -> None:
    """Its NTLM is not pyspnego's, and it logs on anew for every request."""
    lenient.engine.respond(
        "warn", chunks(Chunk(stderr=b"only a warning\r\n"), exit_code=3), needs_input=False
    )
    told = on(
        lenient,
        {"command": "echo hello"},
        {"command": "warn me"},
        {"command": "flood 3000"},
        https=https,
    )
    assert told == ["hello", "only a warning", "x" * 3000]
    counters = lenient.server.counters
    assert counters.count(Tally.SHELLS_OPENED, HOST, USER) == 3
    assert len(counters.requests(HOST, Step.DELETE)) == 3
    # Create, Command, Receive and Delete: four logons for each step.
    assert counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 12
    assert counters.count(Tally.LOGONS_REJECTED) == 0
    assert {session.logon.kind for session, _, _ in lenient.engine.started} == {LogonKind.NETWORK}
    assert [line for _, line, _ in lenient.engine.started] == [
        "echo hello",
        "warn me",
        "flood 3000",
    ]


def test_input_reaches_a_command_that_asked_for_it(lenient: Bench) -> None:
    """The client waits for the question before it answers, with console input and no end."""
    question = chunks(Chunk(b"Name? "), Chunk(b"thanks\r\n", after_seconds=1.0))
    lenient.engine.respond("ask", question, needs_input=False)
    prompts = [{"pattern": "Name\\?", "response": "Zoë"}]
    [told] = on(lenient, {"command": "ask me", "prompts": prompts}, https=False)
    assert told == "Name?thanks"  # it trims each piece
    assert lenient.engine.started[0][2].stdin.decode().strip() == "Zoë"


@pytest.mark.parametrize("https", [True, False])
def test_a_wrong_password_is_one_rejected_logon(lenient: Bench, https: bool) -> None:
    """A bare 401, and no second try."""
    refused = on(lenient, {"command": "echo no"}, https=https, password="wrong")
    assert isinstance(refused, Refusal)
    assert "NTLM authentication failed: 401" in refused.told
    assert lenient.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    assert lenient.engine.started == []


def test_clear_text_is_refused_by_a_host_as_windows_is_delivered(bench: Bench) -> None:
    """AllowUnencrypted=false: this client cannot seal, so nothing is done for it over http."""
    refused = on(bench, {"command": "echo no"}, https=False)
    assert isinstance(refused, Refusal)
    assert "500" in refused.told
    assert bench.server.counters.count(Tally.SHELLS_OPENED) == 0
    assert on(bench, {"command": "echo yes"}, https=True) == ["yes"]


def test_an_unknown_authority_is_refused_before_any_logon(bench: Bench, tmp_path: Path) -> None:
    """No HTTP request leaves the client."""
    other = tmp_path / "other.pem"
    other.write_text(CertificateAuthority("OTHER-CA").pem)
    refused = on(bench, {"command": "echo no"}, https=True, ca=str(other))
    assert isinstance(refused, Refusal)
    assert refused.kind in {"UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN"}
    assert bench.server.counters.requests() == ()


def test_faults_are_passed_on(bench: Bench) -> None:
    """The client shows the fault as it came: its number is in there."""
    bench.server.settings = WsmanSettings(quotas=Quotas(shells_per_user=0))
    refused = on(bench, {"command": "echo no"}, https=True)
    assert isinstance(refused, Refusal)
    assert 'Code="2150859173"' in refused.told
    bench.server.settings = WsmanSettings()
    bench.directory.denied.add((HOST, USER))
    refused = on(bench, {"command": "echo no"}, https=True)
    assert isinstance(refused, Refusal)
    assert 'Code="5"' in refused.told


def test_a_client_that_cannot_wait_is_told_so_and_leaves_no_shell(bench: Bench) -> None:
    """It asks for output once, takes the fault TimedOut for a failure, and still deletes its shell."""
    bench.server.settings = WsmanSettings(quotas=Quotas(max_operation_timeout_seconds=0.2))
    refused = on(bench, {"command": "sleep 30"}, https=True)
    assert isinstance(refused, Refusal)
    assert 'Code="2150858793"' in refused.told
    assert len(bench.server.counters.requests(HOST, Step.DELETE)) == 1
    assert bench.engine.started[0][2].terminated


def test_a_user_principal_name_is_split_and_still_the_same_account(bench: Bench) -> None:
    """The client sends the DNS name as NTLM's domain.

    It must be written in capitals: the client hashes the domain so, whatever it sends, while MS-NLMP 3.3.2 hashes it
    as it was sent; the simulator keeps to MS-NLMP.
    """
    upn = "exadmin@LITWAREINC.COM"
    assert on(bench, {"command": "echo me"}, https=True, user=upn) == ["me"]
    assert {session.logon.user for session, _, _ in bench.engine.started} == {USER}
    refused = on(bench, {"command": "echo me"}, https=True, user=upn.lower())
    assert isinstance(refused, Refusal)
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1


def test_strict_channel_binding_refuses_a_client_that_sends_none(bench: Bench) -> None:
    """Its password is right, so the account is not blamed."""
    bench.server.settings = WsmanSettings(channel_binding=ChannelBinding.STRICT)
    refused = on(bench, {"command": "echo no"}, https=True)
    assert isinstance(refused, Refusal)
    assert "NTLM authentication failed: 401" in refused.told
    assert bench.directory.failures == []
    assert bench.engine.started == []


def test_basic_is_not_taken_for_a_logon(bench: Bench) -> None:
    """A name without a domain makes this client send Basic, which is not offered: nobody is blamed."""
    refused = on(bench, {"command": "echo no"}, https=True, user="exadmin")
    assert isinstance(refused, Refusal)
    assert "401" in refused.told
    assert bench.server.counters.count(Tally.LOGONS_REJECTED) == 0
    assert bench.directory.failures == []


@pytest.mark.parametrize("https", [True, False])
def test_powershell_really_runs(exchange: Exchange, https: bool) -> None:
    """The client's own powershell.exe line, with its quotes and braces."""
    told = job(
        exchange.server,
        exchange.ca_file.parent,
        {"script": "'{0}-{1}' -f $env:COMPUTERNAME, (6*7)"},
        https=https,
        user=exchange.user,
        password=exchange.password,
        ca=str(exchange.ca_file),
    )
    short = exchange.server.host.partition(".")[0].upper()
    assert told == [f"{short}-42"]
