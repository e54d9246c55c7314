"""Who gets at the farm: loading the cmdlets, rights, and SQL Server behind a second hop (P-SP-1, P-SP-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from partner_simulator.ports import LogonKind, Session
from partner_simulator.world import names, sharepoint_errors
from partner_simulator.world.domain import Domain
from partner_simulator.world.invocation import Invocation
from partner_simulator.world.machines import Role
from partner_simulator.world.sharepoint_farm import (
    APP_MANAGEMENT_DATABASE,
    CONFIG_DATABASE,
    CONTENT_DATABASE,
)
from partner_simulator.world.switches import Name

SUBSCRIPTION_EDITION = "SharePoint Server Subscription Edition"


def stock_admins() -> Mapping[str, frozenset[str]]:
    """The administrator, with Add-SPShellAdmin for each database that trusts need."""
    databases = frozenset({CONFIG_DATABASE, CONTENT_DATABASE, APP_MANAGEMENT_DATABASE})
    return {names.SHAREPOINT_ADMIN: databases}


def load(domain: Domain, session: Session) -> Mapping[str, Any]:
    """What the cmdlets say while they are loaded: `warnings` of a snap-in, `error` of a module."""
    said: dict[str, Any] = {"warnings": [], "error": ""}
    if domain.machines[session.host].role is not Role.SHAREPOINT:
        return said
    if domain.switches[Name.SHAREPOINT_VERSION] == SUBSCRIPTION_EDITION:
        left = session.host in domain.farm_of(session.host).left
        return said | {"error": sharepoint_errors.NULL_VALUED if left else ""}
    if _reaches_sql(domain, session) and _may(domain, session, CONFIG_DATABASE):
        return said
    return said | {"warnings": [sharepoint_errors.NO_FARM_WARNING]}


def admitted(invocation: Invocation) -> bool:
    """Whether this call gets at the farm. False: it shows nothing. Raises CmdletError."""
    domain, session = invocation.domain, invocation.call.session
    if not _reaches_sql(domain, session):
        if domain.switches[Name.SHAREPOINT_SECOND_HOP] == "nothing":
            return False
        raise sharepoint_errors.no_farm()
    if not _may(domain, session, CONFIG_DATABASE):
        raise sharepoint_errors.no_farm()
    return True


def needs_databases(invocation: Invocation, *databases: str) -> None:
    """Work with permissions goes to other databases than the farm's own. Raises CmdletError."""
    domain = invocation.domain
    if not domain.switches[Name.SHAREPOINT_PERMISSION_DATABASES]:
        return
    if not all(_may(domain, invocation.call.session, database) for database in databases):
        raise sharepoint_errors.unauthorized()


def _reaches_sql(domain: Domain, session: Session) -> bool:
    """In a farm, and with a credential that SQL Server takes."""
    if session.host in domain.farm_of(session.host).left:
        return False
    is_local = domain.switches[Name.SHAREPOINT_SECOND_HOP] == "works"
    return is_local or session.logon.kind is not LogonKind.NETWORK


def _may(domain: Domain, session: Session, database: str) -> bool:
    user = session.logon.user.casefold()
    given = {
        name.casefold(): held for name, held in domain.farm_of(session.host).shell_admins.items()
    }
    return database in given.get(user, frozenset())
