"""pywinrm's own `winrm.Session`, which the operator does not use: the comparison with its transport."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import FaultShape, Quotas, Step, Tally, WsmanSettings
from partner_testbed.clients import Client
from support.clients.powershell import HOST as EXCHANGE_HOST
from support.clients.powershell import Exchange
from support.clients.run import Refusal, drive, unpacked
from support.wsman.bench import HOST, PASSWORD, USER, Bench

TIMED_OUT = 2150858793


def url(server: Any, *, ssl: bool = True) -> str:
    """Where a server listens."""
    return str(server.url) if ssl else f"http://127.0.0.1:{server.http_port}/wsman"


def job(bench: Bench, *steps: dict[str, Any], ssl: bool = True, **changed: Any) -> Any:
    """Run a job with winrm.Session."""
    made: dict[str, Any] = {
        "url": url(bench.server, ssl=ssl),
        "user": USER,
        "password": PASSWORD,
        "transport": "ntlm",
        "encryption": "auto",
        "ca": str(bench.ca_file),
        "operation_timeout": 20,
        "steps": steps,
    }
    return drive(Client.PYWINRM, made | changed, bench.ca_file.parent)


def said(step: dict[str, Any]) -> tuple[bytes, bytes, int]:
    """What one step left."""
    return unpacked(step["stdout"]), unpacked(step["stderr"]), step["rc"]


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
@pytest.mark.parametrize(("ssl", "encryption"), [(True, "auto"), (False, "auto"), (True, "always")])
def test_run_cmd_over_every_transport(
    bench: Bench, transport: str, ssl: bool, encryption: str
) -> None:
    """A shell for each command, and none is left; the code page is the one that Session asks for."""
    steps: list[dict[str, Any]] = [
        {"command": "echo", "arguments": ["ein", "zwei"]},
        {"command": "stderr Größe"},
        {"command": "exit 42"},
        {"command": "flood 300000"},
    ]
    result = job(bench, *steps, ssl=ssl, transport=transport, encryption=encryption)
    assert [said(step) for step in result] == [
        (b"ein zwei\r\n", b"", 0),
        (b"", "Größe\r\n".encode(), 1),
        (b"", b"", 42),
        (b"x" * 300_000, b"", 0),
    ]
    counters = bench.server.counters
    assert counters.count(Tally.SHELLS_OPENED, HOST, USER) == 4
    assert counters.count(Tally.COMMANDS_STARTED, HOST, USER) == 4
    assert counters.count(Tally.LOGONS_REJECTED) == 0
    assert len(counters.requests(HOST, Step.DELETE)) == 4
    kind = LogonKind.CREDSSP if transport == "credssp" else LogonKind.NETWORK
    assert {session.logon.kind for session, _, _ in bench.engine.started} == {kind}
    assert {session.codepage for session, _, _ in bench.engine.started} == {437}


def test_a_wait_longer_than_the_operation_timeout_is_waited_for(bench: Bench) -> None:
    """The fault TimedOut on Receive means "ask again"."""
    [slept] = job(bench, {"command": "sleep 2.5"}, operation_timeout=1)
    assert said(slept) == (b"", b"", 0)
    receives = bench.server.counters.requests(HOST, Step.RECEIVE)
    *waits, last = [record.fault_code for record in receives]
    assert (set(waits), last) == ({TIMED_OUT}, None)


@pytest.mark.parametrize(("ssl", "transport"), [(True, "ntlm"), (False, "ntlm"), (True, "credssp")])
def test_a_wrong_password_is_one_rejected_logon(bench: Bench, ssl: bool, transport: str) -> None:
    """The client says that it was refused, and does not try again by itself."""
    refused = job(bench, {"command": "echo no"}, ssl=ssl, transport=transport, password="wrong")
    assert isinstance(refused, Refusal)
    expected = "NTStatusException" if transport == "credssp" else "InvalidCredentialsError"
    assert refused.kind == expected
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    assert bench.engine.started == []


def test_an_unknown_authority_is_refused_before_any_logon(bench: Bench, tmp_path: Path) -> None:
    """No HTTP request leaves the client."""
    other = tmp_path / "other.pem"
    other.write_text(CertificateAuthority("OTHER-CA").pem)
    refused = job(bench, {"command": "echo no"}, ca=str(other))
    assert isinstance(refused, Refusal)
    assert refused.kind == "SSLError"
    assert bench.server.counters.requests() == ()


@pytest.mark.parametrize("shape", list(FaultShape))
def test_a_quota_is_understood_by_its_number(bench: Bench, shape: FaultShape) -> None:
    """pywinrm reads both shapes of the fault."""
    bench.server.settings = WsmanSettings(quotas=Quotas(shells_per_user=0, fault_shape=shape))
    assert job(bench, {"command": "echo no"}) == Refusal("WSManFaultError", 2150859173)


def test_no_administrator_is_access_denied(bench: Bench) -> None:
    """The logon is accepted; the shell is not."""
    bench.directory.denied.add((HOST, USER))
    assert job(bench, {"command": "echo no"}) == Refusal("WSManFaultError", 5)
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 1


def powershell(exchange: Exchange, *steps: dict[str, Any], transport: str = "ntlm") -> Any:
    """Run a job on the Exchange server whose PowerShell is real."""
    made: dict[str, Any] = {
        "url": url(exchange.server),
        "user": exchange.user,
        "password": exchange.password,
        "transport": transport,
        "encryption": "auto",
        "ca": str(exchange.ca_file),
        "operation_timeout": 20,
        "steps": steps,
    }
    return [said(step) for step in drive(Client.PYWINRM, made, exchange.ca_file.parent)]


def test_run_ps_runs_in_a_real_powershell(exchange: Exchange) -> None:
    """Output, an exit code, an error that Session reads from CLIXML, and whom the server sees."""
    numbers, error, whoami = powershell(
        exchange,
        {"script": "1..3 | ForEach-Object { $_ * 2 }; exit 7"},
        {"script": "Write-Error 'no such thing'"},
        {"command": "whoami"},
    )
    assert numbers == (b"2\r\n4\r\n6\r\n", b"", 7)
    assert (error[0], error[2]) == (b"", 1)
    assert b"no such thing" in error[1]
    assert b"CLIXML" not in error[1]
    assert whoami[0].strip().decode() == exchange.user.lower()
    assert exchange.server.counters.count(Tally.SHELLS_OPENED, EXCHANGE_HOST) == 3


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_the_second_hop_is_what_credssp_buys(exchange: Exchange, transport: str) -> None:
    """Exchange's cmdlet asks the directory: refused after NTLM, answered after CredSSP."""
    [(out, errors, _)] = powershell(exchange, {"script": EXCHANGE_SCRIPT}, transport=transport)
    if transport == "credssp":
        assert (out, errors) == (b"Exchange Online\r\n", b"")
    else:
        assert out == b""
        assert b"Active Directory operation failed. Access is denied." in errors


EXCHANGE_SCRIPT = """
Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn
(Get-PartnerApplication | Sort-Object Name | Select-Object -First 1).Name
"""
