"""Users, mail users, mailboxes, roles and role assignments of Exchange."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID, uuid4

from partner_simulator.ports import PsObject
from partner_simulator.world import errors, exchange_views, names
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.objects import (
    SAM_ACCOUNT_NAME_LENGTH,
    RecipientType,
    RoleAssignment,
    User,
)
from partner_simulator.world.switches import Name

ROLES_2013 = (
    "ApplicationImpersonation",
    "ArchiveApplication",
    "Legal Hold",
    "LegalHoldApplication",
    "Mailbox Search",
    "MailboxSearchApplication",
    "Org Custom Apps",
    "Organization Client Access",
    "TeamMailboxLifecycleApplication",
    "TeamMailboxes",
    "UserApplication",
    "View-Only Configuration",
)
"""Management roles of Exchange 2013 that matter here; MeetingGraphApplication came with 2016."""

_ROLE_ASSIGNMENT_NAME_LENGTH = 64
_SMTP = re.compile(r"^[^@\s]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]+$")


def visible(invocation: Invocation) -> list[User]:
    """Accounts that this call can see: those of its domain; of all others in a session that views the forest."""
    found = invocation.domain.directory.find(User, invocation.controller)
    named = bool(invocation.arguments.text("DomainController"))
    bound = named and invocation.domain.switches[Name.NAMED_CONTROLLER_SEES] == "domain"
    if invocation.views_forest and not bound:
        return found
    return [user for user in found if user.domain == names.DOMAIN]


def _getter(type_name: str, *types: RecipientType) -> Any:
    def get(invocation: Invocation) -> None:
        controller = invocation.controller
        found = [user for user in visible(invocation) if not types or user.recipient_type in types]
        identity = invocation.arguments.text("Identity") or invocation.arguments.text("Anr")
        if identity:
            found = [user for user in found if user.answers_to(identity)]
            if not found:
                raise invocation.not_found(identity)
        for user in found:
            invocation.emit(exchange_views.user(user, type_name=type_name, controller=controller))

    return get


def new_mail_user(invocation: Invocation) -> None:
    """Make a mail user without a password; its logon name is cut at 20 characters (case C17)."""
    arguments, directory = invocation.arguments, invocation.domain.directory
    name = arguments.text("Name") or ""
    address = (arguments.text("ExternalEmailAddress") or "").removeprefix("SMTP:")
    if address and not _SMTP.match(address):
        text = f"The address '{address}' is invalid: \"{address}\" isn't a valid SMTP address."
        raise errors.invalid(invocation.host, text)
    sam_account_name = (arguments.text("SamAccountName") or name)[:SAM_ACCOUNT_NAME_LENGTH]
    user = User(
        name,
        sam_account_name,
        arguments.text("UserPrincipalName") or f"{name}@{names.DOMAIN}",
        RecipientType.MAIL_USER,
        address,
    )
    _refuse_taken_names(invocation, user)
    if not invocation.may(name, "New-MailUser"):
        return
    _refuse_taken_names(invocation, user)
    directory.write(user, invocation.controller)
    invocation.wrote(user.canonical_name)
    invocation.emit(
        exchange_views.user(user, type_name="MailUser", controller=invocation.controller)
    )


def _refuse_taken_names(invocation: Invocation, user: User) -> None:
    for known in invocation.domain.directory.find(User, invocation.controller):
        if known.domain != user.domain:
            continue
        if known.name.casefold() == user.name.casefold():
            raise errors.already_exists(invocation.host, known.distinguished_name)
        if known.sam_account_name.casefold() == user.sam_account_name.casefold():
            text = (
                f'The value "{user.sam_account_name}" of property "SamAccountName" is used by'
                f" another recipient object: '{known.canonical_name}'."
            )
            raise errors.invalid(invocation.host, text)


def set_user(invocation: Invocation) -> None:
    """Set-User and Set-MailUser: what of their parameters this domain keeps."""
    arguments = invocation.arguments
    user = _user(invocation, arguments.text("Identity") or "")
    changed: dict[str, Any] = {}
    hidden = arguments.boolean("HiddenFromAddressListsEnabled")
    if hidden is not None:
        changed["hidden_from_address_lists"] = hidden
    for parameter, attribute in (
        ("Name", "name"),
        ("SamAccountName", "sam_account_name"),
        ("UserPrincipalName", "user_principal_name"),
        ("ExternalEmailAddress", "smtp_address"),
    ):
        value = arguments.text(parameter)
        if value is not None:
            changed[attribute] = value
    if not invocation.may(user.canonical_name, invocation.call.name):
        return
    invocation.domain.directory.write(replace(user, **changed), invocation.controller)
    invocation.wrote(user.canonical_name)


def _roles(invocation: Invocation) -> tuple[str, ...]:
    later = invocation.domain.switches[Name.EXCHANGE_VERSION] != names.EXCHANGE_PRODUCT
    return (*ROLES_2013, "MeetingGraphApplication") if later else ROLES_2013


def get_role(invocation: Invocation) -> None:
    """Management roles, all or one (wildcards work)."""
    pattern = invocation.arguments.text("Identity")
    roles = _roles(invocation)
    found = [r for r in roles if not pattern or fnmatchcase(r.lower(), pattern.lower())]
    if pattern and not found:
        raise invocation.not_found(pattern)
    for role in found:
        invocation.emit(
            PsObject(
                ("Microsoft.Exchange.Data.Directory.SystemConfiguration.ExchangeRole",),
                role,
                {"Name": role, "Identity": role, "RoleType": role.replace(" ", "")},
            )
        )


def get_assignment(invocation: Invocation) -> None:
    """Role assignments, all or filtered by identity, role, kind of assignee or assignee, groups of it included."""
    arguments, controller = invocation.arguments, invocation.controller
    found = invocation.domain.directory.find(RoleAssignment, controller)
    identity = arguments.text("Identity")
    if identity:
        found = [a for a in found if a.answers_to(identity)]
        if not found:
            raise invocation.not_found(identity)
    role = arguments.text("Role")
    if role:
        found = [a for a in found if a.role.casefold() == role.casefold()]
    for parameter, kept in (("Enabled", "enabled"), ("Delegating", "delegating")):
        wanted = arguments.boolean(parameter)
        if wanted is not None:
            found = [a for a in found if getattr(a, kept) is wanted]
    kind = arguments.text("RoleAssigneeType")
    if kind:
        found = [a for a in found if exchange_views.assignee_type(a).name == kind]
    assignee = arguments.text("RoleAssignee")
    if assignee:
        account = _user(invocation, assignee).guid
        found = [a for a in found if a.assignee == account or account in (a.members or ())]
    users = _users(invocation)
    for assignment in found:
        invocation.emit(exchange_views.role_assignment(assignment, users, controller))


def new_assignment(invocation: Invocation) -> None:
    """Give an account a role."""
    arguments, directory = invocation.arguments, invocation.domain.directory
    wanted = arguments.text("Role") or ""
    role = next((r for r in _roles(invocation) if r.casefold() == wanted.casefold()), None)
    if role is None:
        raise invocation.not_found(wanted)
    account = _user(invocation, arguments.text("User") or "")
    default = f"{role}-{account.name}"
    if invocation.domain.switches[Name.ASSIGNMENT_NAME] == "random":
        default = f"{role}-{uuid4().hex}"
    default = default[:_ROLE_ASSIGNMENT_NAME_LENGTH]
    assignment = RoleAssignment(
        arguments.text("Name") or default,
        role,
        account.guid,
        account.name,
        delegating=arguments.flag("Delegating"),
    )
    for known in directory.find(RoleAssignment, invocation.controller):
        if known.name.casefold() == assignment.name.casefold():
            raise errors.already_exists(invocation.host, known.distinguished_name)
    if not invocation.may(assignment.name, "New-ManagementRoleAssignment"):
        return
    directory.write(assignment, invocation.controller)
    invocation.wrote(assignment.name)
    shown = exchange_views.role_assignment(assignment, _users(invocation), invocation.controller)
    invocation.emit(shown)


def remove_assignment(invocation: Invocation) -> None:
    """Take a role away; asks unless told not to."""
    identity = invocation.arguments.text("Identity") or ""
    for known in invocation.domain.directory.find(RoleAssignment, invocation.controller):
        if known.answers_to(identity):
            if invocation.may(known.name, "Remove-ManagementRoleAssignment"):
                invocation.domain.directory.delete(known, invocation.controller)
                invocation.wrote(known.name)
            return
    raise invocation.not_found(identity)


def get_role_group(invocation: Invocation) -> None:
    """Role groups with their members: only the one that carries our cmdlets."""
    identity = invocation.arguments.text("Identity")
    name = "Organization Management"
    if identity and identity.casefold() != name.casefold():
        raise invocation.not_found(identity)
    members = [
        account.user for account in invocation.domain.accounts.known if name in account.groups
    ]
    invocation.emit(
        PsObject(
            ("Microsoft.Exchange.Data.Directory.Management.RoleGroup",),
            name,
            {"Name": name, "Identity": name, "Members": members},
        )
    )


def _users(invocation: Invocation) -> dict[UUID, User]:
    found = invocation.domain.directory.find(User, invocation.controller)
    return {user.guid: user for user in found}


def _user(invocation: Invocation, identity: str) -> User:
    for user in visible(invocation):
        if user.answers_to(identity):
            return user
    raise invocation.not_found(identity)


HANDLERS: Handlers = {
    "Get-User": _getter("User"),
    "Get-MailUser": _getter("MailUser", RecipientType.MAIL_USER),
    "Get-Mailbox": _getter("Mailbox", RecipientType.USER_MAILBOX),
    "Get-Recipient": _getter(
        "ReducedRecipient", RecipientType.USER_MAILBOX, RecipientType.MAIL_USER
    ),
    "New-MailUser": new_mail_user,
    "Set-MailUser": set_user,
    "Set-User": set_user,
    "Get-ManagementRole": get_role,
    "Get-ManagementRoleAssignment": get_assignment,
    "New-ManagementRoleAssignment": new_assignment,
    "Remove-ManagementRoleAssignment": remove_assignment,
    "Get-RoleGroup": get_role_group,
}
