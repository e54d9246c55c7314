"""What Exchange's own Configure-EnterprisePartnerApplication.ps1 does, as far as its stand-in for PowerShell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from partner_simulator.embedded import failures
from partner_simulator.embedded.plain import prop, same, text
from partner_simulator.ports import PsObject

if TYPE_CHECKING:
    from partner_simulator.embedded.exchange import Exchange

_SHAREPOINT = (
    "UserApplication",
    "LegalHoldApplication",
    "Mailbox Search",
    "TeamMailboxLifecycleApplication",
    "Legal Hold",
)
_LYNC_2013 = ("UserApplication", "ArchiveApplication")
_ATTEMPTS = 10
Cmdlets = Callable[..., list[PsObject]]


def configure(exchange: Exchange, url: str, application_type: str) -> None:
    """Make the account, its roles and the entry, and say so line by line. Raises Failed."""
    call: Cmdlets = exchange if exchange.controller else exchange.plain
    for_lync = same(application_type, "Lync")
    prefix = "LyncEnterprise" if for_lync else "SharePointEnterprise"
    roles = _lync_roles(exchange) if for_lync else _SHAREPOINT
    user = _account(exchange, call, f"{prefix}-ApplicationAccount")
    if user is None or not _assign(exchange, call, user, roles):
        return
    account, name = text(prop(user, "Identity")), f"{prefix}-{uuid4().hex}"
    _say(
        exchange,
        f"Creating Partner Application <{name}> using metadata <{url}> with linked account <{account}>.",
    )
    created = call(
        "New-PartnerApplication",
        Name=name,
        AuthMetadataUrl=url,
        AcceptSecurityIdentifierInformation=True,
        Enabled=True,
        LinkedAccount=account,
    )
    if created:
        _say(exchange, f"Created Partner Application <{text(prop(created[0], 'Identity'))}>.")
        _say(exchange, "THE CONFIGURATION HAS SUCCEEDED.")


def _say(exchange: Exchange, line: str) -> None:
    exchange.run.say("")
    exchange.run.say(line)


def _lync_roles(exchange: Exchange) -> tuple[str, ...]:
    """2013's script knows two; the third came with 2016."""
    (snapin,) = exchange.run.system("snapins")
    old = snapin["product"].endswith("2013")
    return _LYNC_2013 if old else (*_LYNC_2013, "MeetingGraphApplication")


def _account(exchange: Exchange, call: Cmdlets, name: str) -> PsObject | None:
    """The account to link: one that is there, or a new one; None when there can be none."""
    for attempt in range(1, _ATTEMPTS + 1):
        found = exchange.asked_quietly("Get-User", Identity=name)
        if not found:
            return _new_account(exchange, call, name)
        identity, kind = (text(prop(found[0], key)) for key in ("Identity", "RecipientType"))
        if kind in ("MailUser", "User"):
            _say(
                exchange,
                f"User <{identity}> already exists. Using this user for the Partner Application.",
            )
            return found[0]
        _say(
            exchange,
            f"Cannot use existing User <{identity}> with RecipientType <{kind}>. Retry with <{name}-{attempt}>",
        )
        name = f"{name}-{attempt}"
    _say(exchange, "Can not create a user for this Partner Application. Max retry reached.")
    return None


def _new_account(exchange: Exchange, call: Cmdlets, name: str) -> PsObject | None:
    _say(exchange, f"Creating User <{name}> for Partner Application.")
    accepted = call("Get-AcceptedDomain")
    if not accepted:
        _say(exchange, "There is no accepted domain so user can not be created.")
        raise failures.null_array("Configure-EnterprisePartnerApplication.ps1")
    address = f"{name}@{text(prop(accepted[0], 'Name'))}"
    made = call("New-MailUser", Name=name, ExternalEmailAddress=address)
    if not made:
        return None
    identity = text(prop(made[0], "Identity"))
    call("Set-MailUser", Identity=identity, HiddenFromAddressListsEnabled=True)
    _say(exchange, f"Created User <{identity}> for Partner Application.")
    return made[0]


def _assign(exchange: Exchange, call: Cmdlets, user: PsObject, roles: tuple[str, ...]) -> bool:
    """Give the account the roles that it lacks. False when one could not be given."""
    identity, name = prop(user, "Identity"), prop(user, "Name")
    for role in roles:
        known = call("Get-ManagementRoleAssignment")
        if any(_is(one, "Role", role) and _is(one, "RoleAssigneeName", name) for one in known):
            _say(
                exchange,
                f"Skipping role assignment: Role <{role}> already assigned to Application User <{text(identity)}>.",
            )
            continue
        _say(exchange, f"Assigning role <{role}> to Application User <{text(identity)}>.")
        if not call("New-ManagementRoleAssignment", Role=role, User=text(identity)):
            return False
    return True


def _is(item: PsObject, name: str, value: str) -> bool:
    """The script's -eq: an object that only looks like the text is not equal to it."""
    found = prop(item, name)
    return isinstance(found, str) and same(found, value)
