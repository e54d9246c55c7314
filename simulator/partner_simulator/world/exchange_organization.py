"""Servers, domains, virtual directories and settings of the Exchange organisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from partner_simulator.ports import PsObject, PsText
from partner_simulator.world import exchange_views, names
from partner_simulator.world.invocation import Handler, Handlers, Invocation
from partner_simulator.world.objects import (
    AcceptedDomain,
    ExchangeServer,
    VirtualDirectory,
)

ORGANIZATION_GUID = UUID("6f0d4a8c-5b0e-4a55-9d37-0d7c2f3b9a10")
"""The organisation's GUID, the same on every host and in every run."""


def get_organization(invocation: Invocation) -> None:
    """The one organisation."""
    distinguished_name = (
        f"CN={names.ORGANIZATION},CN=Microsoft Exchange,CN=Services,CN=Configuration,"
        f"{names.NAMING_CONTEXT}"
    )
    invocation.emit(
        PsObject(
            ("Microsoft.Exchange.Data.Directory.Management.OrganizationConfig",),
            names.ORGANIZATION,
            {
                "Name": names.ORGANIZATION,
                "DistinguishedName": distinguished_name,
                "Identity": PsText(
                    "Microsoft.Exchange.Data.Directory.ADObjectId", names.ORGANIZATION
                ),
                "Guid": ORGANIZATION_GUID,
                "AdminDisplayVersion": PsText(
                    "Microsoft.Exchange.Data.ExchangeBuild", "0.20 (15.0.1497.2)"
                ),
                "OriginatingServer": invocation.controller,
                "IsValid": True,
            },
        )
    )


def _get_by_identity(kind: Any, view: Callable[[Any, str], PsObject]) -> Handler:
    def get(invocation: Invocation) -> None:
        controller = invocation.controller
        found = invocation.domain.directory.find(kind, controller)
        identity = invocation.arguments.text("Identity")
        if identity:
            found = [item for item in found if item.answers_to(identity)]
            if not found:
                raise invocation.not_found(identity)
        for item in found:
            invocation.emit(view(item, controller))

    return get


def get_accepted_domain(invocation: Invocation) -> None:
    """Accepted domains, all or one."""
    controller = invocation.controller
    identity = invocation.arguments.text("Identity")
    found = invocation.domain.directory.find(AcceptedDomain, controller)
    if identity:
        found = [d for d in found if identity.casefold() in (d.name, d.domain_name)]
        if not found:
            raise invocation.not_found(identity)
    for domain in found:
        invocation.emit(exchange_views.accepted_domain(domain, controller))


def _get_directories(kind: str) -> Handler:
    def get(invocation: Invocation) -> None:
        server = (invocation.arguments.text("Server") or "").casefold()
        identity = (invocation.arguments.text("Identity") or "").casefold()
        controller = invocation.controller
        found = [
            v
            for v in invocation.domain.directory.find(VirtualDirectory, controller)
            if v.kind == kind
            and (not server or server in (v.server, v.server.partition(".")[0]))
            and (not identity or identity == v.identity.casefold())
        ]
        if identity and not found:
            raise invocation.not_found(identity)
        for directory in found:
            invocation.emit(exchange_views.virtual_directory(directory, controller))

    return get


def set_directory(invocation: Invocation) -> None:
    """Set-WebServicesVirtualDirectory and its sister: OAuthAuthentication."""
    identity = (invocation.arguments.text("Identity") or "").casefold()
    controller = invocation.controller
    for known in invocation.domain.directory.find(VirtualDirectory, controller):
        if known.identity.casefold() != identity:
            continue
        wanted = invocation.arguments.boolean("OAuthAuthentication")
        if invocation.may(known.identity, invocation.call.name) and wanted is not None:
            changed = replace(known, oauth_authentication=wanted)
            invocation.domain.directory.write(changed, controller)
            invocation.wrote(known.identity)
        return
    raise invocation.not_found(identity)


def get_controllers(invocation: Invocation) -> None:
    """The domain controllers."""
    for fqdn in names.DOMAIN_CONTROLLERS:
        invocation.emit(
            PsObject(
                ("Microsoft.Exchange.Data.Directory.ADServer",),
                fqdn.partition(".")[0].upper(),
                {"Name": fqdn.partition(".")[0].upper(), "DnsHostName": fqdn, "IsValid": True},
            )
        )


def get_settings(invocation: Invocation) -> None:
    """What the session sees: the domain, until it is told otherwise."""
    invocation.emit(
        PsObject(
            (
                "Microsoft.Exchange.Data.Directory.Management.RunspaceServerSettingsPresentationObject",
            ),
            "",
            {"ViewEntireForest": invocation.views_forest, "RecipientViewRoot": names.DOMAIN},
        )
    )


def set_settings(invocation: Invocation) -> None:
    """Settings of the session: its view."""
    forest = invocation.arguments.boolean("ViewEntireForest")
    if invocation.may("session", "Set-ADServerSettings") and forest is not None:
        invocation.view(forest=forest)


def get_component_state(invocation: Invocation) -> None:
    """ServerWideOffline and the proxies: active, as long as nobody put a server in maintenance."""
    identity = invocation.arguments.text("Identity") or ""
    servers = invocation.domain.directory.find(ExchangeServer, invocation.controller)
    server = next((s for s in servers if s.answers_to(identity)), None)
    if server is None:
        raise invocation.not_found(identity)
    asked = invocation.arguments.text("Component")
    for component in ("ServerWideOffline", "EwsProxy", "AutoDiscoverProxy"):
        if asked and asked.casefold() != component.casefold():
            continue
        invocation.emit(
            PsObject(
                (
                    "Microsoft.Exchange.Management.SystemConfigurationTasks.ServerComponentStatePresentationObject",
                ),
                component,
                {
                    "ServerFqdn": server.fqdn,
                    "Component": component,
                    "State": PsText("Microsoft.Exchange.Data.ServiceState", "Active"),
                },
            )
        )


HANDLERS: Handlers = {
    "Get-OrganizationConfig": get_organization,
    "Get-AcceptedDomain": get_accepted_domain,
    "Get-ExchangeServer": _get_by_identity(ExchangeServer, exchange_views.exchange_server),
    "Get-ClientAccessServer": _get_by_identity(ExchangeServer, exchange_views.exchange_server),
    "Get-WebServicesVirtualDirectory": _get_directories("EWS"),
    "Get-AutodiscoverVirtualDirectory": _get_directories("Autodiscover"),
    "Set-WebServicesVirtualDirectory": set_directory,
    "Set-AutodiscoverVirtualDirectory": set_directory,
    "Get-DomainController": get_controllers,
    "Get-ADServerSettings": get_settings,
    "Set-ADServerSettings": set_settings,
    "Get-ServerComponentState": get_component_state,
}
