"""Debian's Packer: masterzen/winrm and go-ntlmssp, a Go stack that shares nothing with pyspnego.

It cannot be given an authority (only told not to look), and over http it speaks clear SOAP. Its builds sleep five
seconds before the first word, so all of them run at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import Step, Tally, WsmanServer
from partner_testbed import clients
from support.clients.batch import FORGETFUL, BatchEngine, batch_host
from support.clients.powershell import Inside, exchange_in
from support.clients.run import run
from support.ended import Ended
from support.wsman.bench import PASSWORD, USER

REAL = "powershell -NoProfile -Command \"'{0} says {1}' -f $env:COMPUTERNAME, (6*7)\""


@dataclass(frozen=True, slots=True)
class Build:
    """One run of Packer, and the server it ran against."""

    ended: Ended
    server: WsmanServer
    engine: BatchEngine


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to build."""

    folder: Path
    server: WsmanServer
    engine: BatchEngine
    script: Sequence[str] = ()
    user: str = USER
    password: str = PASSWORD
    https: bool = True
    insecure: bool = True
    timeout: str = "30s"


def built(wanted: Wanted) -> Build:
    """Run one build."""
    server = wanted.server
    builder: dict[str, Any] = {
        "type": "null",
        "communicator": "winrm",
        "winrm_host": "127.0.0.1",
        "winrm_port": server.port if wanted.https else server.http_port,
        "winrm_username": wanted.user,
        "winrm_password": wanted.password,
        "winrm_use_ntlm": True,
        "winrm_use_ssl": wanted.https,
        "winrm_insecure": wanted.insecure,
        "winrm_timeout": wanted.timeout,
    }
    shell = [{"type": "windows-shell", "inline": list(wanted.script)}] if wanted.script else []
    template = wanted.folder / "template.json"
    template.write_text(json.dumps({"builders": [builder], "provisioners": shell}))
    ended = run(
        [clients.packer(print), "build", "-color=false", template],
        wanted.folder,
        extra={"CHECKPOINT_DISABLE": "1", "PACKER_LOG": "1"},
    )
    return Build(ended, server, wanted.engine)


@pytest.fixture(scope="module")
def builds(
    tmp_path_factory: pytest.TempPathFactory, authority: CertificateAuthority, inside: Inside
) -> Iterator[dict[str, Build]]:
    """All builds of this file, run at once, each against a host of its own."""
    clients.packer(print)
    with ExitStack() as stack:

        def on_echo(name: str, **changed: Any) -> Wanted:
            server, engine = stack.enter_context(batch_host(authority))
            return Wanted(tmp_path_factory.mktemp(name), server, engine, **changed)

        real = BatchEngine(inside.engine)
        folder = tmp_path_factory.mktemp("real")
        exchange = stack.enter_context(exchange_in(folder, inside, engine=real, quotas=FORGETFUL))
        wanted = {
            "https": on_echo("https", script=["echo hello from Packer"]),
            "http": on_echo("http", script=["echo hello from Packer"], https=False),
            "exit": on_echo("exit", script=["exit 3"], user="exadmin"),
            "slow": on_echo("slow", script=["sleep 2.5"]),
            "wrong": on_echo("wrong", password="wrong", timeout="4500ms"),
            "authority": on_echo("authority", insecure=False, timeout="4500ms"),
            "powershell": Wanted(
                folder, exchange.server, real, [REAL], exchange.user, exchange.password
            ),
        }
        slow = wanted["slow"].server
        quotas = replace(slow.settings.quotas, max_operation_timeout_seconds=1)
        slow.settings = replace(slow.settings, quotas=quotas)
        with ThreadPoolExecutor(len(wanted)) as pool:
            yield dict(zip(wanted, pool.map(built, wanted.values()), strict=True))


@pytest.mark.parametrize("over", ["https", "http"])
def test_a_build_uploads_a_batch_file_and_runs_it(builds: dict[str, Build], over: str) -> None:
    """Logon by Go's NTLM; the file arrives whole, piece by piece, and its output is shown."""
    build = builds[over]
    assert build.ended.code == 0, build.ended.stdout
    assert "null: WinRM connected." in build.ended.stdout
    assert "null: hello from Packer" in build.ended.stdout
    assert build.engine.uploaded == "echo hello from Packer\n"
    counters = build.server.counters
    assert counters.count(Tally.LOGONS_ACCEPTED, user=USER) >= 2
    assert counters.count(Tally.LOGONS_REJECTED) == 0
    # The last one's Delete may be lost: see support/clients/batch.py.
    assert counters.count(Tally.SHELLS_OPENED) - len(counters.requests(step=Step.DELETE)) in {0, 1}
    assert counters.count(Tally.COMMANDS_STARTED) == 5
    assert not any(record.sealed for record in counters.requests())


def test_an_exit_code_fails_a_build(builds: dict[str, Build]) -> None:
    """The number gets through to Packer's own words; a bare name takes the domain that the server named."""
    build = builds["exit"]
    assert build.ended.code == 1
    assert "Script exited with non-zero exit status: 3" in build.ended.stdout
    assert build.server.counters.count(Tally.LOGONS_ACCEPTED, user=USER) >= 2


def test_a_wait_longer_than_the_operation_timeout_is_waited_for(builds: dict[str, Build]) -> None:
    """The fault TimedOut on Receive means "ask again" in Go too; the command is not run again."""
    build = builds["slow"]
    assert build.ended.code == 0, build.ended.stdout
    faults = [record.fault_code for record in build.server.counters.requests(step=Step.RECEIVE)]
    assert 2150858793 in faults
    assert sum("script.bat" in line for line in build.engine.started) == 1


def test_powershell_really_runs(builds: dict[str, Build]) -> None:
    """Packer's probe, and the line of its batch file."""
    build = builds["powershell"]
    assert build.ended.code == 0, build.ended.stdout
    assert "null: ATL-EXCHANGE-001 says 42" in build.ended.stdout
    assert [line.split(" ")[0] for line in build.engine.started] == [
        "powershell.exe",
        "echo",
        "powershell.exe",
        "powershell.exe",
        "set",
    ]


def test_a_wrong_password_is_one_rejected_logon(builds: dict[str, Build]) -> None:
    """Packer would try again every five seconds until its time is over; here it is over before."""
    build = builds["wrong"]
    assert build.ended.code == 1
    assert "http response error: 401" in build.ended.stderr
    assert build.server.counters.count(Tally.LOGONS_REJECTED, user=USER) == 1
    assert build.engine.started == []


def test_an_unknown_authority_is_refused_before_any_logon(builds: dict[str, Build]) -> None:
    """No HTTP request leaves Packer when it looks at the certificate."""
    build = builds["authority"]
    assert build.ended.code == 1
    assert "x509: certificate signed by unknown authority" in build.ended.stderr
    assert build.server.counters.requests() == ()
