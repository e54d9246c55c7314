"""What Exchange's own Configure-EnterprisePartnerApplication.ps1 does, as its stand-in for PowerShell does it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING
from uuid import uuid4

from partner_simulator.embedded import failures
from partner_simulator.embedded.plain import first, prop, same, text
from partner_simulator.ports import PsObject

if TYPE_CHECKING:
    from partner_simulator.embedded.exchange_session import Exchange

_SHAREPOINT = (
    "UserApplication",
    "LegalHoldApplication",
    "Mailbox Search",
    "TeamMailboxLifecycleApplication",
    "Legal Hold",
)
_LYNC_2013 = ("UserApplication", "ArchiveApplication")
_ATTEMPTS = 10


def configure(exchange: Exchange, url: str, application_type: str) -> Generator[str]:
    """Make the account, its roles and the entry; each line is what it says. Raises Failed."""
    for_lync = same(application_type, "Lync")
    prefix = "LyncEnterprise" if for_lync else "SharePointEnterprise"
    roles = _lync_roles(exchange) if for_lync else _SHAREPOINT
    user = yield from _account(exchange, f"{prefix}-ApplicationAccount")
    if user is None or not (yield from _assign(exchange, user, roles)):
        return
    account, name = text(user, "Identity"), f"{prefix}-{uuid4().hex}"
    yield f"Creating Partner Application <{name}> using metadata <{url}> with linked account <{account}>."
    created = new_entry(exchange, name, url, account)
    if created:
        yield f"Created Partner Application <{text(created[0], 'Identity')}>."
        yield "THE CONFIGURATION HAS SUCCEEDED."


def new_entry(exchange: Exchange, name: str, url: str, account: str) -> list[PsObject]:
    """The entry itself; linked to no account where none is named. Raises Failed."""
    return exchange(
        "New-PartnerApplication",
        Name=name,
        AuthMetadataUrl=url,
        AcceptSecurityIdentifierInformation=True,
        Enabled=True,
        **({"LinkedAccount": account} if account else {}),
    )


def _lync_roles(exchange: Exchange) -> tuple[str, ...]:
    """2013's script knows two; the third came with 2016."""
    (snapin,) = exchange.run.system("snapins")
    old = snapin["product"].endswith("2013")
    return _LYNC_2013 if old else (*_LYNC_2013, "MeetingGraphApplication")


def _account(exchange: Exchange, name: str) -> Generator[str, None, PsObject | None]:
    """The account to link: one that is there, or a new one; None when there can be none."""
    for attempt in range(1, _ATTEMPTS + 1):
        found = first(exchange.told("Get-User", stops=False, Identity=name).objects)
        if found is None:
            return (yield from _new_account(exchange, name))
        identity, kind = text(found, "Identity"), text(found, "RecipientType")
        if kind in ("MailUser", "User"):
            yield f"User <{identity}> already exists. Using this user for the Partner Application."
            return found
        kept = f"Cannot use existing User <{identity}> with RecipientType <{kind}>."
        name = f"{name}-{attempt}"
        yield f"{kept} Retry with <{name}>"
    yield "Can not create a user for this Partner Application. Max retry reached."
    return None


def _new_account(exchange: Exchange, name: str) -> Generator[str, None, PsObject | None]:
    yield f"Creating User <{name}> for Partner Application."
    accepted = first(exchange("Get-AcceptedDomain"))
    if accepted is None:
        yield "There is no accepted domain so user can not be created."
        raise failures.null_array("Configure-EnterprisePartnerApplication.ps1")
    address = f"{name}@{text(accepted, 'Name')}"
    made = first(exchange("New-MailUser", Name=name, ExternalEmailAddress=address))
    if made is not None:
        identity = text(made, "Identity")
        exchange("Set-MailUser", Identity=identity, HiddenFromAddressListsEnabled=True)
        yield f"Created User <{identity}> for Partner Application."
    return made


def _assign(
    exchange: Exchange, user: PsObject, roles: tuple[str, ...]
) -> Generator[str, None, bool]:
    """Give the account the roles that it lacks. False when one could not be given."""
    identity, name = text(user, "Identity"), text(user, "Name")
    for role in roles:
        known = exchange("Get-ManagementRoleAssignment")
        if any(_holds(exchange, one, role, name) for one in known):
            there = f"Role <{role}> already assigned to Application User <{identity}>."
            yield f"Skipping role assignment: {there}"
            continue
        yield f"Assigning role <{role}> to Application User <{identity}>."
        if not exchange("New-ManagementRoleAssignment", Role=role, User=identity):
            return False
    return True


def _holds(exchange: Exchange, assignment: PsObject, role: str, name: str) -> bool:
    """By the script's -eq: an object that only prints as the text is not equal to it."""
    comparable = exchange.texts or isinstance(prop(assignment, "Role"), str)
    same_role = comparable and same(prop(assignment, "Role"), role)
    return same_role and same(prop(assignment, "RoleAssigneeName"), name)
