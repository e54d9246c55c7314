"""The logon of a server: what it is, and where it may be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from partner_operator.texts import shown
from partner_operator.trust.allowed import USUAL_BOUNDS, Bounds, is_allowed
from partner_operator.trust.model import DesiredServer
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason


@dataclass(frozen=True, slots=True)
class Credentials:
    """A logon. Never printed: both values are kept out of `repr`."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    digest: str
    """Salted digest of both values; the same data gives the same digest (rule 12)."""
    hosts: tuple[str, ...]
    """Patterns of the hosts that the password may be sent to, as the Secret says; see `trust.allowed`."""
    bounds: Bounds = USUAL_BOUNDS
    """Where the operator may log on at all."""
    version: str = ""
    """Of the Secret: another one may hold the same data."""
    ca_bundle: str | None = None
    """Authorities that the hosts were trusted by, kept with a logon that outlives its Secret."""

    def fault(self, server: DesiredServer, host: str) -> str | None:
        """Why this logon may not be used on a host of the server; None: it may."""
        fault = self.bounds.fault(host, server.port)
        if fault is not None or is_allowed(host, self.hosts):
            return fault
        secret, hosts = server.credentials_secret, ",".join(server.hosts)
        return (
            f"The key hosts of Secret {secret} does not name {shown(host)}, so its password is not sent there. Take "
            "the host out of spec.hosts; or, if it is yours, let whoever owns the Secret name it: kubectl patch secret "
            f"{secret} --namespace={server.key.namespace} --type=merge "
            f'-p \'{{"stringData":{{"hosts":"{hosts}"}}}}\''
        )


class CredentialsProblem(Exception):
    """The Secret is missing, lacks a key, or holds a value no logon can be made of."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.obstacle = Obstacle(reason, message, Next.HUMAN)
