"""*-PartnerApplication (P-EX-1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partner_simulator.world import documents, errors, exchange_accounts, exchange_views
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.objects import PartnerApplication, User
from partner_simulator.world.switches import Name


def get(invocation: Invocation) -> None:
    """All entries, or those that an identity matches; a strange identity may show all."""
    controller = invocation.controller
    found = invocation.domain.directory.find(PartnerApplication, controller)
    identity = invocation.arguments.text("Identity")
    if identity:
        matching = [entry for entry in found if entry.answers_to(identity)]
        if not matching and not invocation.domain.switches[Name.UNKNOWN_IDENTITY_SHOWS_ALL]:
            raise invocation.not_found(identity)
        found = matching or found
    for entry in found:
        _emit(invocation, entry)


def new(invocation: Invocation) -> None:
    """Make an entry, from a metadata document or for use with an auth server."""
    arguments = invocation.arguments
    name = arguments.text("Name") or ""
    now = invocation.domain.clock.now()
    url = arguments.text("AuthMetadataUrl")
    entry = PartnerApplication(
        name,
        arguments.text("ApplicationIdentifier") or "",
        now,
        now,
        realm=arguments.text("Realm") or "",
        use_auth_server=url is None,
    )
    if url is not None:
        entry = _with_document(invocation, entry, url)
    entry = _with_flags(invocation, entry)
    _refuse_duplicates(invocation, entry)
    if not invocation.may(name, "New-PartnerApplication"):
        return
    _refuse_duplicates(invocation, entry)
    invocation.domain.directory.write(entry, invocation.controller)
    invocation.wrote(name)
    _emit(invocation, entry)


def set_(invocation: Invocation) -> None:
    """Change an entry in place."""
    arguments = invocation.arguments
    identity = arguments.text("Identity") or ""
    entry = _one(invocation, identity)
    changed = entry
    url = arguments.text("AuthMetadataUrl")
    if url is not None:
        changed = _with_document(invocation, changed, url)
    elif arguments.flag("RefreshAuthMetadata"):
        if not entry.auth_metadata_url:
            text = f"The partner application '{entry.name}' has no authentication metadata URL."
            raise errors.invalid(invocation.host, text)
        changed = _with_document(invocation, changed, entry.auth_metadata_url)
    identifier = arguments.text("ApplicationIdentifier")
    if identifier is not None:
        changed = replace(changed, application_identifier=identifier)
    if "Realm" in arguments:
        changed = replace(changed, realm=arguments.text("Realm") or "")
    name = arguments.text("Name")
    if name is not None and name != entry.name:
        _refuse_name(invocation, name)
        changed = replace(changed, name=name)
    changed = _with_flags(invocation, changed)
    if not invocation.may(entry.name, "Set-PartnerApplication"):
        return
    if changed == entry:
        invocation.output.write_warning(
            f"The command completed successfully but no settings of '{entry.name}' have been"
            " modified."
        )
        return
    changed = replace(changed, when_changed=invocation.domain.clock.now())
    invocation.domain.directory.write(changed, invocation.controller)
    invocation.wrote(changed.name)


def remove(invocation: Invocation) -> None:
    """Remove an entry; asks unless told not to (ConfirmImpact High)."""
    entry = _one(invocation, invocation.arguments.text("Identity") or "")
    if not invocation.may(entry.name, "Remove-PartnerApplication"):
        return
    invocation.domain.directory.delete(entry, invocation.controller)
    invocation.wrote(entry.name)


def _one(invocation: Invocation, identity: str) -> PartnerApplication:
    found = [
        entry
        for entry in invocation.domain.directory.find(PartnerApplication, invocation.controller)
        if entry.answers_to(identity)
    ]
    if not found:
        raise invocation.not_found(identity)
    if len(found) > 1:
        text = f"The operation couldn't be performed because '{identity}' matches multiple entries."
        raise errors.exchange(
            invocation.host,
            "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException",
            text,
        )
    return found[0]


def _with_document(
    invocation: Invocation, entry: PartnerApplication, url: str
) -> PartnerApplication:
    """Download the document on the machine that runs the cmdlet, and copy what it says."""
    check = not invocation.arguments.flag("TrustAnySSLCertificate")
    try:
        document = invocation.domain.fetch_document(invocation.host, url, check_certificate=check)
    except RequestFailed as error:
        raise errors.metadata_failed(invocation.host, url, error.text) from error
    except documents.NotADocument as error:
        raise errors.metadata_failed(invocation.host, url, str(error)) from error
    stored = invocation.domain.switches[Name.ISSUER_IDENTIFIER_STORED]
    return replace(
        entry,
        auth_metadata_url=url,
        application_identifier=document.application_identifier,
        realm=document.realm,
        certificates=document.certificates,
        use_auth_server=False,
        issuer_identifier=document.issuer if stored else entry.issuer_identifier,
    )


def _with_flags(invocation: Invocation, entry: PartnerApplication) -> PartnerApplication:
    arguments = invocation.arguments
    changed: dict[str, Any] = {}
    for parameter, attribute in (
        ("Enabled", "enabled"),
        ("AcceptSecurityIdentifierInformation", "accepts_security_identifiers"),
    ):
        value = arguments.boolean(parameter)
        if value is not None:
            changed[attribute] = value
    for parameter, attribute in (
        ("ActAsPermissions", "act_as_permissions"),
        ("AppOnlyPermissions", "app_only_permissions"),
    ):
        if parameter in arguments:
            changed[attribute] = arguments.texts(parameter)
    if "IssuerIdentifier" in arguments:
        changed["issuer_identifier"] = arguments.text("IssuerIdentifier") or ""
    if "LinkedAccount" in arguments:
        changed["linked_account"] = _linked_account(invocation)
    return replace(entry, **changed)


def _linked_account(invocation: Invocation) -> Any:
    identity = invocation.arguments.text("LinkedAccount")
    if not identity:
        return None
    for user in exchange_accounts.visible(invocation):
        if user.answers_to(identity):
            return user.guid
    raise invocation.not_found(identity)


def _refuse_name(invocation: Invocation, name: str) -> None:
    known = invocation.domain.directory.find(PartnerApplication, invocation.controller)
    for entry in known:
        if entry.name.casefold() == name.casefold():
            raise errors.already_exists(invocation.host, entry.distinguished_name)


def _refuse_duplicates(invocation: Invocation, new_entry: PartnerApplication) -> None:
    _refuse_name(invocation, new_entry.name)
    if not invocation.domain.switches[Name.DUPLICATES_REJECTED]:
        return
    known = invocation.domain.directory.find(PartnerApplication, invocation.controller)
    for entry in known:
        if _key(entry) == _key(new_entry):
            text = (
                f"The partner application '{entry.name}' already exists with application"
                f" identifier '{entry.application_identifier}' and realm '{entry.realm}'."
            )
            raise errors.invalid(invocation.host, text)


def _key(entry: PartnerApplication) -> tuple[str, str, bool]:
    return entry.application_identifier, entry.realm, entry.use_auth_server


def _emit(invocation: Invocation, entry: PartnerApplication) -> None:
    controller = invocation.controller
    users = {user.guid: user for user in invocation.domain.directory.find(User, controller)}
    invocation.emit(exchange_views.partner_application(entry, users, controller))


HANDLERS: Handlers = {
    "Get-PartnerApplication": get,
    "New-PartnerApplication": new,
    "Set-PartnerApplication": set_,
    "Remove-PartnerApplication": remove,
}
