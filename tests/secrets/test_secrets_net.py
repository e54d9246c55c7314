"""The net bites: a test that lets a secret out fails, wherever it gets out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LEAKS = '''
import asyncio, base64, logging, subprocess, sys
import pytest
from partner_operator.engine.ports import Kind, Severity
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import Reason
from partner_simulator.simulation import Simulation
from partner_simulator.world.ledger import Call
from support.engine.crash import Crash
from support.engine.kubernetes import Cluster
from partner_operator.engine.ports import Credentials
from partner_operator.winrm import Endpoint, RemoteRequest
from partner_simulator.wsman import WsmanSettings
from support.secrets import net as secrets_net

SECRET = "planted-\\u00e4-4711"
AT_IMPORT = Endpoint("h", 1, "ntlm", "u", "made-at-import")


@pytest.fixture(autouse=True)
def logon():
    return Credentials("admin", SECRET, "digest", ("*.litwareinc.com",))


@pytest.mark.parametrize("name", ["spnego._ntlm", "winrm.protocol", "urllib3", "kopf.x", "any"])
def test_leak_log(name):
    logging.getLogger(name).debug("token %s", base64.b64encode(SECRET.encode("utf-16-le")).decode())


def test_fine_others_handlers():
    """The next test is heard all the same."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.getLogger("after").warning("nobody hears it")


def test_leak_traceback():
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("x").exception("broke")


def test_leak_stdout():
    print(SECRET)


def test_leak_stderr():
    sys.stderr.write(SECRET.encode().hex())


def test_leak_read_output(capsys):
    print(SECRET)
    assert capsys.readouterr().out


def test_leak_import_time():
    print("made-at-import")


def test_leak_request():
    RemoteRequest("o", "s", {}, {"p": "secret-of-a-request"})
    print("secret-of-a-request")


def started_by_us(*arguments, **options):
    """As if one of our packages did it."""
    space = {"__name__": "partner_simulator.somewhere", "subprocess": subprocess}
    exec("def start(*a, **o): subprocess.run(*a, check=True, **o)", space)
    space["start"](*arguments, **options)


def test_leak_command_line():
    started_by_us(["true", SECRET])


def test_leak_environment():
    started_by_us(["true"], env={"P": SECRET, "PATH": "/usr/bin:/bin"})


async def tell(message):
    cluster = Cluster(Crash())
    key = ObjectKey("n", "o", "uid")
    await cluster.announce(Kind.SERVER, key, Severity.NORMAL, Reason.SUCCEEDED, message)


def test_leak_event():
    asyncio.run(tell(f"logged on with {SECRET}"))


def test_leak_transcript():
    simulation = Simulation(pwsh="/nowhere")
    simulation.domain.ledger.called(Call(None, "h", "u", "Set-X", {"Note": simulation.secrets()[0]}))
    globals()["KEPT"] = simulation


def test_leak_audit(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(SECRET + "\\n")
    audit = secrets_net.Audit(log)
    audit.read(net())
    log.write_text(SECRET + "\\n" + "half a line")
    audit.read(secrets_net.Net())


@pytest.mark.parametrize("where", ["argument", "variable"])
def test_leak_process_of_ours(where):
    script = "import subprocess, sys; subprocess.Popen(['sh', '-c', 'read x', *sys.argv[2:]])"
    script += "; print('up', flush=True); sys.stdin.read()"
    more = [f"{SECRET}"] if where == "argument" else []
    env = {"P": SECRET} if where == "variable" else {}
    child = subprocess.Popen(
        [sys.executable, "-c", script, "partner_operator", *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
    )
    child.stdout.readline()
    secrets_net.read_processes(net())
    child.communicate(b"")


def net():
    import conftest
    return conftest.NET


def test_fine_nothing_to_see():
    logging.getLogger("spnego").debug("harmless")
    print("harmless")
    subprocess.run(["true", SECRET], check=True)  # a program of others


def test_fine_after_a_leak():
    """What leaked before is not told again."""
'''


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A run of pytest over tests that leak, with our own conftest."""
    folder = tmp_path_factory.mktemp("leaks")
    (folder / "test_leaks.py").write_text(LEAKS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    tests = Path(__file__).resolve().parent.parent
    paths = [tests, *(tests.parent / name for name in ("operator", "simulator", "tools"))]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-v", "-rEf", "--tb=short", str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_leak_fails_its_test_and_nothing_else_does(
    ended: subprocess.CompletedProcess[str],
) -> None:
    """Every test whose name says so, and no other."""
    assert ended.returncode == 1, ended.stdout
    bitten = set(re.findall(r"^ERROR \S+::(test_\w+)", ended.stdout, re.M))
    leaky = set(re.findall(r"^def (test_leak\w+)", LEAKS, re.M))
    assert bitten == leaky, ended.stdout
    assert "FAILED" not in ended.stdout
    assert "test_fine_after_a_leak PASSED" in ended.stdout


@pytest.mark.parametrize(
    "place",
    [
        "the log of spnego",
        "the log of any",
        "Captured stdout",
        "Captured stderr",
        "output",
        "a command line",
        "an environment",
        "a process's command line",
        "a process's environment",
        "a status or an Event",
        "a server's transcript",
        "what was written to the API server",
    ],
)
def test_it_says_where(ended: subprocess.CompletedProcess[str], place: str) -> None:
    """The place and the spelling; the secret itself is not told once more by the net."""
    assert re.search(rf"the secret \S+ in .* stands in {place}", ended.stdout)
