"""pypsrp's WinRS: SOAP that is not pywinrm's, over NTLM, SPNEGO and CredSSP, with TLS or sealed messages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import ChannelBinding, FaultShape, Quotas, Step, Tally, WsmanSettings
from partner_testbed.clients import Client
from support.clients.powershell import Exchange
from support.clients.run import Refusal, drive, packed, unpacked
from support.wsman.bench import HOST, PASSWORD, USER, Bench
from support.wsman.echo_engine import Chunk, chunks

TIMED_OUT = 2150858793
SCHEMES = ["ntlm", "negotiate", "credssp"]
DEFAULTS: dict[str, Any] = {
    "auth": "ntlm",
    "encryption": "auto",
    "operation_timeout": 20,
    "send_cbt": True,
    "resource": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
}
UNICODE = "Größe 漢字 \U0001f600 \u202e\r\n".encode()


def job(bench: Bench, *processes: dict[str, Any], ssl: bool = True, **changed: Any) -> Any:
    """Run a job with pypsrp."""
    made: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": bench.server.port if ssl else bench.server.http_port,
        "ssl": ssl,
        "user": USER,
        "password": PASSWORD,
        "ca": str(bench.ca_file),
        "processes": processes,
    }
    return drive(Client.PYPSRP, DEFAULTS | made | changed, bench.ca_file.parent)


def said(process: dict[str, Any]) -> tuple[bytes, bytes, int]:
    """What one process left."""
    return unpacked(process["stdout"]), unpacked(process["stderr"]), process["rc"]


def process(line: str, *stdin: bytes) -> dict[str, Any]:
    """One process; the last piece of input is the end."""
    executable, *arguments = line.split(" ")
    pieces = [{"data": packed(piece), "end": piece is stdin[-1]} for piece in stdin]
    return {"executable": executable, "arguments": arguments, "stdin": pieces}


@pytest.mark.parametrize("auth", SCHEMES)
@pytest.mark.parametrize(("ssl", "encryption"), [(True, "auto"), (False, "auto"), (True, "always")])
def test_real_work_over_every_scheme(bench: Bench, auth: str, ssl: bool, encryption: str) -> None:
    """Several commands in one shell: arguments, input in pieces, both streams, exit codes, Unicode."""
    both = chunks(Chunk(b"out"), Chunk(stderr=UNICODE), exit_code=-1)
    bench.engine.respond("both", both, needs_input=False)
    result = job(
        bench,
        process("echo ein zwei  drei"),
        process("cat", UNICODE, b"\0\xff" * 400, b""),
        process("both now"),
        process("exit 3221225786"),
        process("nonsense"),
        ssl=ssl,
        auth=auth,
        encryption=encryption,
    )
    echo, cat, streams, code, unknown = [said(done) for done in result["processes"]]
    assert echo == (b"ein zwei drei\r\n", b"", 0)
    assert cat == (UNICODE + b"\0\xff" * 400, b"", 0)
    assert streams == (b"out", UNICODE, -1)
    assert code == (b"", b"", 3221225786)
    assert unknown[2] == 9009
    assert b"'nonsense' is not recognized" in unknown[1]
    assert (result["shell"]["owner"], result["shell"]["idle"]) == (USER, "PT7200.000S")

    counters = bench.server.counters
    kind = LogonKind.CREDSSP if auth == "credssp" else LogonKind.NETWORK
    assert {session.logon.kind for session, _, _ in bench.engine.started} == {kind}
    assert {session.codepage for session, _, _ in bench.engine.started} == {65001}
    assert counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 1
    assert counters.count(Tally.LOGONS_REJECTED) == 0
    assert counters.count(Tally.SHELLS_OPENED, HOST, USER) == 1
    assert counters.count(Tally.COMMANDS_STARTED, HOST, USER) == 5
    assert counters.count(Tally.STDIN_BYTES) == len(UNICODE) + 800
    operations = [record for record in counters.requests() if record.shell_id or record.user]
    assert {record.sealed for record in operations if record.step is not Step.AUTHENTICATE} == {
        not ssl or encryption == "always"
    }


def test_long_output_comes_in_several_receives(bench: Bench) -> None:
    """Each reply fits the envelope that the client asked for, and nothing is lost or doubled."""
    result = job(bench, process("flood 1000000"), process("echo next"))
    flood, after = [said(done) for done in result["processes"]]
    assert flood == (b"x" * 1_000_000, b"", 0)
    assert after == (b"next\r\n", b"", 0)
    assert len(bench.server.counters.requests(HOST, Step.RECEIVE)) >= 10
    assert bench.server.counters.count(Tally.OUTPUT_BYTES) == 1_000_006


def test_a_wait_longer_than_the_operation_timeout_is_waited_for(bench: Bench) -> None:
    """The fault TimedOut on Receive means "ask again" to this client, as to Windows' own."""
    result = job(bench, process("sleep 2.5"), operation_timeout=1)
    assert said(result["processes"][0]) == (b"", b"", 0)
    receives = bench.server.counters.requests(HOST, Step.RECEIVE)
    *waits, last = [record.fault_code for record in receives]
    assert (set(waits), last) == ({TIMED_OUT}, None)
    assert bench.server.counters.count(Tally.COMMANDS_STARTED) == 1


def test_terminate_kills_a_running_command_and_the_shell_goes_on(bench: Bench) -> None:
    """What it had said is kept, and the next command of the shell runs."""
    endless = chunks(Chunk(b"begun"), exit_code=None)
    bench.engine.respond("endless", endless, needs_input=False)
    result = job(bench, process("endless run") | {"terminate": True}, process("echo next"))
    ended, after = result["processes"]
    assert unpacked(ended["stdout"]) == b"begun"
    assert said(after) == (b"next\r\n", b"", 0)
    assert bench.engine.started[0][2].terminated


def test_ctrl_c_ends_a_command_whose_end_can_still_be_received(bench: Bench) -> None:
    """It is not Terminate: the exit code of an interrupted program arrives."""
    bench.engine.respond("endless", chunks(exit_code=None), needs_input=False)
    result = job(bench, process("endless run") | {"interrupt": True})
    assert said(result["processes"][0]) == (b"", b"", 0xC000013A)


@pytest.mark.parametrize("auth", SCHEMES)
@pytest.mark.parametrize("ssl", [True, False])
def test_a_wrong_password_is_one_rejected_logon(bench: Bench, auth: str, ssl: bool) -> None:
    """The client says that it was refused, and does not try again by itself."""
    refused = job(bench, process("echo no"), auth=auth, ssl=ssl, password="wrong")
    assert isinstance(refused, Refusal)
    if auth == "credssp":
        assert refused.kind == "NTStatusException"
        assert "STATUS_LOGON_FAILURE" in refused.told
    else:
        assert refused.kind == "AuthenticationError"
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED) == 0
    assert bench.directory.failures == [(HOST, USER)]
    assert bench.engine.started == []


def test_an_unknown_authority_is_refused_before_any_logon(bench: Bench, tmp_path: Path) -> None:
    """No HTTP request leaves the client."""
    other = tmp_path / "other.pem"
    other.write_text(CertificateAuthority("OTHER-CA").pem)
    refused = job(bench, process("echo no"), ca=str(other))
    assert isinstance(refused, Refusal)
    assert refused.kind == "SSLError"
    assert bench.server.counters.count(Tally.TLS_FAILURES) == 1
    assert bench.server.counters.requests() == ()


@pytest.mark.parametrize("ssl", [True, False])
@pytest.mark.parametrize("shape", list(FaultShape))
def test_a_quota_is_understood_as_one(bench: Bench, shape: FaultShape, ssl: bool) -> None:
    """In both shapes that Windows has for it, in clear and sealed; of the newer it reads the subcode."""
    quotas = Quotas(shells_per_user=0, fault_shape=shape)
    bench.server.settings = WsmanSettings(quotas=quotas)
    refused = job(bench, process("echo no"), ssl=ssl)
    read = 2150859173 if shape is FaultShape.WSMAN_FAULT else "w:QuotaLimit"
    assert refused == Refusal("WSManFaultError", read)
    assert bench.server.counters.count(Tally.SHELLS_OPENED) == 0


def test_no_administrator_is_access_denied(bench: Bench) -> None:
    """The logon is accepted; the shell is not."""
    bench.directory.denied.add((HOST, USER))
    assert job(bench, process("echo no")) == Refusal("WSManFaultError", 5)
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 1
    assert bench.server.counters.count(Tally.SHELLS_OPENED) == 0


def test_strict_channel_binding_takes_this_client(bench: Bench) -> None:
    """pypsrp binds its logon to the certificate by code of its own."""
    bench.server.settings = replace(WsmanSettings(), channel_binding=ChannelBinding.STRICT)
    result = job(bench, process("echo bound"), auth="negotiate")
    assert said(result["processes"][0]) == (b"bound\r\n", b"", 0)
    refused = job(bench, process("echo no"), auth="negotiate", send_cbt=False)
    assert isinstance(refused, Refusal)
    assert refused.kind == "AuthenticationError"
    assert bench.directory.failures == []


def test_a_command_may_bring_its_own_number(bench: Bench) -> None:
    """MS-WSMV lets the client choose the CommandId; the service takes it."""
    own = "8D5A1B0C-0000-4000-8000-00000000BEEF"
    result = job(bench, process("echo mine") | {"id": own})
    [done] = result["processes"]
    assert (said(done), done["id"]) == ((b"mine\r\n", b"", 0), own)
    assert {record.command_id for record in bench.server.counters.requests(HOST, Step.RECEIVE)} == {
        own
    }


def test_what_is_too_large_is_refused_and_the_shell_is_closed(bench: Bench) -> None:
    """A line that cmd.exe does not take ends with its words; a request over the envelope is a fault."""
    long = job(bench, process("echo " + "x" * 8200))
    assert said(long["processes"][0]) == (b"", b"The command line is too long.\r\n", 1)
    refused = job(bench, process("cat", b"x" * 600_000))
    assert isinstance(refused, Refusal)
    assert refused.kind == "WSManFaultError"
    assert len(bench.server.counters.requests(HOST, Step.DELETE)) == 2
    assert bench.server.counters.count(Tally.STDIN_BYTES) == 0


def test_there_is_no_powershell_endpoint(bench: Bench) -> None:
    """PSRP's resource is not in the catalogue of this service; the client is told so by its number."""
    resource = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
    assert job(bench, resource=resource) == Refusal("WSManFaultError", 2150858811)


@pytest.mark.parametrize("auth", SCHEMES)
@pytest.mark.parametrize("ssl", [True, False])
def test_powershell_really_runs(exchange: Exchange, auth: str, ssl: bool) -> None:
    """A script from the command line, another that reads its input, and Exchange's second hop."""
    script = '-NoProfile -Command "$input | ForEach-Object { $_.Length }; exit 42"'
    snapin = "Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn"
    hop = f'-NoProfile -Command "{snapin}; (Get-PartnerApplication).Name"'
    made: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": exchange.server.port if ssl else exchange.server.http_port,
        "ssl": ssl,
        "user": exchange.user,
        "password": exchange.password,
        "auth": auth,
        "ca": str(exchange.ca_file),
        "processes": [
            process(f"powershell {script}", "Größe\r\n漢字\r\n".encode()),
            process(f"powershell {hop}"),
            process("hostname"),
        ],
    }
    result = drive(Client.PYPSRP, DEFAULTS | made, exchange.ca_file.parent)
    read, hopped, host = [said(done) for done in result["processes"]]
    assert read == (b"5\r\n2\r\n", b"", 42)
    if auth == "credssp":
        assert b"Exchange Online" in hopped[0]
    else:
        assert b"Access is denied." in hopped[1]
    assert host[0].strip().upper() == b"ATL-EXCHANGE-001"
    assert exchange.server.counters.count(Tally.COMMANDS_STARTED) == 3


def test_another_host_name_is_refused_before_any_logon(bench: Bench) -> None:
    """The certificate is the authority's, but not for this name."""
    refused = job(bench, process("echo no"), host="localhost")
    assert isinstance(refused, Refusal)
    assert refused.kind == "SSLError"
    assert "doesn't match" in refused.told or "not valid for" in refused.told
    assert bench.server.counters.requests() == ()


def test_an_idle_shell_is_gone_and_the_client_is_told_by_number(bench: Bench) -> None:
    """IdleTimeOut of Create is obeyed; the same number stands for shells and commands unknown."""
    late = process("echo late") | {"pause": 2.0}
    assert job(bench, process("echo on time"), late, idle=1) == Refusal(
        "WSManFaultError", 2150858843
    )
    assert bench.server.counters.count(Tally.SHELLS_REAPED, HOST, USER) == 1
    assert bench.server.counters.open_shells() == ()


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_closed_connection_costs_a_logon_and_nothing_else(bench: Bench, auth: str) -> None:
    """http.sys closes silent connections; the shell belongs to the user, not to the connection."""
    bench.server.settings = WsmanSettings(connection_idle_seconds=0.5)
    late = process("echo late") | {"pause": 1.0}
    result = job(bench, process("echo on time"), late, auth=auth)
    assert [said(done)[0] for done in result["processes"]] == [b"on time\r\n", b"late\r\n"]
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 2
    assert bench.server.counters.count(Tally.SHELLS_OPENED) == 1


def test_a_password_changed_meanwhile_is_one_rejected_logon(bench: Bench) -> None:
    """The connection that is logged on goes on; the next one is refused."""
    bench.shells_may_remain = True
    bench.server.settings = WsmanSettings(connection_idle_seconds=0.5)

    def rotate(_stdin: bytes) -> tuple[list[Chunk], int]:
        bench.directory.passwords[USER] = "another"
        return [Chunk(b"rotated")], 0

    bench.engine.respond("rotate", rotate, needs_input=False)
    late = process("echo late") | {"pause": 1.0}
    refused = job(bench, process("rotate now"), process("echo on time"), late)
    assert isinstance(refused, Refusal)
    assert refused.kind == "AuthenticationError"
    assert [line for _, line, _ in bench.engine.started] == ["rotate now", "echo on time"]
    # The command was refused, and so was the client's attempt to close its shell.
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 2
