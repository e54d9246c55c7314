"""One remote run from logon to a checked answer."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError
from winrm.protocol import Protocol

from partner_operator.winrm import clixml, failures, framing
from partner_operator.winrm.bootstrap import arguments
from partner_operator.winrm.errors import (
    Busy,
    ErrorDetails,
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRunError,
    ScriptError,
    without_request_ids,
)
from partner_operator.winrm.failures import Phase
from partner_operator.winrm.transport import HardenedTransport, make_protocol

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
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline_seconds: float = 120.0
    mutex_wait_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    data: dict[str, Any]
    console: str
    """Standard output outside the frame: what the script's programs wrote for people."""
    streams: clixml.Streams
    powershell_version: str
    clock: int
    """The host's clock, in seconds since 1970 UTC."""
    seconds: float


def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
    """Run a script on a host. Blocks; raises RemoteRunError and nothing else.

    Nothing after Command is retried: what is unknown is reported as unknown.
    """
    begun = time.monotonic()
    with _trusted(endpoint.ca_pem) as ca_path:
        conversation = _Conversation(endpoint, request, ca_path, begun + request.deadline_seconds)
        try:
            stdout, stderr, code = conversation.hold()
        except failures.EXPECTED as error:
            failure = failures.classify(error, conversation.phase, endpoint.host)
            logger.info(
                "%s on %s failed in %s after %.1f s: %s",
                request.operation,
                endpoint.host,
                conversation.phase,
                time.monotonic() - begun,
                type(failure).__name__,
            )
            # The cause may carry requests and replies; only our own sentence goes on.
            raise failure from None
    seconds = time.monotonic() - begun
    logger.info("%s on %s took %.1f s", request.operation, endpoint.host, seconds)
    return _understood(endpoint.host, stdout, stderr, code, seconds)


@contextlib.contextmanager
def _trusted(ca_pem: str | None) -> Iterator[str | None]:
    """The bundle as the file that requests wants; None means the public authorities."""
    if ca_pem is None:
        yield None
        return
    handle, path = tempfile.mkstemp(prefix="partner-operator-ca-", suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(ca_pem)
        yield path
    finally:
        os.unlink(path)


class _Conversation:
    """Create, Command, Send, Receive, Signal, Delete: one Protocol, used once."""

    def __init__(
        self, endpoint: Endpoint, request: RemoteRequest, ca_path: str | None, deadline: float
    ) -> None:
        self.phase = Phase.CREATE
        self._endpoint = endpoint
        self._request = request
        self._deadline = deadline
        self._ca_path = ca_path
        self._shell = ""
        self._command = ""

    def hold(self) -> tuple[bytes, bytes, int]:
        protocol, transport = make_protocol(
            url=self._endpoint.url,
            transport=self._endpoint.authentication,
            username=self._endpoint.username,
            password=self._endpoint.password,
            ca_path=self._ca_path,
            deadline=self._deadline,
        )
        try:
            self._shell = protocol.open_shell(
                codepage=UTF8, noprofile=True, idle_timeout=IDLE_TIMEOUT
            )
            self.phase = Phase.COMMAND
            self._command = protocol.run_command(
                self._shell, f"powershell.exe {arguments()}", console_mode_stdin=False
            )
            self.phase = Phase.SEND
            self._send(protocol)
            self.phase = Phase.RECEIVE
            return self._receive(protocol)
        finally:
            self._clean_up(protocol, transport)

    def _send(self, protocol: Protocol) -> None:
        request = self._request
        line = framing.request_line(
            request.script,
            request.parameters,
            request.secrets,
            int(request.mutex_wait_seconds * 1000),
        )
        for start in range(0, len(line), CHUNK):
            chunk = line[start : start + CHUNK]
            self._send_chunk(protocol, chunk, end=start + CHUNK >= len(line))

    def _send_chunk(self, protocol: Protocol, chunk: bytes, *, end: bool) -> None:
        for patience in (2, 1, 0):
            try:
                protocol.send_command_input(self._shell, self._command, chunk, end=end)
                return
            except WinRMOperationTimeoutError:
                # Taken for delivered; the bootstrap's checksum tells if it was not (C10).
                return
            except WSManFaultError as fault:
                if fault.wsman_fault_code != failures.BUSY_SENDING or not patience:
                    raise
                time.sleep(BUSY_SENDING_SECONDS)

    def _receive(self, protocol: Protocol) -> tuple[bytes, bytes, int]:
        stdout, stderr = bytearray(), bytearray()
        while True:
            if time.monotonic() > self._deadline:
                raise OutcomeUnknown(
                    f"{self._endpoint.host}: {self._request.operation} was not done after "
                    f"{self._request.deadline_seconds:.0f} s. It may still be at work; the operator waits "
                    "and reads the state again."
                )
            try:
                out, err, code, done = protocol.get_command_output_raw(self._shell, self._command)
            except WinRMOperationTimeoutError:
                continue
            stdout += out
            stderr += err
            if len(stdout) + len(stderr) > 2 * framing.LONGEST_ANSWER:
                raise ProtocolViolation(f"{self._endpoint.host} sends output without end.")
            if done:
                return bytes(stdout), bytes(stderr), int(code) & 0xFFFFFFFF

    def _clean_up(self, protocol: Protocol, transport: HardenedTransport) -> None:
        """Signal and Delete, each by itself: a shell that stays counts against the user's quota."""
        transport.deadline = time.monotonic() + CLEANING_SECONDS
        if self._command:
            self._quietly(protocol.cleanup_command, self._shell, self._command)
        if self._shell:
            self._quietly(protocol.close_shell, self._shell)
        transport.close_session()

    def _quietly(self, step: Any, *ids: str) -> None:
        try:
            step(*ids)
        except failures.EXPECTED as error:
            logger.debug("%s: %s: %s", self._endpoint.host, step.__name__, type(error).__name__)


def _understood(host: str, stdout: bytes, stderr: bytes, code: int, seconds: float) -> Answer:
    streams = clixml.parse(stderr)
    found = framing.find_answer(stdout)
    if found is None:
        raise _without_answer(host, stdout, streams, code)
    document, rest = found
    if document.get("ok") is not True:
        raise _failure(host, document)
    data = document.get("data")
    if not isinstance(data, dict):
        raise ProtocolViolation(f"{host}: the answer holds no object.")
    framing.check_contract(data)
    facts = document.get("host") or {}
    return Answer(
        data=data,
        console=rest.decode("utf-8", errors="replace"),
        streams=streams,
        powershell_version=str(facts.get("version", "")),
        clock=int(facts.get("clock", 0)),
        seconds=seconds,
    )


def _without_answer(host: str, stdout: bytes, streams: clixml.Streams, code: int) -> RemoteRunError:
    text = f"{streams.text}\n{stdout.decode('utf-8', errors='replace')}"
    blocked = failures.obstacle(text, host)
    if blocked is not None:
        return blocked
    said = " ".join(streams.text.split())[:200]
    return OutcomeUnknown(
        f"{host}: PowerShell ended with code {code} and without an answer. Whether the script did its work "
        f"is not known; the operator reads the state again. PowerShell said: {said or 'nothing'}"
    )


def _failure(host: str, document: dict[str, Any]) -> RemoteRunError:
    why, record = document.get("why"), document.get("error")
    if why == "Damaged":
        return ProtocolViolation(
            f"{host}: the request arrived damaged, so nothing was run.", nothing_ran=True
        )
    if not isinstance(record, dict):
        return Busy(
            f"{host} is busy with another run of the operator (or of a second one). It is waited for."
        )
    details = ErrorDetails(
        error_id=without_request_ids(str(record.get("id", ""))),
        type=str(record.get("type", "")),
        innermost_type=str(record.get("inner", "")),
        category=str(record.get("category", "")),
        messages=tuple(without_request_ids(str(text)) for text in record.get("messages") or ()),
        position=str(record.get("position", "")),
    )
    blocked = failures.obstacle(details.error_id, host)
    return blocked if blocked is not None else ScriptError(details)
