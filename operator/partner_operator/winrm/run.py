"""One remote run from logon to a checked answer."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WSManFaultError,
)

from partner_operator.winrm import failures, framing
from partner_operator.winrm.answer import Answer, Output, understand
from partner_operator.winrm.bootstrap import command_line
from partner_operator.winrm.channels import Channel, Channels
from partner_operator.winrm.endpoint import Endpoint
from partner_operator.winrm.errors import ProtocolViolation, RemoteRunError
from partner_operator.winrm.failures import Phase
from partner_operator.winrm.transport import LogonBroken
from partner_operator.winrm.turns import Asker

logger = logging.getLogger(__name__)

UTF8 = 65001
IDLE_TIMEOUT = "PT180S"
"""After a crash of ours the host drops the shell by itself."""
CHUNK = 200_000
"""Bytes of one Send: base64 and envelope stay below MaxEnvelopeSizekb."""
CLEANING_SECONDS = 10.0
BUSY_SENDING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """What to run there. The script sees `$Request` and `$Secrets` and returns one object."""

    operation: str
    script: str
    parameters: Mapping[str, Any]
    """Plain data: null, booleans, strings, 32-bit integers, lists, objects with plain names."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline_seconds: float = 120.0
    """For everything, from the first connection on; cleaning up may add ten seconds."""
    mutex_wait_seconds: float = 60.0
    """How long to wait on the host while another run of ours works there; at most half the deadline."""
    about: str = ""
    """The object for which it runs, `namespace/name`: for the log, and for the connection that its runs share."""
    asker: Asker | None = None
    """Whose turn it takes; None: it waits for nobody."""
    product: str = ""
    """Whose script it is, for people who count runs."""


def run(endpoint: Endpoint, request: RemoteRequest, channels: Channels | None = None) -> Answer:
    """Run a script on a host. Blocks; raises RemoteRunError and nothing else.

    Raises ValueError for a request that cannot be sent (a mistake of the caller).
    Nothing after Command is retried: what is unknown is reported as unknown.
    `channels` keeps the connection for the next run about the same object; without, it ends with the run.
    """
    kept = channels or Channels()
    outcome = _outcome(endpoint, request, kept)
    if channels is None:
        kept.end(request.about)
    if isinstance(outcome, RemoteRunError):
        raise outcome
    return outcome


def _outcome(
    endpoint: Endpoint, request: RemoteRequest, channels: Channels
) -> Answer | RemoteRunError:
    """The failure is handed back without its frames: their variables hold the logon and the request."""
    try:
        return _run(endpoint, request, channels)
    except RemoteRunError as failure:
        failure.__context__ = None
        return failure.with_traceback(None)


def _run(endpoint: Endpoint, request: RemoteRequest, channels: Channels) -> Answer:
    line = framing.request_line(
        request.script,
        request.parameters,
        request.secrets,
        int(1000 * min(request.mutex_wait_seconds, request.deadline_seconds / 2)),
    )
    deadline = time.monotonic() + request.deadline_seconds
    with channels.channel(request.about, endpoint, deadline) as channel:
        conversation = _Conversation(channel, request, line)
        try:
            output = conversation.hold()
        except failures.EXPECTED as error:
            failure = failures.classify(error, conversation.failed_in, endpoint.host)
            conversation.tell(failure, f" in {conversation.failed_in}")
            failure.logon_refused = failure.logon_refused or conversation.logon_refused
            # The cause may carry requests and replies; only our own sentence goes on.
            raise failure from None
    hidden = (endpoint.password, *request.secrets.values())
    try:
        answer = understand(endpoint.host, output, framing.request_digest(line), hidden)
    except RemoteRunError as failure:
        failure.logon_refused = conversation.logon_refused
        conversation.tell(failure)
        raise
    conversation.tell(None)
    return replace(answer, logon_refused=conversation.logon_refused)


class _Conversation:
    """Create, Command, Send, Receive and Delete, and Signal where the command has not ended by itself."""

    def __init__(self, channel: Channel, request: RemoteRequest, line: bytes) -> None:
        """`channel` rests at the end if the next run may use it."""
        self.phases: dict[str, float] = {}
        self.failed_in = Phase.CREATE
        self.logon_refused = False
        self._line = line
        self._request = request
        self._channel = channel
        self._host = channel.endpoint.host
        self._shell = ""
        self._command = ""

    def hold(self) -> Output:
        """All of it. The shell is closed whatever happens."""
        try:
            with self._phase(Phase.CREATE):
                self._shell = self._open_shell()
            with self._phase(Phase.COMMAND):
                self._command = self._channel.protocol.run_command(
                    self._shell, command_line(), console_mode_stdin=False
                )
            with self._phase(Phase.SEND):
                self._send()
            with self._phase(Phase.RECEIVE):
                stdout, stderr, code = self._receive()
            # It has ended, and we have all of its output: nothing is left that a Signal could end.
            self._command = ""
        except InvalidCredentialsError:
            self.logon_refused = True
            raise
        finally:
            started = time.monotonic()
            self._clean_up()
            self.phases[Phase.CLEAN_UP] = time.monotonic() - started
        if not self._shell:
            self._channel.rest()
        return Output(stdout, stderr, code, self.phases)

    def _open_shell(self) -> str:
        """On the connection as it is, where one is logged on; else with a logon.

        Create is the only message that is sent again, and only where a connection was lost while it had nothing to
        do: at the worst a shell stays that nobody uses, and ends by itself.
        """
        if self._channel.logged_on:
            try:
                with self._channel.transport.without_logon():
                    return self._create()
            except (requests.ConnectionError, requests.Timeout, LogonBroken):
                self._channel.renew()
        self._channel.transport.log_on()
        return self._create()

    def _create(self) -> str:
        shell: str = self._channel.protocol.open_shell(
            codepage=UTF8, noprofile=True, idle_timeout=IDLE_TIMEOUT
        )
        return shell

    def tell(self, failure: RemoteRunError | None, where: str = "") -> None:
        """One line of the log for the whole run. The failure's sentence is for the status."""
        seconds = round(sum(self.phases.values()), 1)
        what = (self._request.operation, self._host)
        fields = {
            "object": self._request.about,
            "operation": self._request.operation,
            "host": self._host,
            "seconds": seconds,
            "outcome": "Succeeded" if failure is None else type(failure).__name__,
        }
        if failure is None:
            logger.info("%s on %s took %.1f s", *what, seconds, extra=fields)
            return
        text = "%s on %s failed%s after %.1f s: %s"
        logger.warning(text, *what, where, seconds, fields["outcome"], extra=fields)

    @contextlib.contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except failures.EXPECTED:
            self.failed_in = phase
            raise
        finally:
            self.phases[phase] = time.monotonic() - started

    def _send(self) -> None:
        for start in range(0, len(self._line), CHUNK):
            chunk = self._line[start : start + CHUNK]
            self._send_chunk(chunk, end=start + CHUNK >= len(self._line))

    def _send_chunk(self, chunk: bytes, *, end: bool) -> None:
        for patience in (2, 1, 0):
            try:
                self._channel.protocol.send_command_input(
                    self._shell, self._command, chunk, end=end
                )
                return
            except WinRMOperationTimeoutError:
                # Taken for delivered; the bootstrap's checksum tells if it was not (C10).
                return
            except WSManFaultError as fault:
                if fault.wsman_fault_code != failures.BUSY_SENDING or not patience:
                    raise
                time.sleep(BUSY_SENDING_SECONDS)

    def _receive(self) -> tuple[bytes, bytes, int]:
        stdout, stderr = bytearray(), bytearray()
        while True:
            try:
                out, err, code, done = self._channel.protocol.get_command_output_raw(
                    self._shell, self._command
                )
            except WinRMOperationTimeoutError:
                continue
            stdout += out
            stderr += err
            if len(stdout) + len(stderr) > 2 * framing.LONGEST_ANSWER:
                raise ProtocolViolation(
                    f"{self._host} sends output without end.", outcome_unknown=True
                )
            if done:
                return bytes(stdout), bytes(stderr), int(code) & 0xFFFFFFFF

    def _clean_up(self) -> None:
        """Signal and Delete, each by itself: a shell that stays counts against the user's quota.

        Not after a refused logon: a second one would bring the account nearer to its lockout.
        """
        connections = self._channel.transport.connections
        protocol = self._channel.protocol
        connections.allow_until(time.monotonic() + CLEANING_SECONDS / 2)
        if self._command and not self.logon_refused:
            self._quietly("Signal", lambda: protocol.cleanup_command(self._shell, self._command))
        if self._shell and not self.logon_refused:
            # Time of its own: a Signal without a reply must not cost the Delete.
            connections.allow_until(time.monotonic() + CLEANING_SECONDS / 2)
            if self._quietly("Delete", lambda: protocol.close_shell(self._shell, False)):
                self._shell = ""

    def _quietly(self, name: str, step: Callable[[], None]) -> bool:
        """Try a step, and say whether it was done; the run's own end is not spoilt by it."""
        try:
            step()
        except failures.EXPECTED as error:
            logger.debug("%s: %s: %s", self._host, name, type(error).__name__)
            if isinstance(error, InvalidCredentialsError):
                self.logon_refused = True
            return False
        return True
