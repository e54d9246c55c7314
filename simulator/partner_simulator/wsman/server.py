"""A WinRM service of one simulated host, on loopback."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from dataclasses import dataclass

from partner_simulator.certificates import Identity, server_context
from partner_simulator.ports import CommandEngine, Directory
from partner_simulator.wsman.authentication import server_end_point
from partner_simulator.wsman.connection import Connection, Secured
from partner_simulator.wsman.counters import Counters
from partner_simulator.wsman.faults import Faults
from partner_simulator.wsman.operations import Operations
from partner_simulator.wsman.service import Service
from partner_simulator.wsman.settings import WsmanSettings
from partner_simulator.wsman.wire import Wire

_BACKLOG = 64
_REAP_INTERVAL_SECONDS = 0.25
_JOIN_SECONDS = 10.0


@dataclass(slots=True)
class _Listener:
    listening: socket.socket
    secure: bool
    thread: threading.Thread | None = None


class WsmanServer:
    """WinRM over HTTPS (and, if wanted, HTTP with message encryption) for one host.

    `host` is the FQDN that sessions, counters and faults speak of. `faults` and `counters` may be
    shared by many servers. `stop` is a host that goes down: connections and shells end; `start`
    brings it up again on the same port.
    """

    def __init__(
        self,
        host: str,
        engine: CommandEngine,
        directory: Directory,
        tls: Identity,
        *,
        address: str = "127.0.0.1",
        http_port: int | None = None,
        faults: Faults | None = None,
        counters: Counters | None = None,
        settings: WsmanSettings | None = None,
    ) -> None:
        """Ports are free ones; `http_port` 0 takes one too, None means no plain listener.

        Raises ValueError for an address that is not loopback.
        """
        if not ipaddress.ip_address(address).is_loopback:
            raise ValueError(f"{address} is not a loopback address")
        self.host = host
        self.address = address
        self.settings = settings or WsmanSettings()
        self.faults = faults or Faults()
        self.counters = counters or Counters()
        self._port = 0
        self._http_port = http_port
        self._operations = Operations(
            host, engine, directory, self._current_settings, self.counters
        )
        self._service = Service(
            host, self._operations, directory, self._current_settings, self.faults, self.counters
        )
        self._lock = threading.Lock()
        self._listeners: list[_Listener] = []
        self._connections: dict[Connection, threading.Thread] = {}
        self._stopping = threading.Event()
        self._reaper: threading.Thread | None = None
        self.use_certificate(tls)

    @property
    def port(self) -> int:
        """The HTTPS port."""
        return self._port

    @property
    def http_port(self) -> int:
        """The port of the plain listener. Raises LookupError when there is none."""
        if self._http_port is None:
            raise LookupError("this server has no HTTP listener")
        return self._http_port

    @property
    def url(self) -> str:
        """The HTTPS endpoint by address."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"https://{host}:{self._port}/wsman"

    def use_certificate(self, tls: Identity) -> None:
        """Present this certificate on connections from now on."""
        self._secured = Secured(server_context(tls), server_end_point(tls.certificate))

    def start(self) -> WsmanServer:
        """Listen; returns itself."""
        self._stopping.clear()
        self._port = self._listen(self._port, secure=True)
        if self._http_port is not None:
            self._http_port = self._listen(self._http_port, secure=False)
        self._reaper = threading.Thread(target=self._reap, name=f"reaper {self.host}", daemon=True)
        self._reaper.start()
        return self

    def stop(self) -> None:
        """Go down: close listeners and connections, kill commands, forget shells."""
        self._stopping.set()
        for listener in self._listeners:
            Wire.wake(listener.listening)
        for listener in self._listeners:
            if listener.thread is not None:
                listener.thread.join(_JOIN_SECONDS)
            listener.listening.close()
        self._listeners.clear()
        self._operations.shells.close_all()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.wire.abort()
        for thread in connections.values():
            thread.join(_JOIN_SECONDS)
        self._operations.shells.close_all()
        if self._reaper is not None:
            self._reaper.join(_JOIN_SECONDS)

    def wait_for_connections(self, number: int, *, timeout_seconds: float) -> bool:
        """Wait until exactly so many TCP connections are open; whether that came true in time."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            with self._lock:
                if len(self._connections) == number:
                    return True
            time.sleep(0.01)
        return False

    def __enter__(self) -> WsmanServer:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _current_settings(self) -> WsmanSettings:
        return self.settings

    def _listen(self, port: int, *, secure: bool) -> int:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listening = socket.create_server((self.address, port), family=family, backlog=_BACKLOG)
        listener = _Listener(listening, secure)
        listener.thread = threading.Thread(
            target=self._accept, args=(listener,), name=f"listener {self.host}", daemon=True
        )
        self._listeners.append(listener)
        listener.thread.start()
        return int(listening.getsockname()[1])

    def _accept(self, listener: _Listener) -> None:
        while not self._stopping.is_set():
            try:
                accepted, _ = listener.listening.accept()
            except OSError:
                return
            wire = Wire(accepted, self.settings.connection_idle_seconds, self._stopping)
            connection = Connection(wire, self._service, self._secured if listener.secure else None)
            thread = threading.Thread(
                target=self._run, args=(connection,), name=f"wsman {self.host}", daemon=True
            )
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _reap(self) -> None:
        while not self._stopping.wait(_REAP_INTERVAL_SECONDS):
            self._operations.shells.reap()
