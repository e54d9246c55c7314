"""One client connection from TLS handshake to close."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass

from spnego.channel_bindings import GssChannelBindings

from partner_simulator.wsman.authentication import Authenticator
from partner_simulator.wsman.counters import Tally
from partner_simulator.wsman.faults import Occasion, When
from partner_simulator.wsman.http import HttpError, HttpReply
from partner_simulator.wsman.http_request import Exchange
from partner_simulator.wsman.names import Step
from partner_simulator.wsman.service import Service, disturb
from partner_simulator.wsman.wire import CutError, Wire


@dataclass(frozen=True, slots=True)
class Secured:
    """The TLS side of a listener."""

    context: ssl.SSLContext
    end_point: GssChannelBindings


class Connection:
    """Serves one TCP connection in one thread."""

    def __init__(self, wire: Wire, service: Service, secured: Secured | None) -> None:
        """`secured` is None on the plain listener, where only encrypted messages are taken."""
        self.wire = wire
        self._service = service
        self._secured = secured
        self._authenticator = Authenticator(
            service.host,
            service.directory,
            service.settings().channel_binding,
            secured.end_point if secured else None,
            service.settings().kerberos_keytab,
            tells_why=service.settings().credssp_tells_why,
        )

    def run(self) -> None:
        """Serve until either side has enough. Never raises for what a client does."""
        try:
            self._connect()
            while self._serve():
                pass
        except (OSError, CutError, http.client.HTTPException):
            return
        finally:
            self.wire.close()

    def _connect(self) -> None:
        service = self._service
        service.counters.add(Tally.CONNECTIONS, service.host)
        self._strike(When.BEFORE)
        if self._secured is None:
            return
        try:
            self.wire.start_tls(self._secured.context)
        except OSError:
            service.counters.add(Tally.TLS_FAILURES, service.host)
            raise
        self._strike(When.AFTER)

    def _serve(self) -> bool:
        try:
            request = self.wire.read()
        except HttpError as error:
            self.wire.send(HttpReply(error.status, close=True))
            return False
        if request is None:
            return False
        secure = self._secured is not None
        return Exchange(self._service, self.wire, self._authenticator, request, secure).run()

    def _strike(self, when: When) -> None:
        occasion = Occasion(Step.CONNECT, self._service.host)
        for action in self._service.faults.strike(occasion, when, self.wire.stopping):
            disturb(self.wire, action)
