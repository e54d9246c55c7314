"""Token servers, a company's own and those of Microsoft's cloud: keys, documents, applications (P-TS-1, P-TS-2)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from partner_simulator.certificates import Identity, self_signed
from partner_simulator.world import names, tokens
from partner_simulator.world.token_documents import Shape, TokenDocument

OWN_ID = "6c1f0a52-93a4-4b1e-8f0b-2d5a7e4c9b31"
"""The service name of the company's own token server."""
WITHOUT_TLS_ID = "e0b7d9f4-1c35-4a66-b2d8-93fe6a10c7d5"
HR_ID = "2f8d6b1c-4e07-4c59-9a3d-71b0e5c48f26"
"""The identifier of the HR application."""
ISSUANCE_PATH = "/tokens/oauth/2"


@dataclass(frozen=True, slots=True)
class ThirdApplication:
    """An application that is no product of ours, and gets its tokens from a token server."""

    name: str
    identifier: str
    secret: str
    """With which it authenticates at the token server."""
    token_server: str = names.TOKEN_SERVER
    """The host that knows it."""


class Denied(Exception):
    """The token server gives no token; the text is the error's description."""


class TokenServer:
    """One host's token service. Thread-safe."""

    def __init__(
        self,
        host: str,
        identifier: str,
        realm: str,
        *,
        entity: str = "",
        tenants: Mapping[str, str] | None = None,
        secure: bool = True,
    ) -> None:
        """`realm`: `*` for a cloud of many. `tenants`: realms by the spellings that a URL may have for them.

        `secure`: over TLS.
        """
        self.host = host
        self.identifier = identifier
        self.realm = realm
        self.tenants = dict(tenants or {})
        self.secure = secure
        self.shape = Shape.JSON
        """What it publishes as its metadata document."""
        self._entity = entity
        self._applications: dict[str, ThirdApplication] = {}
        self._keys: list[Identity] = []
        self._lock = threading.RLock()

    @property
    def home(self) -> str:
        """The realm of Litware there: its own, or the first tenant's."""
        return next(iter(self.tenants.values()), self.realm)

    @property
    def keys(self) -> tuple[Identity, ...]:
        """Published keys; the first one signs."""
        with self._lock:
            if not self._keys:
                self._keys = [self._new_key()]
            return tuple(self._keys)

    def roll(self) -> Identity:
        """Publish the next key beside the one that signs."""
        with self._lock:
            made = self._new_key()
            self._keys = [self.keys[0], made]
            return made

    def activate(self) -> Identity:
        """Sign with the next key, and publish it alone. Raises LookupError."""
        with self._lock:
            if len(self._keys) < 2:
                raise LookupError(f"{self.host} has no next key")
            self._keys = self._keys[1:]
            return self._keys[0]

    def document(self, target: str) -> TokenDocument | None:
        """What a path, with its query, publishes; None: nothing."""
        path, _, query = target.lower().partition("?")
        for suffix, shape in (
            (names.TOKEN_SERVER_METADATA_PATH, self.shape),
            (names.FEDERATION_METADATA_PATH, Shape.FEDERATION),
            (names.OPENID_PATH, Shape.OPENID),
        ):
            if path.rstrip("/").endswith(suffix):
                spelled = path.rstrip("/").removesuffix(suffix).strip("/")
                spelled = spelled or next(iter(parse_qs(query).get("realm", ())), "")
                known = {"": self.realm, self.realm: self.realm, **self.tenants}
                return self._document(known[spelled], target, shape) if spelled in known else None
        return None

    def register(self, application: ThirdApplication) -> None:
        """Make an application known here, as an administrator of the token server does."""
        with self._lock:
            self._applications[application.identifier] = application

    def issue(self, client_id: str, secret: str, resource: str, now: float) -> str:
        """An actor token for an application (`<identifier>@<realm>`) that authenticates. Raises Denied."""
        identifier, _, realm = client_id.partition("@")
        with self._lock:
            application = self._applications.get(identifier)
        known = application is not None and secrets.compare_digest(application.secret, secret)
        if not known or realm not in (self.realm, *self.tenants.values()):
            raise Denied(f"The client '{client_id}' is not known here, or its secret is wrong.")
        issuer = self._document(realm, "/", self.shape).issuer
        return tokens.actor(
            self.keys[0], issuer=issuer, subject=client_id, audience=resource, now=now
        )

    def _document(self, realm: str, target: str, shape: Shape) -> TokenDocument:
        scheme = "https" if self.secure else "http"
        return TokenDocument(
            name=self.host,
            application_identifier=self.identifier,
            realm=realm,
            location=f"{scheme}://{self.host}{target}",
            keys=self.keys,
            shape=shape,
            issuance=f"{scheme}://{self.host}{ISSUANCE_PATH}",
            entity=self._entity.format(realm=realm) or f"{scheme}://{self.host}/",
        )

    def _new_key(self) -> Identity:
        return self_signed(f"{self.host} token signing")


def hr_application() -> ThirdApplication:
    """The HR application, with a secret of its own."""
    return ThirdApplication("HR", HR_ID, f"Hr-{secrets.token_urlsafe(24)}")


def stock(application: ThirdApplication) -> dict[str, TokenServer]:
    """The token servers that the domain's machines can reach, by host; the company's own one knows `application`."""
    tenants = {
        names.TENANT: names.TENANT,
        names.DOMAIN: names.TENANT,
        "litware.onmicrosoft.com": names.TENANT,
        names.OTHER_TENANT: names.OTHER_TENANT,
    }
    own = TokenServer(names.TOKEN_SERVER, OWN_ID, names.TOKEN_REALM)
    own.register(application)
    without_tls = TokenServer(
        names.HTTP_TOKEN_SERVER, WITHOUT_TLS_ID, names.TOKEN_REALM, secure=False
    )
    entra = "https://sts.windows.net/{realm}/"
    cloud = [
        TokenServer(host, names.ACS_ID, "*", entity=entra, tenants=tenants)
        for host in (names.ACS_HOST, names.ENTRA_HOST)
    ]
    return {server.host: server for server in (own, without_tls, *cloud)}
