"""A PartnerServer, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from partner_operator.trust.status import HostRestartState
from partner_operator.view.certificates import Certificate, of_server
from partner_operator.view.raw import Raw, flag, instant, member, number, parts, text, texts
from partner_operator.view.states import Told, told_of
from partner_operator.view.waits import Wait, wait_of


@dataclass(frozen=True, slots=True)
class Host:
    """One IIS host, as it was seen last."""

    name: str
    state: HostRestartState | None
    """Where it stands in a round of restarts; None: an unknown word."""
    started_at: datetime | None
    missing: tuple[str, ...]


class Kind(Enum):
    """Whose keys sign the tokens of an entry. The value is the word for it."""

    OWN_KEYS = "signs its own tokens"
    TOKEN_SERVER = "gets its tokens from a token server"  # noqa: S105 - words, no password
    UNKNOWN = "kind unknown"


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A trust that a server has and no object declares."""

    identity: str
    identifier: str
    realm: str
    kind: Kind
    url: str
    enabled: bool | None
    missing_since: datetime | None
    undeclarable: str
    """Why no object can declare it; empty where one can."""


@dataclass(frozen=True, slots=True)
class TokenServer:
    """A token server that a server trusts."""

    name: str
    url: str
    realm: str
    type: str
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class Server:
    """One organisation, deployment or farm."""

    namespace: str
    name: str
    product: str
    url: str
    organization: str
    version: str
    declared_hosts: tuple[str, ...]
    told: Told
    certificates: tuple[Certificate, ...]
    wait: Wait | None
    hosts: tuple[Host, ...]
    undeclared: tuple[Undeclared, ...]
    undeclared_cut: int
    """How many more the server has than are listed."""
    undeclared_whole: bool | None
    """Whether the last look proved that none is missing; None: nothing was told of that."""
    token_servers: tuple[TokenServer, ...]
    settings: tuple[str, ...]
    skewed_hosts: tuple[str, ...]


def server_of(body: Raw, now: datetime) -> Server:
    """The server that this object stands for."""
    told = told_of(body, now)
    columns = text(body, "status", "columns", "organization")
    return Server(
        namespace=text(body, "metadata", "namespace"),
        name=text(body, "metadata", "name"),
        product=text(body, "spec", "product"),
        url=text(body, "spec", "authMetadataUrl"),
        organization=columns or text(body, "status", "organization"),
        version=text(body, "status", "productVersion"),
        declared_hosts=texts(body, "spec", "hosts"),
        told=told,
        certificates=of_server(body, now),
        wait=wait_of(body, told),
        hosts=tuple(_host(each) for each in parts(body, "status", "iis", "hosts")),
        undeclared=tuple(_undeclared(each) for each in parts(body, "status", "undeclared")),
        undeclared_cut=max(0, number(body, "status", "undeclaredCut") or 0),
        undeclared_whole=flag(body, "status", "undeclaredWhole"),
        token_servers=tuple(_token_server(each) for each in parts(body, "status", "tokenServers")),
        settings=texts(body, "status", "settings"),
        skewed_hosts=texts(body, "status", "skewedHosts"),
    )


def _host(raw: Raw) -> Host:
    return Host(
        name=text(raw, "name"),
        state=member(HostRestartState, raw, "state"),
        started_at=instant(raw, "workersStartedAt"),
        missing=texts(raw, "missing"),
    )


def _undeclared(raw: Raw) -> Undeclared:
    kinds = {"OwnKeys": Kind.OWN_KEYS, "TokenServer": Kind.TOKEN_SERVER}
    return Undeclared(
        identity=text(raw, "identity"),
        identifier=text(raw, "applicationIdentifier"),
        realm=text(raw, "realm"),
        kind=kinds.get(text(raw, "kind"), Kind.UNKNOWN),
        url=text(raw, "metadataUrl"),
        enabled=flag(raw, "enabled"),
        missing_since=instant(raw, "missingSince"),
        undeclarable=text(raw, "undeclarable"),
    )


def _token_server(raw: Raw) -> TokenServer:
    return TokenServer(
        name=text(raw, "name"),
        url=text(raw, "metadataUrl"),
        realm=text(raw, "realm"),
        type=text(raw, "type"),
        enabled=flag(raw, "enabled"),
    )
