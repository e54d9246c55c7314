"""One HTTP request on a connection: logon, dispatch, injected faults, reply, log."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import replace
from http import HTTPStatus

from spnego.exceptions import SpnegoError

from partner_simulator.wsman import fault_actions, names, sealing, soap_faults
from partner_simulator.wsman.authentication import Authenticator, Outcome
from partner_simulator.wsman.counters import RequestRecord, Tally
from partner_simulator.wsman.envelope import (
    MalformedMessageError,
    Request,
    fault_response,
    parse_request,
)
from partner_simulator.wsman.fault_actions import Spoil
from partner_simulator.wsman.faults import Occasion, When
from partner_simulator.wsman.http import HttpReply, HttpRequest
from partner_simulator.wsman.names import Scheme, Step
from partner_simulator.wsman.operations import Call, identify_response, is_identify, nothing
from partner_simulator.wsman.service import Service, disturb
from partner_simulator.wsman.soap_faults import FaultShape, SoapFault, fault, fault_body
from partner_simulator.wsman.wire import CutError, Wire


class _InsteadError(Exception):
    """An injected answer stands in for the real one."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Exchange:
    """One request and its reply."""

    def __init__(
        self,
        service: Service,
        wire: Wire,
        authenticator: Authenticator,
        request: HttpRequest,
        secure: bool,
    ) -> None:
        """`secure` tells whether the connection has TLS."""
        self._service = service
        self._wire = wire
        self._authenticator = authenticator
        self._request = request
        self._secure = secure
        self._sealed = sealing.is_sealed(request.content_type)
        self._started = time.monotonic()
        self._step = Step.AUTHENTICATE
        self._user = ""
        self._call: Call | None = None
        self._message_id: str | None = None
        self._fault_code: int | None = None
        self._spoilers: list[Spoil] = []
        self._logon_headers: tuple[tuple[str, str], ...] = ()

    def run(self) -> bool:
        """Answer, log, and say whether the connection stays. Raises CutError and OSError."""
        try:
            reply = self._finish(self._answer())
        except (CutError, OSError):
            self._undo()
            self._log(HttpReply(0))
            raise
        # Counted and logged first: whoever has the reply may look at the counters at once.
        self._log(reply)
        broken_off = reply.declared_length is not None
        if broken_off:
            self._undo()
        try:
            self._wire.send(reply)
        except (CutError, OSError):
            self._undo()
            raise
        return not reply.close and not broken_off

    def _undo(self) -> None:
        if self._call is not None:
            self._call.undo()
            self._call.undo = nothing

    def _answer(self) -> HttpReply:
        try:
            return self._guarded()
        except _InsteadError as instead:
            self._undo()
            return instead.reply
        except SoapFault as occurred:
            return self._soap_fault(occurred, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _guarded(self) -> HttpReply:
        if self._request.path.split("?")[0].lower().rstrip("/") != "/wsman":
            return HttpReply(HTTPStatus.NOT_FOUND)
        if self._request.method != "POST":
            return HttpReply(HTTPStatus.METHOD_NOT_ALLOWED, close=True)
        anonymous = self._request.headers.get("WSMANIDENTIFY", "").lower() == "unauthenticated"
        if anonymous and is_identify(self._parse(self._request.body)):
            return self._identify(authenticated=False)
        refusal = self._authenticate()
        if refusal is not None:
            return refusal
        if not self._request.body:
            return HttpReply(HTTPStatus.OK)
        clear = self._clear_body()
        if isinstance(clear, HttpReply):
            return clear
        return self._operate(clear)

    def _authenticate(self) -> HttpReply | None:
        """Return None when this request may go on, else what to answer."""
        header = str(self._request.headers.get("Authorization", ""))
        if not header:
            if self._authenticator.logon is None:
                return self._challenge()
            self._user = self._authenticator.logon.user
            return None
        scheme_name, _, encoded = header.partition(" ")
        scheme = self._acceptable(scheme_name)
        if scheme is None:
            return self._challenge()
        try:
            token = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return HttpReply(HTTPStatus.BAD_REQUEST)
        if self._authenticator.begins(scheme, token):
            self._strike(Occasion(Step.AUTHENTICATE, self._service.host), When.BEFORE)
        return self._logon(scheme, scheme_name, token)

    def _logon(self, scheme: Scheme, spelling: str, token: bytes) -> HttpReply | None:
        service = self._service
        answer = self._authenticator.step(scheme, token)
        encoded = base64.b64encode(answer.token).decode("ascii")
        headers = (("WWW-Authenticate", f"{spelling} {encoded}"),) if encoded else ()
        self._user = answer.user
        if answer.outcome is Outcome.CONTINUE:
            return HttpReply(HTTPStatus.UNAUTHORIZED, headers=headers)
        if answer.outcome is Outcome.REJECTED:
            service.counters.add(Tally.LOGONS_REJECTED, service.host, answer.user)
            return (
                HttpReply(HTTPStatus.UNAUTHORIZED, headers=headers)
                if headers
                else self._challenge()
            )
        service.counters.add(Tally.LOGONS_ACCEPTED, service.host, answer.user)
        self._logon_headers = headers
        self._strike(Occasion(Step.AUTHENTICATE, service.host, answer.user), When.AFTER)
        return None

    def _acceptable(self, name: str) -> Scheme | None:
        offered = {scheme.lower() for scheme in self._service.settings().offered_schemes}
        wanted = name.lower()
        if wanted == "ntlm" and "negotiate" in offered:
            return Scheme.NTLM
        known = {scheme.lower(): scheme for scheme in Scheme}
        return known.get(wanted) if wanted in offered else None

    def _challenge(self) -> HttpReply:
        offered = self._service.settings().offered_schemes
        headers = tuple(("WWW-Authenticate", scheme) for scheme in offered)
        return HttpReply(HTTPStatus.UNAUTHORIZED, headers=headers)

    def _clear_body(self) -> bytes | HttpReply:
        request = self._request
        context = self._authenticator.context
        if self._sealed and context is not None:
            try:
                return sealing.unseal(context, request.body)
            except (sealing.SealingError, SpnegoError):
                return HttpReply(HTTPStatus.BAD_REQUEST)
        if not self._secure and not self._service.settings().allow_unencrypted:
            # AllowUnencrypted=false answers a bare 500.
            return HttpReply(HTTPStatus.INTERNAL_SERVER_ERROR)
        if not request.content_type.lower().startswith("application/soap+xml"):
            return HttpReply(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        return request.body

    def _parse(self, clear: bytes) -> Request:
        try:
            request = parse_request(clear)
        except MalformedMessageError as error:
            raise _InsteadError(HttpReply(HTTPStatus.BAD_REQUEST)) from error
        self._message_id = request.message_id
        return request

    def _operate(self, clear: bytes) -> HttpReply:
        service = self._service
        logon = self._authenticator.logon
        assert logon is not None
        request = self._parse(clear)
        if is_identify(request):
            return self._identify(authenticated=True)
        call = self._call = service.operations.prepare(request, logon)
        self._step = call.step
        self._strike(self._occasion(call), When.BEFORE)
        if len(clear) > service.settings().quotas.max_envelope_bytes:
            raise fault(soap_faults.ENVELOPE_TOO_LARGE)
        reply = self._soap(HTTPStatus.OK, service.operations.perform(call))
        self._strike(self._occasion(call), When.AFTER)
        return reply

    def _identify(self, *, authenticated: bool) -> HttpReply:
        self._step = Step.IDENTIFY
        occasion = Occasion(Step.IDENTIFY, self._service.host, self._user)
        self._strike(occasion, When.BEFORE)
        reply = self._soap(HTTPStatus.OK, identify_response(authenticated=authenticated))
        self._strike(occasion, When.AFTER)
        return reply

    def _occasion(self, call: Call) -> Occasion:
        return Occasion(
            call.step,
            self._service.host,
            call.logon.user,
            call.shell_id,
            call.command_id,
            call.number,
        )

    def _strike(self, occasion: Occasion, when: When) -> None:
        """Apply what was injected here. Raises CutError or _InsteadError when it ends the matter."""
        for action in self._service.faults.strike(occasion, when, self._wire.stopping):
            if isinstance(action, fault_actions.Answer):
                raise _InsteadError(self._stand_in(action))
            if isinstance(action, fault_actions.Spoil):
                self._spoilers.append(action)
            else:
                disturb(self._wire, action)

    def _stand_in(self, action: fault_actions.Answer) -> HttpReply:
        match action:
            case fault_actions.Unauthorized(challenge):
                self._authenticator.forget()
                return self._challenge() if challenge else HttpReply(HTTPStatus.UNAUTHORIZED)
            case fault_actions.HttpStatus(status, body, content_type):
                return HttpReply(status, body, content_type if body else "")
            case fault_actions.Redirect(url, status):
                return HttpReply(status, headers=(("Location", url),))
            case fault_actions.HtmlPage(text):
                return HttpReply(HTTPStatus.OK, text.encode(), "text/html; charset=utf-8")
            case fault_actions.Soap(code, shape, message, status):
                return self._soap_fault(fault(code, message, shape=shape), status)

    def _soap_fault(self, occurred: SoapFault, status: int) -> HttpReply:
        self._fault_code = occurred.code
        body = fault_body(occurred, self._service.host)
        related = self._message_id if occurred.shape is FaultShape.WSMAN_FAULT else None
        return self._soap(status, fault_response(related, body))

    def _soap(self, status: int, body: bytes) -> HttpReply:
        return HttpReply(status, body, names.SOAP_CONTENT_TYPE)

    def _finish(self, reply: HttpReply) -> HttpReply:
        """Spoil and seal the reply."""
        for spoiler in self._spoilers:
            reply = spoiler.clear(reply)
        context = self._authenticator.context
        if self._sealed and context is not None and reply.content_type == names.SOAP_CONTENT_TYPE:
            protocol = sealing.protocol_of(self._request.content_type)
            content_type, body = sealing.seal(context, reply.body, protocol)
            reply = replace(reply, content_type=content_type, body=body)
        for spoiler in self._spoilers:
            reply = spoiler.wire(reply)
        return replace(reply, headers=reply.headers + self._logon_headers)

    def _log(self, reply: HttpReply) -> None:
        service, call = self._service, self._call
        counters, host = service.counters, service.host
        counters.add(Tally.REQUESTS, host, self._user)
        counters.add(Tally.BYTES_IN, host, self._user, len(self._request.body))
        counters.add(Tally.BYTES_OUT, host, self._user, len(reply.body))
        counters.log(
            RequestRecord(
                at=self._started,
                host=host,
                step=self._step,
                scheme=self._authenticator.scheme or "",
                user=self._user,
                shell_id=call.shell_id if call else "",
                command_id=call.command_id if call else "",
                command_hash=call.command_hash if call else "",
                status=int(reply.status),
                fault_code=self._fault_code,
                seconds=time.monotonic() - self._started,
                sealed=self._sealed,
            )
        )
