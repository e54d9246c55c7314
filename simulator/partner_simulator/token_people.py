"""What people do about token servers: at the server itself, on Exchange and on Lync."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from partner_simulator.human import HumanActions
from partner_simulator.world import documents, names, token_documents
from partner_simulator.world.cms import (
    LyncApplication,
    OAuthServer,
    with_application,
    with_oauth_server,
    without_oauth_server,
)
from partner_simulator.world.documents import Read
from partner_simulator.world.exchange_auth_servers import described, type_of
from partner_simulator.world.objects import (
    SAM_ACCOUNT_NAME_LENGTH,
    AuthServer,
    AuthServerType,
    PartnerApplication,
    RecipientType,
    RoleAssignment,
    User,
)
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import ThirdApplication, TokenServer


class TokenActions(HumanActions):
    """Changes by hand. Those on Exchange take effect at once: whoever makes them restarts IIS."""

    # At the token server.

    @property
    def hr_application(self) -> ThirdApplication:
        """An application of the company that is no product: the company's token server knows it."""
        return self.domain.hr_application

    def token_server(self, host: str = names.TOKEN_SERVER) -> TokenServer:
        """A token server, to be changed. Raises KeyError."""
        return self.domain.token_servers[host]

    def publish_token_document(self, shape: Shape, host: str = names.TOKEN_SERVER) -> None:
        """Let its metadata URL publish a document of another form. Raises KeyError."""
        self.token_server(host).shape = shape

    def roll_token_server_key(self, host: str = names.TOKEN_SERVER) -> str:
        """The next key is published beside the one that signs; its thumbprint. Raises KeyError."""
        return self.token_server(host).roll().thumbprint

    def activate_rolled_token_key(self, host: str = names.TOKEN_SERVER) -> str:
        """The next key signs, and the former is gone. Raises KeyError or LookupError."""
        return self.token_server(host).activate().thumbprint

    # On Exchange.

    def make_linked_account(self, name: str, *roles: str) -> str:
        """A mail user for an application, with roles; its canonical name."""
        user = User(
            name,
            name[:SAM_ACCOUNT_NAME_LENGTH],
            f"{name}@{names.DOMAIN}",
            RecipientType.MAIL_USER,
            f"{name}@{names.DOMAIN}",
        )
        self.domain.directory.write(user)
        self._by_hand("New-MailUser", name)
        for role in roles:
            self.domain.directory.write(RoleAssignment(f"{role}-{name}", role, user.guid, name))
            self._by_hand("New-ManagementRoleAssignment", f"{role}-{name}")
        self._restart_all()
        return user.canonical_name

    def trust_token_server(
        self,
        name: str,
        url: str = names.TOKEN_SERVER_METADATA_URL,
        kind: AuthServerType | None = None,
    ) -> None:
        """New-AuthServer, with -Type if one is given.

        Raises LookupError for a URL that publishes nothing, NotADocument for another kind of document.
        """
        self._write_auth_server(self._auth_server(name, url, kind))
        self._restart_all()

    def change_token_server(self, name: str, **changed: Any) -> None:
        """Set-AuthServer, any property by field name (`enabled=False`). Raises LookupError."""
        self._write_auth_server(replace(self._known(name), **changed))
        self._restart_all()

    def refresh_token_server(self, name: str) -> None:
        """Set-AuthServer -RefreshAuthMetadata, as a scheduled task of Microsoft's pages does. Raises LookupError."""
        known = self._known(name)
        fresh = self._auth_server(name, known.auth_metadata_url, known.type)
        changed = replace(
            known, certificates=fresh.certificates, issuer_identifier=fresh.issuer_identifier
        )
        self._write_auth_server(changed)

    def remove_token_server(self, name: str) -> None:
        """Remove-AuthServer. Raises LookupError."""
        self.domain.directory.delete(self._known(name))
        self._by_hand("Remove-AuthServer", name)
        self._restart_all()

    def change_exchange_entry(self, name: str, **changed: Any) -> None:
        """Set-PartnerApplication for any entry, by field name. Raises LookupError."""
        known = self._application(name)
        later = replace(known, when_changed=self.domain.clock.now(), **changed)
        self.domain.directory.write(later)
        self._by_hand("Set-PartnerApplication", name)
        self._restart_all()

    def remove_exchange_entry(self, name: str) -> None:
        """Remove-PartnerApplication for any entry. Raises LookupError."""
        self.domain.directory.delete(self._application(name))
        self._by_hand("Remove-PartnerApplication", name)
        self._restart_all()

    def register_application(
        self, name: str, identifier: str, *, realm: str = "", linked_account: str = ""
    ) -> None:
        """New-PartnerApplication -ApplicationIdentifier. Raises LookupError for no such account."""
        now = self.domain.clock.now()
        users = {user.canonical_name: user.guid for user in self.domain.directory.find(User)}
        if linked_account and linked_account not in users:
            raise LookupError(f"there is no account {linked_account!r}")
        made = PartnerApplication(
            name,
            identifier,
            now,
            now,
            realm=realm,
            use_auth_server=True,
            linked_account=users.get(linked_account),
        )
        self.domain.directory.write(made)
        self._by_hand("New-PartnerApplication", name)
        self._restart_all()

    # On Lync.

    def trust_token_server_on_lync(
        self, identity: str, url: str = names.TOKEN_SERVER_METADATA_URL, kind: str = ""
    ) -> None:
        """New-CsOAuthServer. Raises LookupError for a URL that publishes nothing, NotADocument for another kind."""
        document = self._published(url, federation=kind.casefold() in ("azuread", "adfs"))
        server = OAuthServer(
            identity,
            document.issuer.partition("@")[0],
            document.realm,
            url,
            document.certificates,
            kind,
        )
        self.domain.cms.change(lambda state: with_oauth_server(state, server))
        self._by_hand("New-CsOAuthServer", identity)

    def remove_lync_token_server(self, identity: str) -> None:
        """Remove-CsOAuthServer, whoever needs it. Raises LookupError."""
        if identity.casefold() not in self.domain.cms.state.oauth_servers:
            raise LookupError(f"Lync has no OAuth server {identity!r}")
        self.domain.cms.change(lambda state: without_oauth_server(state, identity))
        self._by_hand("Remove-CsOAuthServer", identity)

    def point_client_logon_at(self, identity: str) -> None:
        """Set-CsOAuthConfiguration -ClientAuthorizationOAuthServerIdentity."""
        self.domain.cms.change(
            lambda state: replace(
                state,
                configuration=replace(state.configuration, client_authorization_server=identity),
            )
        )
        self._by_hand("Set-CsOAuthConfiguration", identity)

    def register_application_on_lync(
        self, identity: str, identifier: str, *, realm: str = "", level: str = "Full"
    ) -> None:
        """New-CsPartnerApplication -UseOAuthServer."""
        made = LyncApplication(identity, identifier, realm, level, use_oauth_server=True)
        self._put_lync_entry("New-CsPartnerApplication", made)

    def change_lync_entry(
        self, identity: str, change: Callable[[LyncApplication], LyncApplication]
    ) -> None:
        """Set-CsPartnerApplication. Raises KeyError for no such entry."""
        known = self.domain.cms.state.applications[identity.casefold()]
        self._put_lync_entry("Set-CsPartnerApplication", change(known))

    def _put_lync_entry(self, what: str, entry: LyncApplication) -> None:
        self.domain.cms.change(lambda state: with_application(state, entry))
        self._by_hand(what, entry.identity)

    def _known(self, name: str) -> AuthServer:
        for server in self.domain.directory.find(AuthServer):
            if server.name.casefold() == name.casefold():
                return server
        raise LookupError(f"Exchange has no auth server {name!r}")

    def _application(self, name: str) -> PartnerApplication:
        for entry in self.domain.directory.find(PartnerApplication):
            if entry.name.casefold() == name.casefold():
                return entry
        raise LookupError(f"Exchange has no partner application {name!r}")

    def _auth_server(self, name: str, url: str, kind: AuthServerType | None) -> AuthServer:
        now = self.domain.clock.now()
        blank = AuthServer(name, "", "", url, now, now, type=kind or AuthServerType.UNKNOWN)
        server = described(blank, url, self._published(url, federation=blank.is_for_people))
        return replace(server, type=kind or type_of(server, self.domain.switches))

    def _write_auth_server(self, server: AuthServer) -> None:
        self.domain.directory.write(replace(server, when_changed=self.domain.clock.now()))
        self._by_hand("Set-AuthServer", server.name)

    def _published(self, url: str, *, federation: bool) -> Read:
        """What a URL publishes, read without asking the web: people may have done so long ago."""
        parts = urlsplit(url)
        server = self.domain.token_servers.get(parts.hostname or "")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        document = server.document(target) if server is not None else None
        if document is None:
            raise LookupError(f"{url} publishes nothing")
        body = self.domain.document_bytes(document)
        return token_documents.read_federation(body) if federation else documents.read(body)
