"""The scripts of Exchange and Lync for applications behind a token server, and their stand-in cmdlets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Entry, EntryKind, Observed, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from support.scripts import exchange as on_exchange
from support.scripts import lync as on_lync
from support.scripts.stubs import Stubs
from support.trust import worlds as values
from support.trust.worlds import HR

ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
GUID = "0e0d0c0b-0000-4000-8000-000000000007"
TOKEN = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer"


@dataclass
class Side:
    """One product's stand-ins and words."""

    product: Product
    made: str
    """The cmdlet that makes an application."""
    makes_server: str
    url: str
    """Its parameter for the token server's document."""

    def stubs(self, *entries: dict[str, Any], servers: Any = None) -> Stubs:
        """Cmdlets of a server that has these."""
        if self.product is Product.LYNC:
            return on_lync.lync(list(entries), servers)
        stubs = on_exchange.exchange([on_exchange.STOCK, *entries], servers)
        for name in ("New", "Set", "Remove"):
            stubs.cmdlet(f"{name}-PartnerApplication")
        return stubs.cmdlet("New-AuthServer").cmdlet("Set-AuthServer")

    def shown(self, name: str = "hr", **changes: Any) -> dict[str, Any]:
        """The application as the server shows it; `realm` is the same on both."""
        realm = changes.pop("realm", "")
        if self.product is Product.LYNC:
            behind = {"AuthToken": TOKEN, "ApplicationIdentifier": HR, "Realm": realm}
            changes.pop("Guid", None)
            return on_lync.entry(name, **behind, **changes)
        behind = {"UseAuthServer": True, "AuthMetadataUrl": "", "LinkedAccount": None, "Guid": GUID}
        shown = behind | {"ApplicationIdentifier": HR, "Realm": realm} | changes
        return on_exchange.entry(name, **shown)

    def entry(self, **changes: Any) -> Entry:
        """The same as it was observed."""
        there = Entry(
            reference="hr" if self.product is Product.LYNC else GUID,
            identity="hr",
            application_identifier=HR,
            realm="",
            issuer="",
            metadata_url="",
            kind=EntryKind.TOKEN_SERVER,
            enabled=True,
            accepts_security_identifiers=False,
        )
        return replace(there, **changes)

    def change(self, kind: ChangeKind, *fields: Field, entry: Entry | None = None) -> Change:
        """One change of the application's entry."""
        if kind is not ChangeKind.REGISTER:
            entry = entry or self.entry()
        told = tuple(Difference(each, "old", "new") for each in fields)
        return Change(kind, values.hr().key, entry, told, needs_restart=False)

    async def apply(
        self, stubs: Stubs, change: Change, seen: Observed | None = None, **declared: Any
    ) -> str | None:
        """Make it, by the product's own operations."""
        host = on_lync.HOST if self.product is Product.LYNC else on_exchange.HOST
        seen = seen or values.observed(
            self.product, (), [values.sts()], host=host, domain_controller=on_exchange.CONTROLLER
        )
        own_keys = declared.pop("kind", None) is EntryKind.OWN_KEYS
        desired = values.application(**declared) if own_keys else values.hr(**declared)
        server = values.server(self.product)
        if self.product is Product.LYNC:
            lync = LyncOperations(stubs.run).on(server, on_lync.CREDENTIALS, host)
            return await lync.apply(seen, change, desired)
        exchange = ExchangeOperations(stubs.run).on(server, on_exchange.CREDENTIALS, host)
        return await exchange.apply(seen, change, desired)


EXCHANGE = Side(Product.EXCHANGE, "New-PartnerApplication", "New-AuthServer", "AuthMetadataUrl")
LYNC = Side(Product.LYNC, "New-CsPartnerApplication", "New-CsOAuthServer", "MetadataUrl")
BOTH = pytest.mark.parametrize("side", [EXCHANGE, LYNC], ids=["Exchange", "Lync"])
