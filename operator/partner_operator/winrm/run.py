"""One remote run from logon to a checked answer."""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WSManFaultError,
)

from partner_operator.winrm import failures, framing
from partner_operator.winrm.answer import Answer, Output, understand
from partner_operator.winrm.bootstrap import arguments
from partner_operator.winrm.errors import ProtocolViolation, RemoteRunError, TlsFailed
from partner_operator.winrm.failures import Phase
from partner_operator.winrm.transport import make_protocol
from partner_operator.winrm.turns import Asker

logger = logging.getLogger(__name__)

UTF8 = 65001
IDLE_TIMEOUT = "PT180S"
"""After a crash of ours the host drops the shell by itself."""
CHUNK = 200_000
"""Bytes of one Send: base64 and envelope stay below MaxEnvelopeSizekb."""
CLEANING_SECONDS = 10.0
BUSY_SENDING_SECONDS = 5.0


Authentication = Literal["ntlm", "credssp", "kerberos"]
"""How to log on, in pywinrm's words."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A WinRM listener and a logon. Always HTTPS."""

    host: str
    port: int
    authentication: Authentication
    username: str = field(repr=False)
    password: str = field(repr=False)
    ca_pem: str | None = None
    """Trusted authorities instead of the public ones."""

    @property
    def url(self) -> str:
        """The endpoint's URL, with brackets around an IPv6 address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}/wsman"


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
    """The object for which it runs, for the log: `namespace/name`."""
    asker: Asker | None = None
    """Whose turn it takes; None: it waits for nobody."""
    product: str = ""
    """Whose script it is, for people who count runs."""


def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
    """Run a script on a host. Blocks; raises RemoteRunError and nothing else.

    Raises ValueError for a request that cannot be sent (a mistake of the caller).
    Nothing after Command is retried: what is unknown is reported as unknown.
    """
    outcome = _outcome(endpoint, request)
    if isinstance(outcome, RemoteRunError):
        raise outcome
    return outcome


def _outcome(endpoint: Endpoint, request: RemoteRequest) -> Answer | RemoteRunError:
    """The failure is handed back without its frames: their variables hold the logon and the request."""
    try:
        return _run(endpoint, request)
    except RemoteRunError as failure:
        failure.__context__ = None
        return failure.with_traceback(None)


def _run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
    line = framing.request_line(
        request.script,
        request.parameters,
        request.secrets,
        int(1000 * min(request.mutex_wait_seconds, request.deadline_seconds / 2)),
    )
    with _trusted(endpoint) as ca_path:
        conversation = _Conversation(endpoint, request, ca_path, line)
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


class _Conversation:
    """Create, Command, Send, Receive, Signal, Delete: one Protocol, used once."""

    def __init__(
        self, endpoint: Endpoint, request: RemoteRequest, ca_path: str | None, line: bytes
    ) -> None:
        self.phases: dict[str, float] = {}
        self.failed_in = Phase.CREATE
        self.logon_refused = False
        self._line = line
        self._request = request
        self._host = endpoint.host
        self._shell = ""
        self._command = ""
        self._protocol, self._transport = make_protocol(
            url=endpoint.url,
            transport=endpoint.authentication,
            username=endpoint.username,
            password=endpoint.password,
            ca_path=ca_path,
            deadline=time.monotonic() + request.deadline_seconds,
        )

    def hold(self) -> Output:
        """All of it. The shell is closed whatever happens."""
        try:
            with self._phase(Phase.CREATE):
                self._transport.log_on()
                self._shell = self._protocol.open_shell(
                    codepage=UTF8, noprofile=True, idle_timeout=IDLE_TIMEOUT
                )
            with self._phase(Phase.COMMAND):
                self._command = self._protocol.run_command(
                    self._shell, f"powershell.exe {arguments()}", console_mode_stdin=False
                )
            with self._phase(Phase.SEND):
                self._send()
            with self._phase(Phase.RECEIVE):
                stdout, stderr, code = self._receive()
        except InvalidCredentialsError:
            self.logon_refused = True
            raise
        finally:
            started = time.monotonic()
            self._clean_up()
            self.phases[Phase.CLEAN_UP] = time.monotonic() - started
        return Output(stdout, stderr, code, self.phases)

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
                self._protocol.send_command_input(self._shell, self._command, chunk, end=end)
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
                out, err, code, done = self._protocol.get_command_output_raw(
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
        self._transport.connections.allow_until(time.monotonic() + CLEANING_SECONDS / 2)
        if self._command and not self.logon_refused:
            self._quietly(self._protocol.cleanup_command, self._shell, self._command)
        if self._shell and not self.logon_refused:
            # Time of its own: a Signal without a reply must not cost the Delete.
            self._transport.connections.allow_until(time.monotonic() + CLEANING_SECONDS / 2)
            self._quietly(self._protocol.close_shell, self._shell)
        self._transport.close()

    def _quietly(self, step: Callable[..., None], *ids: str) -> None:
        """Try a step; the run's own end is not spoilt by it."""
        try:
            step(*ids)
        except failures.EXPECTED as error:
            logger.debug("%s: %s: %s", self._host, step.__name__, type(error).__name__)
            if isinstance(error, InvalidCredentialsError):
                self.logon_refused = True
