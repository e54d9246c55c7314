"""The net under all tests: whatever leaves the code under test is searched for every planted secret.

Planted is each logon that the operator or the simulator ever holds, by itself: nobody has to think of
it. Searched are log records of all levels with their tracebacks, output, command lines and environments
of processes, the servers' transcripts, and what was written to the API server (statuses and Events).
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from partner_demo.stage import Stage
from partner_operator.engine.ports import Credentials
from partner_operator.winrm import Endpoint, RemoteRequest
from partner_simulator.simulation import Simulation
from partner_simulator.world import tokens
from partner_simulator.world.accounts import Account
from support.engine.kubernetes import Cluster as InMemory
from support.kube.cluster import Cluster
from support.secrets.search import found, plant
from support.wsman.echo_engine import EchoDirectory

LOGGERS = (
    "winrm",
    "spnego",
    "requests_ntlm",
    "requests_credssp",
    "requests",
    "urllib3",
    "kopf",
    "kubernetes",
    "kubernetes_asyncio",
    "aiohttp",
    "partner_operator",
    "partner_simulator",
)
"""Turned up to DEBUG, though somebody may have turned them down by name."""
OURS = ("partner_operator", "partner_simulator", "partner_demo")
"""Packages whose processes are looked at: other programs take passwords as they please."""


@dataclass
class Net:
    """What was caught since `lift`, by the place where it was seen."""

    _caught: dict[str, list[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catch(self, place: str, text: str) -> None:
        """Keep a text until it is searched."""
        with self._lock:
            self._caught.setdefault(place, []).append(text)

    def caught(self, place: str) -> str:
        """What was caught at a place and not yet lifted."""
        with self._lock:
            return "\n".join(self._caught.get(place, ()))

    def lift(self) -> list[str]:
        """Search all that was caught, and forget it. A sentence for each secret at each place."""
        with self._lock:
            caught, self._caught = self._caught, {}
        return [
            f"{find} stands in {place}"
            for place, texts in caught.items()
            for find in found("\n".join(texts))
        ]


class Records(logging.Handler):
    """Catches every log record as it would be printed, traceback included."""

    def __init__(self, net: Net) -> None:
        """Of all levels."""
        super().__init__(logging.NOTSET)
        self._net = net

    def emit(self, record: logging.LogRecord) -> None:
        """Format now: arguments may change later."""
        self._net.catch(f"the log of {record.name.partition('.')[0]}", self.format(record))


def listen(records: Records) -> None:
    """Hear everything, also when a test has replaced the root's handlers."""
    root = logging.getLogger()
    if records not in root.handlers:
        root.addHandler(records)
    for logger in (root, *map(logging.getLogger, LOGGERS)):
        # Each setting makes every logger forget what it knows, and this is done before every test.
        if logger.level != logging.DEBUG:
            logger.setLevel(logging.DEBUG)


def watch_processes(net: Net) -> None:
    """Catch command line and environment of each process that one of our packages starts."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and _ours(sys._getframe()):
            _, command, _, environment = arguments
            net.catch("a command line", " ".join(_words(command)))
            if environment is not None:
                pairs = (f"{os.fsdecode(k)}={os.fsdecode(v)}" for k, v in environment.items())
                net.catch("an environment", "\n".join(pairs))

    sys.addaudithook(hook)


def _ours(frame: Any) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in OURS:
            return True
        frame = frame.f_back
    return False


def _words(command: Any) -> Iterable[str]:
    alone = isinstance(command, (str, bytes, os.PathLike))
    return [os.fsdecode(word) for word in ([command] if alone else command)]


def watch_statuses(net: Net) -> None:
    """Catch what the engine writes into a Kubernetes in memory."""
    for method in ("server_status", "application_status", "announce"):
        _catch_call(net, InMemory, method)


def _catch_call(net: Net, kind: type, method: str) -> None:
    original = getattr(kind, method)

    @functools.wraps(original)
    async def call(self: Any, *arguments: Any, **options: Any) -> Any:
        writes, new = self.writes, True
        try:
            result = await original(self, *arguments, **options)
            # Most statuses are what stands there already, and were looked at when they were written.
            new = method == "announce" or self.writes != writes
        finally:
            if new:
                net.catch("a status or an Event", repr(arguments))
        return result

    setattr(kind, method, call)


def watch_captures(net: Net) -> None:
    """Catch the output that tests take out of pytest's hands to look at it themselves."""
    read = pytest.CaptureFixture.readouterr

    @functools.wraps(read)
    def readouterr(self: pytest.CaptureFixture[Any]) -> Any:
        output = read(self)
        for text in output:
            net.catch("output", text if isinstance(text, str) else text.decode("utf-8", "replace"))
        return output

    pytest.CaptureFixture.readouterr = readouterr  # type: ignore[method-assign]  # to listen in


_simulations: weakref.WeakSet[Simulation] = weakref.WeakSet()
_read: weakref.WeakKeyDictionary[Simulation, int] = weakref.WeakKeyDictionary()


def plant_everywhere() -> None:
    """From now on every logon that anybody makes is planted, and every simulation is remembered."""
    _on_making(Credentials, lambda made: [made.password])
    _on_making(Endpoint, lambda made: [made.password])
    _on_making(RemoteRequest, _of_request)
    _on_making(Account, lambda made: [made.password])
    _on_making(EchoDirectory, lambda made: made.passwords.values())
    _on_making(Simulation, _remembered)
    _plant_tokens()
    _on_call(Stage, "secret", lambda name, username, password, *hosts, **more: [password])
    _on_call(
        Cluster,
        "secret",
        lambda name, data, **more: [data.get("password", b"").decode("utf-8", "replace")],
    )


def _on_call(kind: type, method: str, secrets: Callable[..., Iterable[str]]) -> None:
    original = getattr(kind, method)

    @functools.wraps(original)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        for secret in secrets(*arguments, **options):
            plant(secret)
        return original(self, *arguments, **options)

    setattr(kind, method, call)


def _plant_tokens() -> None:
    """The signature inside each token that the simulated servers make: with it the token is good for hours."""
    mint = tokens.mint

    @functools.wraps(mint)
    def minted(*arguments: Any, **options: Any) -> str:
        token = mint(*arguments, **options)
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        plant(claims.get("actortoken", token).split(".")[2])
        return token

    tokens.mint = minted


def _of_request(request: RemoteRequest) -> Iterable[str]:
    """The name of a user travels with the password, but is none."""
    return [value for name, value in request.secrets.items() if name != "username"]


def _remembered(simulation: Simulation) -> Iterable[str]:
    _simulations.add(simulation)
    return simulation.secrets()


def _on_making(kind: type, secrets: Callable[[Any], Iterable[str]]) -> None:
    original = kind.__init__  # type: ignore[misc]  # of each class, on purpose

    @functools.wraps(original)
    def make(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        for secret in secrets(self):
            plant(secret)

    kind.__init__ = make  # type: ignore[misc]  # as above


def read_transcripts(net: Net) -> None:
    """Catch what the simulated servers have logged since the last time."""
    for simulation in list(_simulations):
        for secret in simulation.secrets():
            plant(secret)
        calls = len(simulation.domain.ledger.calls())
        so_far = calls + sum(simulation.commands_started().values())
        # Only then is it worth the while to put the whole text together.
        if so_far != _read.get(simulation, 0):
            net.catch("a server's transcript", simulation.transcript())
            _read[simulation] = so_far


@dataclass
class Audit:
    """What clients have sent to an API server, read on from where it was read before."""

    path: Path
    _begin: int = 0

    def read(self, net: Net) -> None:
        """Catch the new lines; bodies of Secrets are not in this log."""
        with self.path.open("rb") as file:
            file.seek(self._begin)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._begin += len(whole)
        net.catch("what was written to the API server", whole.decode("utf-8", "replace"))


def read_processes(net: Net) -> None:
    """Catch command lines and environments of the processes of ours that run now, and of their children."""
    for process in _children(Path("/proc/self")):
        if any(
            mark in _file(process / name) for mark in OURS_RUN for name in ("cmdline", "environ")
        ):
            _read_process(net, process)


OURS_RUN = ("partner_operator", "partner_simulator", "PARTNER_SIMULATOR_")
"""By what a process of ours is known while it runs."""


def _read_process(net: Net, process: Path) -> None:
    net.catch("a process's command line", _file(process / "cmdline").replace("\0", " "))
    net.catch("a process's environment", _file(process / "environ").replace("\0", "\n"))
    for child in _children(process):
        _read_process(net, child)


def _children(process: Path) -> list[Path]:
    return [
        Path("/proc") / number
        for task in process.glob("task/*/children")
        for number in _file(task).split()
    ]


def _file(path: Path) -> str:
    """A process may end while it is looked at."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
