"""The world's ear: one Unix socket on which scripts ask and hosts of scripts report.

JSON, one document a line. A connection asks one question at a time; an `invoke` is answered by
events in order, everything else by one line. The folder's mode (0700) is the access control.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from partner_simulator.ports import (
    CmdletCall,
    CmdletError,
    CmdletWorld,
    Logon,
    LogonKind,
    PsObject,
    Session,
)
from partner_simulator.powershell import cim, values


class ScriptGone(Exception):
    """The script that asked has ended or was killed; a handler must not go on."""


class Wire:
    """One connection, line by line."""

    def __init__(self, connection: socket.socket) -> None:
        """`connection` is closed with it."""
        self._socket = connection
        self._reader = connection.makefile("rb")

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one document. Raises ScriptGone when nobody listens any more."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise ScriptGone from error

    def receive(self) -> dict[str, Any]:
        """The next document. Raises ScriptGone at the end."""
        try:
            line = self._reader.readline()
        except (OSError, ValueError) as error:
            raise ScriptGone from error
        if not line.endswith(b"\n"):
            raise ScriptGone
        document: dict[str, Any] = json.loads(line)
        return document

    def close(self) -> None:
        """Hang up; whoever waits on either side is told."""
        with contextlib.suppress(OSError):  # gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.close()
        self._socket.close()


class WorldServer:
    """Listens until closed; answers scripts out of a CmdletWorld."""

    def __init__(
        self, world: CmdletWorld, folder: Path, endpoint_module: Callable[[str], Path]
    ) -> None:
        """`endpoint_module` gives the manifest of a product's cmdlets for an inner session."""
        self.path = folder / "s"
        self._world = world
        self._endpoint_module = endpoint_module
        self._sessions: dict[str, Session] = {}
        self._hops: dict[tuple[str, str], Logon] = {}
        self._hosts: dict[str, SimpleQueue[Wire]] = {}
        self._wires: set[Wire] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="world-server", daemon=True).start()

    def enter(self, session: Session) -> str:
        """Begin a run on this session; the answer names it on the wire until `leave`."""
        key = secrets.token_hex(8)
        with self._lock:
            self._sessions[key] = session
        return key

    def leave(self, key: str) -> None:
        """End a run: its name and its inner sessions are forgotten."""
        with self._lock:
            self._sessions.pop(key, None)
            self._hops = {hop: logon for hop, logon in self._hops.items() if hop[0] != key}

    def expect_host(self, token: str) -> SimpleQueue[Wire]:
        """Where the control connection of the process that knows `token` will arrive."""
        arrival: SimpleQueue[Wire] = SimpleQueue()
        with self._lock:
            self._hosts[token] = arrival
        return arrival

    def close(self) -> None:
        """Hang up on everybody."""
        with self._lock:
            self._closed = True
            wires = list(self._wires)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in wires:
            wire.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            wire = Wire(connection)
            with self._lock:
                if self._closed:
                    wire.close()
                    return
                self._wires.add(wire)
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: Wire) -> None:
        """Answer one connection to its end; a bug of the world ends it, and the script with it."""
        mine = True
        try:
            while True:
                question = wire.receive()
                if question["call"] == "host":
                    # From here on the connection belongs to whoever started that process.
                    mine = False
                    self._hosts.pop(question["token"]).put(wire)
                    return
                self._answer(wire, question)
        except ScriptGone:
            return
        finally:
            if mine:
                wire.close()
                with self._lock:
                    self._wires.discard(wire)

    def _answer(self, wire: Wire, question: dict[str, Any]) -> None:
        session = self._sessions.get(question["session"])
        if session is None:
            wire.send({"broken": "the run that asks is over"})
            return
        try:
            wire.send({"end": self._decide(wire, session, question)})
        except CmdletError as error:
            wire.send({"fail": values.encode_error(error)})

    def _decide(self, wire: Wire, session: Session, question: dict[str, Any]) -> Any:
        match question["call"]:
            case "invoke":
                return self._invoke(wire, session, question)
            case "bind":
                value = values.decode(question["value"])
                return self._world.bind(session, question["cmdlet"], question["parameter"], value)
            case "system":
                return self._world.system(session, question["what"], question["arguments"])
            case "cim":
                return [values.encode(item) for item in cim.answer(self._world, session, question)]
            case "connect":
                return self._connect(session, question)
        raise ValueError(f"unknown question {question['call']!r}")

    def _invoke(self, wire: Wire, session: Session, question: dict[str, Any]) -> None:
        hop = question["hop"]
        call = CmdletCall(
            session=session,
            name=question["cmdlet"],
            parameter_set=question["set"],
            parameters={
                name: values.decode(value) for name, value in question["parameters"].items()
            },
            second_hop=self._hops.get((question["session"], hop)) if hop else None,
            what_if=question["what_if"],
        )
        output = _WireOutput(wire)
        self._world.invoke(call, output)
        if question["what_if"] and not output.asked and not output.complained:
            raise AssertionError(f"{call.name} ran under -WhatIf without asking should_process")

    def _connect(self, session: Session, question: dict[str, Any]) -> Mapping[str, Any]:
        """Open an inner session on a product's own endpoint, if the world accepts the logon."""
        asked = {name: question[name] for name in ("endpoint", "user", "password")}
        answer = self._world.system(session, "credential", asked)
        if not answer or "user" not in answer:
            return {"error": (answer or {}).get("error", "Access is denied.")}
        product = answer.get("product") or self._endpoint_product(session)
        if product is None or question["configuration"] != "Microsoft.Exchange":
            return {"error": "The WS-Management service cannot process the request."}
        hop = secrets.token_hex(8)
        with self._lock:
            self._hops[(question["session"], hop)] = Logon(answer["user"], LogonKind.NETWORK)
        return {
            "hop": hop,
            "manifest": str(self._endpoint_module(product)),
            "values": answer.get("values", "text"),
        }

    def _endpoint_product(self, session: Session) -> str | None:
        snapins = self._world.system(session, "snapins", {})
        return next((item["product"] for item in snapins), None)


class _WireOutput:
    """CmdletOutput that writes events to the asking cmdlet."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.asked = False
        self.complained = False

    def write_object(self, value: PsObject) -> None:
        self._wire.send({"object": values.encode(value)})

    def write_error(self, error: CmdletError) -> None:
        self.complained = True
        self._wire.send({"error": values.encode_error(error)})

    def write_warning(self, text: str) -> None:
        self._wire.send({"warning": text})

    def write_verbose(self, text: str) -> None:
        self._wire.send({"verbose": text})

    def write_host(self, text: str) -> None:
        self._wire.send({"host": text})

    def should_process(self, target: str, action: str) -> bool:
        self.asked = True
        self._wire.send({"ask": [target, action]})
        return bool(self._wire.receive()["yes"])
