"""Logon with Kerberos: the password goes to the domain's KDC, and a ticket that is bound to TLS to the host.

Uses the optional package gssapi (MIT Kerberos). Tickets live in memory and belong to one channel; no ticket cache and
no variable of the process is read or written, so that runs in parallel do not meet. Nothing is delegated.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from winrm.exceptions import WinRMError

from partner_operator.winrm.refusals import KERBEROS, refused_by_kdc

_WEAK_HASHES = frozenset({"md5", "sha1"})
_KRB5_TABLE = -1765328384
"""ERROR_TABLE_BASE_krb5 of krb5.h; protocol errors (RFC 4120 7.5.9) are counted from here."""


class Trouble(StrEnum):
    """Why there was no logon."""

    USER_NAME = "the user name has no realm"
    REFUSED = "the domain refused the user name or password"
    NO_KDC = "no KDC can be reached"
    SILENT_KDC = "the KDC does not answer in time"
    CLOCK = "clocks differ"
    NO_SERVICE = "the domain does not know the service"
    TICKET_REFUSED = "the host refused the ticket"
    UNPROVEN = "the host did not prove itself"
    OTHER = "Kerberos failed"


class KerberosFailed(Exception):
    """No logon, for a reason that says nothing about the password; `code` is Kerberos' own."""

    def __init__(self, trouble: Trouble, code: int = 0) -> None:
        super().__init__(f"{trouble} (code {code})" if code else str(trouble))
        self.trouble = trouble
        self.code = code


_CREDENTIAL_CODES = {
    **dict.fromkeys(KERBEROS, Trouble.REFUSED),
    37: Trouble.CLOCK,
    148: Trouble.CLOCK,
    # A reply from another time; no KDC for the realm: unknown, not reached, its name does not resolve.
    **dict.fromkeys((154, 156, 220), Trouble.NO_KDC),
}
_TICKET_CODES = {
    7: Trouble.NO_SERVICE,
    **dict.fromkeys((33, 37, 148), Trouble.CLOCK),
    **dict.fromkeys((154, 156, 220), Trouble.NO_KDC),
}
_REFUSAL_CODES = dict.fromkeys((32, 33, 37), Trouble.CLOCK)
"""By the host's clock the ticket is over, is not valid yet, or was made too long ago."""


def principal(user: str) -> str:
    """The principal of `user@REALM`; realms of Active Directory are upper case. Raises KerberosFailed.

    `DOMAIN\\user` names no realm; to guess one could lock an account of the same name elsewhere.
    """
    name, separator, realm = user.rpartition("@")
    if not (separator and name and realm) or any(mark in user for mark in "\\/\0") or "@" in name:
        raise KerberosFailed(Trouble.USER_NAME)
    return f"{name}@{realm.upper()}"


def end_point_bindings(certificate: bytes) -> bytes:
    """The channel bindings `tls-server-end-point` of a DER certificate (RFC 5929)."""
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        algorithm = None
    name = algorithm.name if algorithm is not None else "sha256"
    digest = hashlib.new("sha256" if name in _WEAK_HASHES else name, certificate).digest()
    return b"tls-server-end-point:" + digest


def library() -> Any:
    """The package gssapi. Raises WinRMError as pywinrm does where it is not installed."""
    try:
        return importlib.import_module("gssapi")
    except ImportError:
        raise WinRMError("auth method is kerberos, but gssapi is not installed") from None


class Tickets:
    """The tickets of one user for one host, for as long as this object lives.

    The password is shown to the KDC once, at the first `context`.
    """

    def __init__(self, host: str, user: str, password: str) -> None:
        """Raises KerberosFailed for a name without a realm, WinRMError without gssapi."""
        self._gssapi = library()
        self._user = principal(user)
        self._password = password.encode("utf-8", errors="replace")
        # A whole principal name, for the library's own way from host to service asks DNS. The empty realm
        # lets the user's KDC name the right one.
        self._service = self._named(f"HTTP/{host}@", "kerberos_principal")
        self._credentials: Any = None
        self._refused: int | None = None
        """The KDC's code; it is not asked again."""

    def context(self, certificate: bytes) -> Context:
        """A logon over TLS with this certificate. Raises RefusedLogon or KerberosFailed."""
        if self._credentials is None:
            self._credentials = self._first_ticket()
        return Context(self._gssapi, self._credentials, self._service, certificate)

    def _first_ticket(self) -> Any:
        gssapi = self._gssapi
        if self._refused is not None:
            raise refused_by_kdc(self._refused)
        try:
            return gssapi.raw.acquire_cred_with_password(
                self._named(self._user, "user"),
                self._password,
                mechs=[gssapi.MechType.kerberos],
                usage="initiate",
            ).creds
        except gssapi.exceptions.GSSError as error:
            failure = _judged(error, _CREDENTIAL_CODES, Trouble.OTHER)
            if failure.trouble is Trouble.REFUSED:
                self._refused, self._password = failure.code, b""
                raise refused_by_kdc(failure.code) from None
            raise failure from None

    def _named(self, name: str, kind: str) -> Any:
        gssapi = self._gssapi
        try:
            return gssapi.Name(name, getattr(gssapi.NameType, kind))
        except gssapi.exceptions.GSSError as error:
            raise _judged(error, {}, Trouble.OTHER) from None


class Context:
    """One logon: a token to the host, and the host's token that proves it to us."""

    def __init__(self, gssapi: Any, credentials: Any, service: Any, certificate: bytes) -> None:
        self._gssapi = gssapi
        self._credentials = credentials
        self._service = service
        self._bindings = gssapi.raw.ChannelBindings(
            application_data=end_point_bindings(certificate)
        )
        self._context: Any = None
        self.complete = False
        """Whether the host has proven that it is the service that the ticket is for."""

    def step(self, received: bytes = b"") -> bytes:
        """The next token to send, empty when there is none. Raises KerberosFailed."""
        gssapi = self._gssapi
        flags = gssapi.RequirementFlag
        first = self._context is None
        try:
            made = gssapi.raw.init_sec_context(
                self._service,
                self._credentials,
                self._context,
                gssapi.MechType.kerberos,
                [flags.mutual_authentication, flags.integrity, flags.replay_detection],
                channel_bindings=self._bindings,
                input_token=received or None,
            )
        except gssapi.exceptions.GSSError as error:
            if first:
                raise _judged(error, _TICKET_CODES, Trouble.OTHER) from None
            raise _judged(error, _REFUSAL_CODES, Trouble.TICKET_REFUSED) from None
        self._context = made.context
        proven = bool(int(made.flags) & int(flags.mutual_authentication))
        self.complete = proven and not made.more_steps
        return bytes(made.token or b"")


def _judged(error: Any, codes: Mapping[int, Trouble], otherwise: Trouble) -> KerberosFailed:
    """Minor codes are 32 bits without a sign; those outside of Kerberos' table say nothing."""
    code = int(error.min_code) - 2**32 - _KRB5_TABLE
    return KerberosFailed(codes.get(code, otherwise), code if 0 <= code < 256 else 0)
