"""pypsrp's WinRS: SOAP that is not pywinrm's, over NTLM, SPNEGO and CredSSP, with TLS or sealed messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import Step, Tally
from partner_testbed.clients import Client
from support.clients_run import Refusal, drive, packed, unpacked
from support.echo_engine import Chunk, chunks
from support.wsman_bench import HOST, PASSWORD, USER, Bench

TIMED_OUT = 2150858793
SCHEMES = ["ntlm", "negotiate", "credssp"]
UNICODE = "Größe 漢字 \U0001f600 \u202e\r\n".encode()


def job(bench: Bench, *processes: dict[str, Any], ssl: bool = True, **changed: Any) -> Any:
    """Run a job with pypsrp."""
    made: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": bench.server.port if ssl else bench.server.http_port,
        "ssl": ssl,
        "user": USER,
        "password": PASSWORD,
        "auth": "ntlm",
        "encryption": "auto",
        "ca": str(bench.ca_file),
        "operation_timeout": 20,
        "processes": processes,
    }
    return drive(Client.PYPSRP, made | changed, bench.ca_file.parent)


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
