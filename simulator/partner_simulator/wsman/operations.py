"""The WinRS operations: Create, Command, Send, Receive, Signal, Delete, and Identify."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from partner_simulator.ports import (
    COMMAND_LINE_CHARACTERS,
    CommandEngine,
    Directory,
    Logon,
    Session,
)
from partner_simulator.wsman import envelope, names, soap_faults
from partner_simulator.wsman.commands import Batch, Command, too_long
from partner_simulator.wsman.counters import Counters, Tally, command_hash
from partner_simulator.wsman.envelope import Request, new_uuid
from partner_simulator.wsman.names import Step, qualified
from partner_simulator.wsman.settings import WsmanSettings
from partner_simulator.wsman.shells import Shell, ShellTable
from partner_simulator.wsman.soap_faults import fault

_ENVELOPE_OVERHEAD_BYTES = 4096
_DEFAULT_CODEPAGE = 437


def nothing() -> None:
    """Do nothing: what `Call.undo` is unless output has been taken."""


@dataclass(slots=True)
class Call:
    """One request on its way through; the fields after `logon` are filled in as they are known."""

    step: Step
    request: Request
    logon: Logon
    shell_id: str = ""
    command_id: str = ""
    command_hash: str = ""
    number: int = 1
    """Which Send or Receive of its command this is, from 1."""
    undo: Callable[[], None] = nothing
    """To be called when the reply could not be delivered."""


class Operations:
    """The shell plug-in of one host."""

    def __init__(
        self,
        host: str,
        engine: CommandEngine,
        directory: Directory,
        settings: Callable[[], WsmanSettings],
        counters: Counters,
    ) -> None:
        """`settings` is asked on each request, so that they may change at run time."""
        self._host = host
        self._engine = engine
        self._directory = directory
        self._settings = settings
        self._counters = counters
        self.shells = ShellTable(counters)

    def prepare(self, request: Request, logon: Logon) -> Call:
        """Say which step this is and which shell and command it means, without doing anything.

        Raises SoapFault for an unknown action.
        """
        step = names.ACTIONS.get(request.action)
        if step is None:
            raise fault(soap_faults.INVALID_HEADER)
        call = Call(step, request, logon, request.shell_id)
        if step is Step.COMMAND:
            call.command_hash = command_hash(_command_line(request))
        elif step in (Step.SEND, Step.RECEIVE, Step.SIGNAL):
            call.command_id = _command_id(request)
            self._number(call)
        return call

    def perform(self, call: Call) -> bytes:
        """Do what was asked and return the response envelope. Raises SoapFault."""
        if not self._directory.may_use_winrs(self._host, call.logon.user):
            raise fault(soap_faults.ACCESS_DENIED)
        if call.request.resource != names.CMD_RESOURCE:
            raise fault(soap_faults.UNKNOWN_RESOURCE)
        if call.step is Step.CREATE:
            return self._create(call)
        shell = self.shells.find(call.shell_id, call.logon.user)
        if call.step is Step.DELETE:
            self.shells.close(shell)
            return envelope.response(call.request, "")
        if call.step is Step.COMMAND:
            return self._command(call, shell)
        command = shell.command(call.command_id)
        if call.step is Step.SEND:
            return self._send(call, command)
        if call.step is Step.SIGNAL:
            return self._signal(call, shell, command)
        return self._receive(call, shell, command)

    def _number(self, call: Call) -> None:
        command = self.shells.peek(call.shell_id, call.command_id)
        if command is None:
            return
        call.command_hash = command.line_hash
        if call.step is Step.SEND:
            command.sends += 1
            call.number = command.sends
        elif call.step is Step.RECEIVE:
            command.receives += 1
            call.number = command.receives

    def _create(self, call: Call) -> bytes:
        quotas = self._settings().quotas
        requested = _find(call.request, "IdleTimeOut")
        idle = quotas.idle_timeout_seconds
        if requested is not None and requested.text:
            idle = envelope.parse_duration(requested.text.strip())
        codepage = call.request.options.get("WINRS_CODEPAGE", str(_DEFAULT_CODEPAGE))
        if not codepage.isdecimal():
            raise fault(soap_faults.INVALID_PARAMETER)
        call.shell_id = new_uuid()
        session = Session(self._host, call.logon, call.shell_id, int(codepage))
        self.shells.open(Shell(session, idle), quotas)
        return envelope.response(call.request, _created(session, idle))

    def _command(self, call: Call, shell: Shell) -> bytes:
        self.shells.admit_command(shell, self._settings().quotas)
        line = _command_line(call.request)
        element = _find(call.request, "CommandLine")
        wanted = element.get("CommandId", "") if element is not None else ""
        call.command_id = wanted.upper() or new_uuid()
        fits = len(line) <= COMMAND_LINE_CHARACTERS
        running = self._engine.start(shell.session, line) if fits else too_long()
        self.shells.add_command(shell, Command(call.command_id, running, call.command_hash))
        return envelope.response(
            call.request,
            f"<rsp:CommandResponse><rsp:CommandId>{call.command_id}</rsp:CommandId>"
            "</rsp:CommandResponse>",
        )

    def _send(self, call: Call, command: Command) -> bytes:
        for stream in call.request.body.iter(qualified(names.SHELL, "Stream")):
            if stream.get("Name") != "stdin":
                raise fault(soap_faults.INVALID_PARAMETER)
            try:
                data = base64.b64decode("".join((stream.text or "").split()), validate=True)
            except binascii.Error as error:
                raise fault(soap_faults.INVALID_PARAMETER) from error
            self._counters.add(Tally.STDIN_BYTES, self._host, call.logon.user, len(data))
            command.send(data, end=stream.get("End", "").lower() in ("true", "1"))
        return envelope.response(call.request, "<rsp:SendResponse/>")

    def _receive(self, call: Call, shell: Shell, command: Command) -> bytes:
        settings = self._settings()
        longest = settings.quotas.max_operation_timeout_seconds
        timeout = min(call.request.operation_timeout_seconds or longest, longest)
        limit = (call.request.max_envelope_bytes - _ENVELOPE_OVERHEAD_BYTES) * 3 // 4
        counted = 1 if settings.receive_counts_as_activity else 0
        self.shells.use(shell, counted)
        try:
            batch = command.receive(limit, timeout)
        finally:
            if counted:
                self.shells.use(shell, -counted)
        if settings.redeliver_lost_output:
            call.undo = lambda: command.give_back(batch)
        amount = sum(len(piece.data) for piece in batch.pieces)
        self._counters.add(Tally.OUTPUT_BYTES, self._host, call.logon.user, amount)
        return envelope.response(call.request, _received(batch, command.command_id))

    def _signal(self, call: Call, shell: Shell, command: Command) -> bytes:
        code = (_text(call.request, "Code")).lower()
        if code == names.SIGNAL_CODE + "terminate":
            self.shells.end_command(shell, command)
        elif code in (names.SIGNAL_CODE + "ctrl_c", names.SIGNAL_CODE + "ctrl_break"):
            command.interrupt()
        else:
            raise fault(soap_faults.INVALID_PARAMETER)
        return envelope.response(call.request, "<rsp:SignalResponse/>")


def identify_response(*, authenticated: bool) -> bytes:
    """Answer Identify; who is not logged on does not learn the version."""
    version = "OS: 6.2.9200 SP: 0.0 Stack: 3.0" if authenticated else "OS: 0.0.0 SP: 0.0 Stack: 3.0"
    text = (
        f'<s:Envelope xmlns:s="{names.SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{names.IDENTITY}"><wsmid:ProtocolVersion>'
        f"{names.WSMAN}</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation"
        f"</wsmid:ProductVendor><wsmid:ProductVersion>{version}</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    )
    return text.encode()


def is_identify(request: Request) -> bool:
    """Whether the body asks who is there."""
    return request.body.find(qualified(names.IDENTITY, "Identify")) is not None


def _find(request: Request, name: str) -> ElementTree.Element | None:
    return next(request.body.iter(qualified(names.SHELL, name)), None)


def _text(request: Request, name: str) -> str:
    element = _find(request, name)
    return (element.text or "").strip() if element is not None else ""


def _command_line(request: Request) -> str:
    command = _find(request, "Command")
    arguments = request.body.iter(qualified(names.SHELL, "Arguments"))
    words = [command.text or "" if command is not None else ""]
    words += [element.text or "" for element in arguments]
    return " ".join(word for word in words if word)


def _command_id(request: Request) -> str:
    for element in request.body.iter():
        if element.get("CommandId"):
            return element.get("CommandId", "").upper()
    return ""


def _created(session: Session, idle_seconds: float) -> str:
    return (
        f"<x:ResourceCreated><a:Address>https://{session.host}:5986/wsman</a:Address>"
        f"<a:ReferenceParameters><w:ResourceURI>{names.CMD_RESOURCE}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{session.shell_id}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{session.shell_id}"
        f"</rsp:ShellId><rsp:ResourceUri>{names.CMD_RESOURCE}</rsp:ResourceUri><rsp:Owner>"
        f"{escape(session.logon.user)}</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>"
        f"<rsp:IdleTimeOut>PT{idle_seconds:.3f}S</rsp:IdleTimeOut><rsp:InputStreams>stdin"
        "</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>"
        "P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity>"
        "</rsp:Shell>"
    )


def _received(batch: Batch, command_id: str) -> str:
    streams = "".join(
        f'<rsp:Stream Name="{piece.stream}" CommandId="{command_id}">'
        f"{base64.b64encode(piece.data).decode('ascii')}</rsp:Stream>"
        for piece in batch.pieces
    )
    if batch.exit_code is None:
        state = f'State="{names.COMMAND_STATE}Running"/>'
    else:
        streams += "".join(
            f'<rsp:Stream Name="{stream}" CommandId="{command_id}" End="true"></rsp:Stream>'
            for stream in ("stdout", "stderr")
        )
        state = (
            f'State="{names.COMMAND_STATE}Done"><rsp:ExitCode>{batch.exit_code}</rsp:ExitCode>'
            "</rsp:CommandState>"
        )
    return (
        f'<rsp:ReceiveResponse>{streams}<rsp:CommandState CommandId="{command_id}" {state}'
        "</rsp:ReceiveResponse>"
    )
