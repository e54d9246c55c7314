"""Changes on an Exchange of stand-ins, made as the engine would make them."""

from __future__ import annotations

from typing import Any

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from support.scripts.exchange import CONTROLLER, CREDENTIALS, HOST, exchange
from support.scripts.stubs import Stubs
from support.trust import worlds as trust_worlds
from support.trust.worlds import application, server

REFERENCE = "CN=LyncEnterprise-1,CN=Partner Applications,DC=litwareinc,DC=com"
ACCOUNT = "litwareinc.com/Users/LyncEnterprise-ApplicationAccount"


def seen(**changes: Any) -> Observed:
    """What was observed before the change."""
    return trust_worlds.observed(
        Product.EXCHANGE, host=HOST, domain_controller=CONTROLLER, **changes
    )


def change(kind: ChangeKind, *fields: Field, **entry_changes: Any) -> Change:
    """A change of the entry that the stand-ins show."""
    old = trust_worlds.entry(Product.LYNC, **({"reference": REFERENCE} | entry_changes))
    return Change(
        kind=kind,
        application=application().key,
        entry=None if kind is ChangeKind.REGISTER else old,
        differences=tuple(Difference(field, "old", "new") for field in fields),
        needs_restart=True,
    )


async def apply(stubs: Stubs, wanted: Change, **declared: Any) -> str | None:
    """Make the change as the engine would."""
    operations = ExchangeOperations(stubs.run)
    return await operations.on(server(), CREDENTIALS, seen().host).apply(
        seen(), wanted, application(**declared)
    )


def writable(entries: Any = None) -> Stubs:
    """An Exchange whose changing cmdlets do nothing."""
    stubs = exchange(entries)
    for name in (
        "Set-PartnerApplication",
        "New-PartnerApplication",
        "Remove-PartnerApplication",
        "New-MailUser",
        "Set-MailUser",
        "New-ManagementRoleAssignment",
        "New-AuthServer",
        "Set-AuthServer",
    ):
        stubs.cmdlet(name)
    return stubs
