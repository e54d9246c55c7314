"""Where one cell of the matrix is played: a host, a client, and what was changed of both."""

from __future__ import annotations

import importlib
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from partner_operator.winrm import Answer, run
from partner_operator.winrm.transport import HardenedTransport
from partner_simulator.wsman import Step
from partner_simulator.wsman.names import ACTIONS
from support.winrm.host import Host

RUN = importlib.import_module("partner_operator.winrm.run")
"""The module; the package has a function of the same name."""
LITTLE_SECONDS = 0.4
"""How long a run may still take where it is to end at its deadline."""
CLEANING_SECONDS = 2.0
"""For Signal and Delete together."""


@dataclass
class Stage:
    """One run and its surroundings. `play` gives them all back."""

    host: Host
    patch: pytest.MonkeyPatch
    endpoint: dict[str, Any] = field(default_factory=dict)
    """Changes of the endpoint."""
    request: dict[str, Any] = field(default_factory=dict)
    """Changes of the request."""
    decoy: Decoy | None = None
    closing: ExitStack = field(default_factory=ExitStack)

    def play(self) -> Answer:
        """The run. Raises RemoteRunError."""
        return run(self.host.endpoint(**self.endpoint), self.host.asked(**self.request))

    def hurry(self, step: Step) -> None:
        """Let the run's time be over soon after it has come to this step, and its cleaning be short."""
        first = Step.CREATE if step in (Step.CONNECT, Step.AUTHENTICATE) else step

        def little_is_left(transport: HardenedTransport) -> None:
            transport.connections.allow_until(time.monotonic() + LITTLE_SECONDS)

        if step not in (Step.SIGNAL, Step.DELETE):
            self.before(first, little_is_left)
        self.patch.setattr(RUN, "CLEANING_SECONDS", CLEANING_SECONDS)

    def before(self, step: Step, what: Callable[[HardenedTransport], None]) -> None:
        """Do something on the client's side right before its first request of this step."""
        original = HardenedTransport.send_message
        pending = [what]
        marks = [action.encode() for action, of in ACTIONS.items() if of is step]

        def send_message(transport: HardenedTransport, message: str | bytes) -> bytes:
            text = message.encode() if isinstance(message, str) else message
            if pending and any(mark in text for mark in marks):
                pending.pop()(transport)
            return original(transport, message)

        self.patch.setattr(HardenedTransport, "send_message", send_message)

    def wait_until_left_alone(self) -> None:
        """Until the host has closed the client's idle connection."""
        assert self.host.server.wait_for_connections(0, timeout_seconds=60)

    def open_decoy(self) -> Decoy:
        """A listener that nobody should talk to."""
        self.decoy = Decoy()
        self.closing.callback(self.decoy.close)
        return self.decoy


class Decoy:
    """Counts connections and bytes, and keeps silent."""

    def __init__(self) -> None:
        self.connections = 0
        self.received = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._stopping.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                continue
            self.connections += 1
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        peer.settimeout(5)
        try:
            self.received += peer.recv(65536)
            self._stopping.wait(5)
        except OSError:
            return
