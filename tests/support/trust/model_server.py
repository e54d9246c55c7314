"""A server of values that obeys changes as the products do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.products.exchange.rules import TOKEN_SERVERS
from partner_operator.products.sharepoint.rules import INTERIM
from partner_operator.trust.match import effective_identity, same_url
from partner_operator.trust.model import (
    DesiredApplication,
    DocumentReading,
    Entry,
    EntryKind,
    LinkedAccount,
    Observed,
    Permission,
    Product,
    TokenServer,
)
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.trust.token_servers import free_name, stale_keys
from support.trust.worlds import entry, observed, token_server


def principal(of: Entry) -> str:
    """By which an entry's partner is allowed something."""
    return f"{of.application_identifier}@{of.realm}".casefold()


class BrokenOff(Exception):
    """A change was broken off between two of its steps."""


@dataclass(slots=True)
class ModelServer:
    """A server of values: applies a change the way the product's cmdlets would."""

    product: Product
    entries: tuple[Entry, ...]
    documents: tuple[DocumentReading, ...]
    allowed: dict[str, Permission] = field(default_factory=dict)
    """What principals are allowed on a farm; it outlives their entries."""
    unknown: Obstacle | None = None
    """Why nobody can read that."""
    token_servers: tuple[TokenServer, ...] = ()
    token_servers_fault: str = ""
    accounts: dict[str, int] = field(default_factory=dict)
    """How many there are of the accounts that are looked up."""
    default_realm: str = ""
    """What the product writes where an application behind a token server is given no realm."""
    seen: Observed | None = None
    """What who makes the next change saw; None: what is there."""
    writes: list[Change] = field(default_factory=list)
    breaks_after: int | None = None
    """After which step the next replacement of an issuer is broken off: 1 made, 2 the old one removed."""
    _guids: itertools.count[int] = field(default_factory=itertools.count)

    def observed(self) -> Observed:
        """What an observe run would learn now."""
        entries = [self._shown(each) for each in self.entries]
        return observed(
            self.product,
            entries,
            self.documents,
            token_servers=self.token_servers,
            token_servers_fault=self.token_servers_fault,
            accounts=dict(self.accounts),
            default_realm=self.default_realm,
        )

    def _shown(self, stored: Entry) -> Entry:
        if self.product is not Product.SHAREPOINT:
            return stored
        if self.unknown is not None:
            return replace(stored, permission_fault=self.unknown)
        return replace(stored, permission=self.allowed.get(principal(stored), Permission()))

    def apply(self, change: Change, desired: DesiredApplication) -> str | None:
        """Make one change. Only what the change names is touched. Tells which entry a registration made."""
        self.writes.append(change)
        self._trust_token_server(change, desired)
        if change.kind is ChangeKind.REGISTER:
            made = self._made(desired, effective_identity(desired))
            self._add(made)
            return made.reference
        assert change.entry is not None
        shown = {self._shown(each): each for each in self.entries}
        assert change.entry in shown, "a change names an entry that was just read"
        old = shown[change.entry]
        others = tuple(each for each in self.entries if each != old)
        if change.permission is not None:
            self.allowed[principal(old)] = change.permission
        if change.kind is ChangeKind.REMOVE:
            unfinished = f"{change.entry.identity}{INTERIM}"
            self.entries = tuple(each for each in others if each.identity != unfinished)
        elif change.kind is ChangeKind.RECREATE and self.product is Product.SHAREPOINT:
            return self._replaced(old, desired)
        elif change.kind is ChangeKind.RECREATE:
            self.entries = others
            made = self._made(desired, desired.identity or change.entry.identity)
            self._add(made)
            return made.reference
        else:
            self.entries = others
            self._add(self._updated(old, change.fields, desired))
        return None

    def _trust_token_server(self, change: Change, desired: DesiredApplication) -> None:
        url = desired.partner.auth_metadata_url
        if Field.TOKEN_SERVER in change.fields and not any(
            same_url(each.metadata_url, url) for each in self.token_servers
        ):
            made = token_server(free_name(url, self.seen or self.observed()), url)
            if any(each.name == made.name for each in self.token_servers):
                raise OperationFailed(Reason.REMOTE_ERROR, "There is another of the name.")
            self.token_servers = (*self.token_servers, self._keys(made, desired))
        if Field.TOKEN_SERVER_KEYS in change.fields:
            stale = stale_keys(TOKEN_SERVERS, desired.partner, self.observed(), asked=True)
            self.token_servers = tuple(
                self._keys(each, desired) if each in stale else each for each in self.token_servers
            )

    def _keys(self, there: TokenServer, desired: DesiredApplication) -> TokenServer:
        document = self._document(desired)
        shown = document.thumbprints if self.product is Product.EXCHANGE else None
        return replace(there, realm=document.realm, thumbprints=shown)

    def _replaced(self, old: Entry, desired: DesiredApplication) -> str:
        """The new one first, then the old one goes, then the new one gets its name. Each can be the last step."""
        name = desired.identity or old.identity
        interim = f"{name}{INTERIM}"
        made = next((each for each in self.entries if each.identity == interim), None)
        if made is None:
            made = self._made(desired, interim)
            self._add(made)
        self._step(1)
        self.entries = tuple(each for each in self.entries if each != old)
        self._step(2)
        self.entries = tuple(each for each in self.entries if each != made)
        self._add(replace(made, identity=name))
        return made.reference

    def _step(self, number: int) -> None:
        if self.breaks_after == number:
            self.breaks_after = None
            raise BrokenOff

    def _add(self, added: Entry) -> None:
        names = {each.identity.casefold() for each in self.entries}
        assert added.identity.casefold() not in names, "the product refuses a second such name"
        self.entries = (*self.entries, added)

    def _document(self, desired: DesiredApplication) -> AuthMetadata:
        url = desired.partner.auth_metadata_url
        document = next(each.document for each in self.documents if each.url == url)
        assert document is not None
        return document

    def _new_guid(self) -> str:
        return f"0e0d0c0b-0000-4000-8000-{next(self._guids):012x}"

    def _made(self, desired: DesiredApplication, identity: str) -> Entry:
        if desired.partner.behind_token_server:
            return self._made_behind(desired, identity)
        made = entry(
            Product(desired.partner.name),
            self.product,
            reference=identity if self.product is Product.LYNC else self._new_guid(),
            identity=identity,
        )
        return self._reread(made, desired)

    def _made_behind(self, desired: DesiredApplication, identity: str) -> Entry:
        lync, account = self.product is Product.LYNC, desired.linked_account
        return Entry(
            reference=identity if lync else self._new_guid(),
            identity=identity,
            application_identifier=desired.partner.identifier,
            realm=desired.partner.realm or self.default_realm,
            issuer="",
            metadata_url="",
            kind=EntryKind.TOKEN_SERVER,
            enabled=True,
            accepts_security_identifiers=False,
            trust_level=str(desired.trust_level) if lync else None,
            linked_account=LinkedAccount(account, ()) if account and not lync else None,
            thumbprints=None if lync else (),
        )

    def _reread(self, old: Entry, desired: DesiredApplication) -> Entry:
        document = self._document(desired)
        shown = self.product is not Product.LYNC
        return replace(
            old,
            metadata_url=desired.partner.auth_metadata_url,
            application_identifier=document.application_identifier,
            realm=document.realm,
            issuer="",
            trust_level=old.trust_level if shown else str(desired.trust_level),
            thumbprints=document.thumbprints if shown else None,
        )

    def _updated(self, old: Entry, fields: frozenset[Field], desired: DesiredApplication) -> Entry:
        new = old
        rereads = {
            Field.METADATA_URL,
            Field.CERTIFICATES,
            Field.REALM,
            Field.ISSUER,
            Field.APPLICATION_IDENTIFIER,
        }
        if desired.partner.behind_token_server:
            if Field.REALM in fields:
                new = replace(new, realm=desired.partner.realm)
        elif fields & rereads:
            kept = new
            new = self._reread(new, desired)
            if self.product is not Product.EXCHANGE:
                # Set-CsPartnerApplication cannot change these, and whether SharePoint's cmdlet does is not known.
                new = replace(
                    new,
                    realm=kept.realm,
                    application_identifier=kept.application_identifier,
                    trust_level=kept.trust_level,
                )
        if Field.ENABLED in fields:
            new = replace(new, enabled=True)
        if Field.TRUST_LEVEL in fields:
            new = replace(new, trust_level=str(desired.trust_level))
        if Field.ACCEPTS_SECURITY_IDENTIFIERS in fields:
            new = replace(new, accepts_security_identifiers=True)
        if Field.IDENTITY in fields:
            new = replace(new, identity=desired.identity or new.identity.removesuffix(INTERIM))
        account = new.linked_account
        if Field.LINKED_ACCOUNT in fields:
            wanted = desired.linked_account
            account = account or LinkedAccount("litwareinc.com/Users/made", ())
            account = replace(account, canonical_name=wanted) if wanted else account
        if Field.ROLES in fields and account is not None:
            account = replace(account, roles=desired.partner.profile.roles)
        return replace(new, linked_account=account)
