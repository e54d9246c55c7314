"""Commands on a simulated machine: input, streams as they come, exit codes, ends and leftovers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from partner_simulator.ports import COMMAND_LINE_CHARACTERS, CommandEngine, Session
from partner_simulator.powershell import PowerShellEngine, pool
from partner_simulator.powershell.command_line import USAGE_ERROR
from partner_simulator.powershell.launching import HostDied
from support.pwsh import find_pwsh
from support.waiting import eventually
from support.world.powershell import EXCHANGE, TinyWorld, encoded, finish, run, run_line


def living(marker: str) -> list[int]:
    """Processes whose environment holds `marker`."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and marker.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return [number for number in found if number != os.getpid()]


@pytest.mark.pwsh
@pytest.mark.parametrize("kind", ["reused", "cold"])
def test_two_megabytes_of_input_arrive_whole(
    request: pytest.FixtureRequest, world: TinyWorld, kind: str
) -> None:
    engine: CommandEngine = request.getfixturevalue(f"{kind}_engine")
    command = engine.start(EXCHANGE, encoded("$l = @($input); $l.Count; $l[0].Length; $l[0][-1]"))
    for _ in range(20):
        command.write_stdin(b"x" * 100_000, end=False)
    command.write_stdin(b"y\r\n", end=True)
    assert finish(command).lines == ["1", "2000001", "y"]


@pytest.mark.pwsh
@pytest.mark.parametrize("kind", ["reused", "cold"])
def test_output_streams_while_the_script_runs(
    request: pytest.FixtureRequest, world: TinyWorld, kind: str
) -> None:
    engine: CommandEngine = request.getfixturevalue(f"{kind}_engine")
    go = threading.Event()

    def services(_: object) -> list[object]:
        assert go.wait(60)
        return []

    world.answers["services"] = services
    command = engine.start(EXCHANGE, encoded("'first'; $null = Get-Service; 'second'"))
    command.write_stdin(b"", end=True)
    seen = b""
    while b"first\r\n" not in seen:
        output = command.read(30)
        assert output.exit_code is None
        seen += output.stdout
    assert b"second" not in seen
    assert command.read(0.2).stdout == b""
    go.set()
    assert finish(command).lines == ["second"]


@pytest.mark.pwsh
def test_a_script_that_reads_no_input_runs_without_its_end(
    engine: CommandEngine, world: TinyWorld
) -> None:
    """Clients that send nothing never end the input; they only ask for output."""
    assert finish(engine.start(EXCHANGE, encoded("'ran'"))).lines == ["ran"]
    waiting = engine.start(EXCHANGE, encoded("@($input).Count"))
    assert waiting.read(0.3).exit_code is None
    waiting.write_stdin(b"", end=True)
    assert finish(waiting).lines == ["0"]


@pytest.mark.pwsh
@pytest.mark.parametrize("kind", ["reused", "cold"])
def test_a_terminated_command_is_dead_and_the_next_one_runs(
    request: pytest.FixtureRequest, world: TinyWorld, kind: str
) -> None:
    engine: CommandEngine = request.getfixturevalue(f"{kind}_engine")
    script = (
        "$m = New-Object Threading.Mutex $false, 'partner-simulator-test'; $m.WaitOne() | Out-Null;"
        " $PID; Start-Sleep 600"
    )
    command = engine.start(EXCHANGE, encoded(script))
    command.write_stdin(b"", end=True)
    number = b""
    while not number.endswith(b"\n"):
        number += command.read(30).stdout
    command.terminate()
    command.terminate()
    assert finish(command).code == 1
    assert not Path(f"/proc/{int(number)}").exists()
    taken = run(
        engine,
        "$m = New-Object Threading.Mutex $false, 'partner-simulator-test';"
        " try { $m.WaitOne(5000) } catch [Threading.AbandonedMutexException] { 'abandoned' }",
    )
    assert taken.lines[0] in {"True", "abandoned"}


@pytest.mark.pwsh
def test_a_command_terminated_before_it_began_never_runs(
    engine: CommandEngine, world: TinyWorld
) -> None:
    command = engine.start(EXCHANGE, encoded("Get-Service"))
    command.terminate()
    command.write_stdin(b"", end=True)
    assert finish(command).code == 1
    assert world.asked == []


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("hostname", 0, "atl-exchange-001\r\n", ""),
        ("cmd.exe /c whoami", 0, "litwareinc\\exadmin\r\n", ""),
        ('"C:\\Windows\\System32\\whoami.exe"', 0, "litwareinc\\exadmin\r\n", ""),
        ("powershell -c exit 5", 5, "", ""),
        ("PowerShell.exe -Version 3.0 -NoLogo -Sta -Command \"'a b'\"", 0, "a b\r\n", ""),
        ("powershell -Comm 7", 0, "7\r\n", ""),
        (
            "nonsense /x",
            9009,
            "",
            "'nonsense' is not recognized as an internal or external command,\r\n"
            "operable program or batch file.\r\n",
        ),
    ],
)
def test_command_lines_are_read_as_windows_reads_them(
    engine: CommandEngine, world: TinyWorld, line: str, code: int, out: str, err: str
) -> None:
    ended = run_line(engine, line)
    assert (ended.code, ended.stdout, ended.stderr) == (code, out, err)


@pytest.mark.pwsh
def test_too_long_a_line_is_refused_before_anything_runs(
    engine: CommandEngine, world: TinyWorld
) -> None:
    prefix = "powershell -c "
    fits = prefix + "1" * 5 + " " * (COMMAND_LINE_CHARACTERS - len(prefix) - 5)
    assert run_line(engine, fits).lines == ["11111"]
    ended = run_line(engine, fits + " ")
    assert (ended.code, ended.stderr) == (1, "The command line is too long.\r\n")


@pytest.mark.pwsh
@pytest.mark.parametrize(
    "line", ["powershell -enc %%%", "powershell -PSConsoleFile x", "powershell -enc"]
)
def test_a_useless_command_line_has_powershells_usage_code(
    engine: CommandEngine, world: TinyWorld, line: str
) -> None:
    assert run_line(engine, line).code == USAGE_ERROR


@pytest.mark.pwsh
@pytest.mark.parametrize("kind", ["reused", "cold"])
def test_a_session_with_an_oem_code_page_speaks_it(
    request: pytest.FixtureRequest, world: TinyWorld, kind: str
) -> None:
    engine: CommandEngine = request.getfixturevalue(f"{kind}_engine")
    session = Session(EXCHANGE.host, EXCHANGE.logon, "oem", codepage=437)
    command = engine.start(session, encoded("@($input)[0] + 'ü€'"))
    command.write_stdin("ä\n".encode("cp437"), end=True)
    out = b""
    while True:
        output = command.read(30)
        out += output.stdout
        if output.exit_code is not None:
            break
    assert out == "äü".encode("cp437") + b"?\r\n"


@pytest.mark.pwsh
@pytest.mark.parametrize("reuse", [True, False])
def test_close_leaves_no_process_and_no_folder(*, reuse: bool) -> None:
    engine = PowerShellEngine(find_pwsh(), TinyWorld(), reuse=reuse)
    folder = str(engine._folder)
    assert run(engine, "1").code == 0
    hung = engine.start(EXCHANGE, encoded("'up'; Start-Sleep 600"))
    hung.write_stdin(b"", end=True)
    while b"up" not in hung.read(30).stdout:
        pass
    assert living(folder)
    engine.close()
    assert living(folder) == []
    assert not Path(folder).exists()
    assert hung.read(0).exit_code == 1


@pytest.mark.pwsh
@pytest.mark.parametrize("reuse", [True, False])
def test_nothing_outlives_a_killed_owner(tmp_path: Path, *, reuse: bool) -> None:
    """SIGKILL of the Python process: PowerShell notices that the line is dead and dies too."""
    owner = tmp_path / "owner.py"
    owner.write_text(
        textwrap.dedent(f"""
        from partner_simulator.powershell import PowerShellEngine
        from support.world.powershell import EXCHANGE, TinyWorld, encoded
        from support.pwsh import find_pwsh
        engine = PowerShellEngine(find_pwsh(), TinyWorld(), reuse={reuse})
        command = engine.start(EXCHANGE, encoded("'up'; Start-Sleep 600"))
        command.write_stdin(b"", end=True)
        while b"up" not in command.read(30).stdout:
            pass
        print(engine._folder, flush=True)
        command.read(600)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(owner)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        folder = process.stdout.readline().decode().strip()
        assert folder
        assert living(folder)
        process.send_signal(signal.SIGKILL)
    eventually(lambda: living(folder) == [])
    shutil.rmtree(folder)


@pytest.mark.pwsh
def test_runs_go_side_by_side(engine: CommandEngine, world: TinyWorld) -> None:
    """Two at once, each with the answers of its own world session."""
    meet = threading.Barrier(2, timeout=60)

    def services(_: object) -> list[object]:
        meet.wait()
        return []

    world.answers["services"] = services
    commands = [engine.start(EXCHANGE, encoded(f"$null = Get-Service; {n}")) for n in range(2)]
    for command in commands:
        command.write_stdin(b"", end=True)
    assert [finish(command).lines for command in commands] == [["0"], ["1"]]


@pytest.mark.pwsh
def test_one_process_does_for_runs_one_after_the_other(
    engine: CommandEngine, world: TinyWorld
) -> None:
    numbers = {run(engine, "$PID").lines[0] for _ in range(5)}
    assert len(numbers) == 1


@pytest.mark.pwsh
def test_a_pwsh_that_cannot_be_reused_is_run_cold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The self-test finds that a host does not answer as a cold process, and says so."""
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path))

    def no_host(launcher: object, trust: str) -> NoReturn:
        raise HostDied("a field is missing")

    monkeypatch.setattr(pool, "ReusedHost", no_host)
    engine = PowerShellEngine(find_pwsh(), TinyWorld())
    try:
        assert [run(engine, "'ran'").lines for _ in range(2)] == [["ran"], ["ran"]]
    finally:
        engine.close()
    assert [record.message for record in caplog.records] == [
        "pwsh cannot be reused, runs will be slow: a field is missing"
    ]
