"""Logons: NTLM, SPNEGO and CredSSP, accepted by pyspnego, and Kerberos; the state belongs to one TCP connection."""

from __future__ import annotations

import functools
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import spnego
import spnego.tls
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadBindingsError, ErrorCode, SpnegoError

from partner_simulator.certificates import load_identity, self_signed
from partner_simulator.ports import Directory, Logon, LogonKind, Standing
from partner_simulator.wsman.kerberos import (
    KerberosAcceptor,
    TicketRefusedError,
    carries_kerberos,
)
from partner_simulator.wsman.names import Scheme
from partner_simulator.wsman.ntlm_message import Authenticate, find_authenticate, starts_logon
from partner_simulator.wsman.ntlm_users import accounts_in_force, canonical_user
from partner_simulator.wsman.settings import ChannelBinding

_OPTIONS = spnego.NegotiateOptions.use_negotiate
"""Forces the pure Python provider, else a system GSSAPI would be asked."""
_WEAK_HASHES = {"md5", "sha1"}


class Outcome(StrEnum):
    """Where a logon stands after one message."""

    CONTINUE = "continue"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer to one authentication message."""

    outcome: Outcome
    token: bytes = b""
    user: str = ""
    """Who logged on, or tried to; empty while that is not known."""


def server_end_point(certificate: x509.Certificate) -> GssChannelBindings:
    """Return the channel bindings `tls-server-end-point` of a server certificate (RFC 5929)."""
    algorithm = certificate.signature_hash_algorithm
    name = algorithm.name if algorithm is not None else "sha256"
    der = certificate.public_bytes(serialization.Encoding.DER)
    digest = hashlib.new("sha256" if name in _WEAK_HASHES else name, der).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


class _LogonFailureError(SpnegoError):
    """What Windows tells a CredSSP client about a logon that it refuses."""

    ERROR_CODE = ErrorCode.failure

    standing = Standing.BAD_NAME_OR_PASSWORD
    """Set after it was made: SpnegoError's metaclass takes all arguments for its own."""

    @property
    def nt_status(self) -> int:
        """Signed, as the DER integer on the wire is."""
        return self.standing - (1 << 32)


class _WatchedNegotiate:
    """The negotiation inside CredSSP, which would otherwise hide who failed."""

    def __init__(self, judge: Callable[[Authenticate], Standing]) -> None:
        """`judge` says of who proved his password whether he may log on."""
        self._context = spnego.server(protocol="negotiate", options=_OPTIONS)
        self._judge = judge
        self.claimed: Authenticate | None = None
        self.failed = False
        self.standing = Standing.GOOD

    def step(self, in_token: bytes | None = None) -> bytes | None:
        self.claimed = find_authenticate(in_token or b"") or self.claimed
        try:
            reply = self._context.step(in_token)
        except SpnegoError as error:
            self._refuse(_of_a_wrong_proof(self._standing()), error)
        if self._context.complete and self._standing() is not Standing.GOOD:
            self._refuse(self._standing(), None)
        return reply

    def _standing(self) -> Standing:
        return Standing.GOOD if self.claimed is None else self._judge(self.claimed)

    def _refuse(self, standing: Standing, cause: SpnegoError | None) -> NoReturn:
        self.failed, self.standing = True, standing
        error = _LogonFailureError(context_msg=standing.name)
        error.standing = standing
        raise error from cause

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def _of_a_wrong_proof(standing: Standing) -> Standing:
    """A locked account is told as such whatever the password; of the others only who knows it learns more."""
    return standing if standing is Standing.LOCKED_OUT else Standing.BAD_NAME_OR_PASSWORD


class Authenticator:
    """The authentication state of one connection."""

    def __init__(
        self,
        host: str,
        directory: Directory,
        binding: ChannelBinding,
        end_point: GssChannelBindings | None,
        keytab: Path | None = None,
        *,
        tells_why: bool = True,
    ) -> None:
        """`end_point` is None where the connection has no TLS; without `keytab`, no ticket is taken.

        `tells_why`: a CredSSP client gets the NTSTATUS of its refusal.
        """
        self._host = host
        self._directory = directory
        self._binding = binding
        self._keytab = keytab
        self._tells_why = tells_why
        self._end_point = end_point
        self._inner: _WatchedNegotiate | None = None
        self._claimed: Authenticate | None = None
        self._tickets: KerberosAcceptor | None = None
        self._context: spnego.ContextProxy | None = None
        self.scheme: Scheme | None = None
        self.logon: Logon | None = None

    @property
    def context(self) -> spnego.ContextProxy | KerberosAcceptor | None:
        """The security context, which seals and unseals messages."""
        return self._tickets or self._context

    def forget(self) -> None:
        """Make the connection anonymous again."""
        self._context = self.scheme = self.logon = self._inner = self._claimed = None
        self._tickets = None

    def begins(self, scheme: Scheme, token: bytes) -> bool:
        """Whether this message begins a new logon rather than continuing one."""
        if self.context is None or self.context.complete or scheme is not self.scheme:
            return True
        return scheme is not Scheme.CREDSSP and starts_logon(token)

    def step(self, scheme: Scheme, token: bytes) -> Answer:
        """Take one message.

        A rejected password is reported to the directory exactly once; wrong channel bindings are
        refused too, but are not the account's fault.
        """
        begins = self.begins(scheme, token)
        if begins:
            self.forget()
            if scheme is not Scheme.CREDSSP and self._keytab and carries_kerberos(token):
                self.scheme = scheme
                self._tickets = KerberosAcceptor(self._keytab)
        if self._tickets is not None:
            return self._take_ticket(self._tickets, token)
        accounts = self._directory.accounts()
        with accounts_in_force(accounts):
            if begins:
                self._begin(scheme)
            assert self._context is not None
            self._claimed = find_authenticate(token) or self._claimed
            try:
                reply = self._judge(token)
            except BadBindingsError:
                return self._rejected(b"", blame=False)
            except SpnegoError:
                return self._rejected(b"")
        if self._inner is not None:
            self._claimed = self._inner.claimed
            if self._inner.failed:
                wrong = self._inner.standing is Standing.BAD_NAME_OR_PASSWORD
                return self._rejected(reply if self._tells_why else b"", blame=wrong)
        if not self._context.complete:
            return Answer(Outcome.CONTINUE, reply)
        if self._inner is None and self._directory.standing(self._claimed_user()):
            # NTLM over HTTP has no word for it.
            return self._rejected(b"", blame=False)
        kind = LogonKind.CREDSSP if scheme is Scheme.CREDSSP else LogonKind.NETWORK
        self.logon = Logon(self._claimed_user(), kind)
        return Answer(Outcome.ACCEPTED, reply, self.logon.user)

    def _take_ticket(self, tickets: KerberosAcceptor, token: bytes) -> Answer:
        """A refused ticket is nobody's bad password: that the KDC has judged."""
        looks = self._end_point is not None and self._binding is not ChannelBinding.NONE
        expected = self._end_point.application_data if looks and self._end_point else None
        try:
            reply = tickets.step(token, expected)
        except BadBindingsError:
            return self._rejected(b"", blame=False)
        except TicketRefusedError as error:
            return self._rejected(error.token, blame=False)
        if not tickets.complete:
            return Answer(Outcome.CONTINUE, reply)
        accounts = self._directory.accounts()
        user = canonical_user(accounts, "", tickets.user)
        unbound = looks and self._binding is ChannelBinding.STRICT and not tickets.bound
        if unbound or user not in accounts:
            self.forget()
            return Answer(Outcome.REJECTED, b"", user)
        self.logon = Logon(user, LogonKind.NETWORK)
        return Answer(Outcome.ACCEPTED, reply, user)

    def _begin(self, scheme: Scheme) -> None:
        self.scheme = scheme
        if scheme is Scheme.CREDSSP:
            self._inner = _WatchedNegotiate(self._standing_of)
            self._context = spnego.server(
                protocol="credssp",
                credssp_negotiate_context=self._inner,
                credssp_tls_context=_credssp_tls(),
            )
        else:
            self._context = spnego.server(protocol="negotiate", options=_OPTIONS)

    def _judge(self, token: bytes) -> bytes:
        assert self._context is not None
        if self._inner is not None:
            return self._context.step(token) or b""
        return self._context.step(token, channel_bindings=self._expected_bindings()) or b""

    def _expected_bindings(self) -> GssChannelBindings | None:
        if self._end_point is None or self._claimed is None:
            return None
        if self._binding is ChannelBinding.STRICT and not self._claimed.has_bindings:
            raise BadBindingsError(context_msg="this service demands channel bindings")
        if self._binding is ChannelBinding.NONE or not self._claimed.has_bindings:
            return None
        return self._end_point

    def _rejected(self, reply: bytes, *, blame: bool = True) -> Answer:
        user = self._claimed_user()
        self.forget()
        if user and blame:
            self._directory.logon_failed(self._host, user)
        return Answer(Outcome.REJECTED, reply, user)

    def _claimed_user(self) -> str:
        return "" if self._claimed is None else self._named(self._claimed)

    def _named(self, claimed: Authenticate) -> str:
        return canonical_user(self._directory.accounts(), claimed.domain, claimed.user)

    def _standing_of(self, claimed: Authenticate) -> Standing:
        return self._directory.standing(self._named(claimed))


@functools.cache
def _credssp_tls() -> spnego.tls.CredSSPTLSContext:
    """The self-signed certificate inside CredSSP; one per process, since clients ignore its name."""
    identity = self_signed("CREDSSP-PARTNER-SIMULATOR")
    made = spnego.tls.default_tls_context(usage="accept")
    made.context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_identity(made.context, identity)
    made.public_key = identity.private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )
    return made
