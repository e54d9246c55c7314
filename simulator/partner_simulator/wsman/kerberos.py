"""Logons with Kerberos, accepted with a service's keytab; needs the optional package gssapi."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spnego.exceptions import BadBindingsError

from partner_simulator.wsman.sealing import SealingError

_MECHANISM = bytes.fromhex("06092a864886f712010202")
"""1.2.840.113554.1.2.2 in DER: Kerberos 5."""
_MECHANISM_OF_WINDOWS = bytes.fromhex("06092a864882f712010202")
"""1.2.840.48018.1.2.2, which Windows 2000 sent by mistake and every Windows takes since."""

_SPNEGO = (1, 3, 6, 1, 5, 5, 2)


class TicketRefusedError(Exception):
    """The ticket cannot be taken; `token` may tell the client why (a KRB-ERROR)."""

    def __init__(self, message: str, token: bytes) -> None:
        """Remember what to tell the client."""
        super().__init__(message)
        self.token = token


@dataclass(frozen=True, slots=True)
class _Sealed:
    header: bytes
    data: bytes
    padding_length: int = 0


def carries_kerberos(token: bytes) -> bool:
    """Whether a first token is Kerberos', alone or as the first choice inside SPNEGO."""
    if token[:1] != b"\x60":
        return False
    start = token[:64]
    return _MECHANISM in start or _MECHANISM_OF_WINDOWS in start


class KerberosAcceptor:
    """The security context of one connection; takes what pyspnego's takes, as far as it is needed here."""

    def __init__(self, keytab: Path) -> None:
        """Raises ImportError without gssapi, TicketRefusedError for a keytab without keys."""
        self._gssapi = importlib.import_module("gssapi")
        try:
            self._credentials = self._gssapi.raw.acquire_cred_from(
                {b"keytab": f"FILE:{keytab}".encode()},
                mechs=[self._gssapi.MechType.kerberos, self._gssapi.OID.from_int_seq(_SPNEGO)],
                usage="accept",
            ).creds
        except self._gssapi.exceptions.GSSError as error:
            raise TicketRefusedError(str(error), b"") from error
        self._context: Any = None
        self.complete = False
        self.user = ""
        """The client's principal, once the logon is complete."""
        self.bound = False
        """Whether the client sent channel bindings, and they were right."""
        self.delegated = False
        """Whether the client handed over a ticket to act with elsewhere."""

    def step(self, token: bytes, application_data: bytes | None) -> bytes:
        """Take one token; `application_data` are the bindings of this connection, None not to look at them.

        Raises BadBindingsError for bindings of another connection, TicketRefusedError for all else.
        """
        raw, exceptions = self._gssapi.raw, self._gssapi.exceptions
        bindings = raw.ChannelBindings(application_data=application_data)
        try:
            made = raw.accept_sec_context(
                token,
                self._credentials,
                self._context,
                bindings if application_data is not None else None,
            )
        except exceptions.BadChannelBindingsError as error:
            raise BadBindingsError(context_msg=str(error)) from error
        except exceptions.GSSError as error:
            raise TicketRefusedError(str(error), bytes(error.token or b"")) from error
        self._context = made.context
        if not made.more_steps:
            self.complete = True
            self.user = raw.display_name(made.initiator_name).name.decode().rstrip("\0")
            self.bound = bool(int(made.flags) & int(self._gssapi.RequirementFlag.channel_bound))
            self.delegated = made.delegated_creds is not None
        return bytes(made.token or b"")

    def wrap_winrm(self, data: bytes) -> _Sealed:
        """Seal, with the token header apart from the data, as SSPI does."""
        raw = self._gssapi.raw
        kinds = raw.IOVBufferType
        pieces = raw.IOV(kinds.header, data, kinds.padding, std_layout=False)
        raw.wrap_iov(self._context, pieces, confidential=True)
        header, sealed, padding = (bytes(piece.value or b"") for piece in pieces)
        return _Sealed(header, sealed + padding, len(padding))

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal. Raises SealingError on a bad seal."""
        raw = self._gssapi.raw
        kinds = raw.IOVBufferType
        pieces = raw.IOV((kinds.header, False, header), data, kinds.data, std_layout=False)
        try:
            raw.unwrap_iov(self._context, pieces)
        except self._gssapi.exceptions.GSSError as error:
            raise SealingError(str(error)) from error
        return bytes(pieces[1].value or b"")
