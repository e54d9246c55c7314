"""Connections with their logon, used by the runs of one pass one after the other, and by nobody else.

NTLM and CredSSP log a connection on, not a request. So the next run of the same pass to the same host, with the same
logon and the same authorities, needs neither a connection nor a logon of its own.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from partner_operator.winrm.endpoint import Endpoint
from partner_operator.winrm.errors import TlsFailed
from partner_operator.winrm.transport import make_protocol

LONGEST_REST = 60.0
"""Seconds without a run after which a connection is ended, and with it what the host holds of a logon by CredSSP.
Windows itself ends it after two minutes, and what stands in between may forget it earlier without a word."""


class Channel:
    """A connection to one host. One run uses it at a time."""

    def __init__(self, endpoint: Endpoint, deadline: float) -> None:
        """Nothing is connected yet; all is cut at `deadline`, of time.monotonic. Raises TlsFailed."""
        self.endpoint = endpoint
        self.logged_on = False
        """A run came to its end on it, so the host knows who we are."""
        self._open(deadline)

    def _open(self, deadline: float) -> None:
        endpoint = self.endpoint
        with contextlib.ExitStack() as files:
            self.protocol, self.transport = make_protocol(
                url=endpoint.url,
                transport=endpoint.authentication,
                username=endpoint.username,
                password=endpoint.password,
                ca_path=files.enter_context(_trusted(endpoint)),
                deadline=deadline,
            )
            self._files = files.pop_all()

    def renew(self) -> None:
        """Begin anew, with a connection and a logon of its own."""
        deadline = self.transport.connections.deadline
        self.close()
        self.logged_on = False
        self._open(deadline)

    def begin(self, deadline: float) -> None:
        """The next run begins; all is cut at `deadline`."""
        self.transport.connections.allow_until(deadline)

    def rest(self) -> None:
        """A run came to a good end: the next one may use it."""
        self.transport.connections.rest(LONGEST_REST)
        self.logged_on = True

    @property
    def rests(self) -> bool:
        """Whether the next run may use it: neither its host has ended it, nor we."""
        connections = self.transport.connections
        return connections.resting and connections.newest_is_open

    def close(self) -> None:
        """End it."""
        self.transport.close()
        self._files.close()


@contextlib.contextmanager
def _trusted(endpoint: Endpoint) -> Iterator[str | None]:
    """The bundle as the file that requests wants; None means the public authorities."""
    if endpoint.ca_pem is None:
        yield None
        return
    handle, path = tempfile.mkstemp(prefix="partner-operator-ca-", suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(endpoint.ca_pem)
        try:
            ssl.create_default_context(cafile=path)
        except ssl.SSLError:
            raise TlsFailed(
                f"{endpoint.host}: the CA bundle given for it holds no certificate in PEM form."
            ) from None
        yield path
    finally:
        os.unlink(path)


@dataclass(slots=True)
class _Pass:
    """The channels that rest between two runs of one pass."""

    resting: dict[Endpoint, Channel] = field(default_factory=dict)
    over: bool = False


class Channels:
    """Hands out channels to runs on any thread, and keeps them until the pass ends.

    A pass is known by the object that it is over, and an object has one pass at a time.
    """

    def __init__(self) -> None:
        """Nobody runs anything yet."""
        self._lock = threading.Lock()
        self._passes: dict[str, _Pass] = {}

    @contextlib.contextmanager
    def channel(self, about: str, endpoint: Endpoint, deadline: float) -> Iterator[Channel]:
        """A channel for one run of the pass over `about`. One that does not rest at the end is not used again."""
        with self._lock:
            of = self._passes.setdefault(about, _Pass())
            found = of.resting.pop(endpoint, None)
        channel = self._begun(found, deadline) or Channel(endpoint, deadline)
        try:
            yield channel
        finally:
            with self._lock:
                kept = channel.rests and not of.over and endpoint not in of.resting
                if kept:
                    of.resting[endpoint] = channel
            if not kept:
                channel.close()

    @staticmethod
    def _begun(found: Channel | None, deadline: float) -> Channel | None:
        if found is None:
            return None
        if not found.rests:
            found.close()
            return None
        found.begin(deadline)
        return found

    def end(self, about: str) -> None:
        """The pass is over. A channel that a run still uses ends with that run."""
        with self._lock:
            ended = self._passes.pop(about, _Pass())
            ended.over = True
        for channel in ended.resting.values():
            channel.close()
