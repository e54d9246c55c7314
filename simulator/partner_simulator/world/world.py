"""World: what the PowerShell engine asks; every product cmdlet finds its handler here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from partner_simulator.ports import (
    CmdletCall,
    CmdletError,
    CmdletOutput,
    LogonKind,
    PsEnum,
    PsObject,
    Session,
)
from partner_simulator.world import (
    documents,
    errors,
    exchange_accounts,
    exchange_auth_admin,
    exchange_auth_servers,
    exchange_certificates,
    exchange_connectivity,
    exchange_organization,
    exchange_partner_applications,
    lync_certificates,
    lync_connectivity,
    lync_oauth_servers,
    lync_partner_applications,
    lync_topology,
    sharepoint_access,
    sharepoint_errors,
    sharepoint_issuers,
    sharepoint_permissions,
    sharepoint_sites,
    sharepoint_sts,
    sharepoint_timer,
    sharepoint_topology,
)
from partner_simulator.world.arguments import Arguments
from partner_simulator.world.domain import Domain
from partner_simulator.world.invocation import Handler, Handlers, Invocation
from partner_simulator.world.ledger import Call
from partner_simulator.world.misbehaviour import Misbehaviour, Muted
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.setup import LYNC_ADMINISTRATORS, ORGANIZATION_MANAGEMENT
from partner_simulator.world.switches import Name
from partner_simulator.world.system import Windows

EXCHANGE_HANDLERS: Handlers = {
    **exchange_partner_applications.HANDLERS,
    **exchange_auth_servers.HANDLERS,
    **exchange_accounts.HANDLERS,
    **exchange_organization.HANDLERS,
    **exchange_certificates.HANDLERS,
    **exchange_connectivity.HANDLERS,
}
LYNC_HANDLERS: Handlers = {
    **lync_partner_applications.HANDLERS,
    **lync_oauth_servers.HANDLERS,
    **lync_certificates.HANDLERS,
    **lync_topology.HANDLERS,
    **lync_connectivity.HANDLERS,
}
SHAREPOINT_HANDLERS: Handlers = {
    **sharepoint_issuers.VERBS,
    **sharepoint_permissions.VERBS,
    **sharepoint_sites.VERBS,
    **sharepoint_sts.VERBS,
    **sharepoint_topology.VERBS,
}
"""Cmdlets by name, and methods of SharePoint's classes as `Class.Method`."""
_WITHOUT_CMS = frozenset({"test-csexstorageconnectivity", "get-cswindowsservice"})
"""Lync cmdlets that go by the local machine, so that a network logon is enough (P-LY-1)."""

_HANDLERS: Handlers = {
    name.casefold(): handler
    for name, handler in {**EXCHANGE_HANDLERS, **LYNC_HANDLERS, **SHAREPOINT_HANDLERS}.items()
}
_EXCHANGE = frozenset(name.casefold() for name in EXCHANGE_HANDLERS)
_SHAREPOINT = frozenset(name.casefold() for name in SHAREPOINT_HANDLERS)


class World:
    """Implements ports.CmdletWorld on a domain."""

    def __init__(self, domain: Domain, folder: Path) -> None:
        """`folder` takes the machines' certificate stores; it must outlive the world."""
        self.domain = domain
        self.windows = Windows(domain, folder)

    def invoke(self, call: CmdletCall, output: CmdletOutput) -> None:
        """Run one product cmdlet. Raises CmdletError for a terminating error."""
        arguments = Arguments.of(call)
        is_sharepoint = call.name.casefold() in _SHAREPOINT
        formed = output if is_sharepoint else _Formed(output, self.domain)
        invocation = Invocation(self.domain, call, formed, arguments)
        self._note(invocation)
        try:
            if is_sharepoint and not sharepoint_access.admitted(invocation):
                return
            self._permit(invocation)
            handler = _HANDLERS.get(call.name.casefold())
            if handler is None:
                raise errors.no_such_command(call.name)
            self._run(handler, invocation)
        except CmdletError as error:
            if error.terminating:
                raise
            output.write_error(error)

    def _run(self, handler: Handler, invocation: Invocation) -> None:
        """Run a handler as well as it behaves today. Raises CmdletError."""
        how = self.domain.misbehaviours.take(invocation.call.name)
        if how is Misbehaviour.FAILS_AT_ONCE:
            raise _broken(invocation)
        if how is not None:
            invocation.output = Muted(invocation.output)
        if how is Misbehaviour.DOES_NOTHING:
            invocation.may(invocation.call.name, "nothing")
            return
        handler(invocation)
        for warning in self.domain.warnings.get(invocation.call.name.casefold(), ()):
            invocation.output.write_warning(warning)
        if how is Misbehaviour.FAILS_AFTERWARDS:
            raise _broken(invocation)

    def bind(self, session: Session, cmdlet: str, parameter: str, value: Any) -> str | None:
        """-MetadataUrl of Lync's cmdlets fetches the document while it is bound (P-LY-8)."""
        if parameter.casefold() != "metadataurl":
            return None
        try:
            if "OAuthServer" in cmdlet:
                lync_oauth_servers.fetch(self.domain, session.host, str(value))
            else:
                self.domain.fetch_document(session.host, str(value))
        except (RequestFailed, documents.NotADocument):
            return lync_partner_applications.BAD_METADATA
        return None

    def system(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        """Answer the Windows look-alikes; see ports.CmdletWorld."""
        return self.windows.answer(session, what, arguments)

    def _note(self, invocation: Invocation) -> None:
        self.domain.ledger.called(
            Call(
                self.domain.clock.now(),
                invocation.host,
                invocation.who,
                invocation.call.name,
                dict(invocation.call.parameters),
                str(invocation.arguments.text("DomainController") or ""),
            )
        )

    def _permit(self, invocation: Invocation) -> None:
        """Second hops first, then rights. Raises CmdletError."""
        call = invocation.call
        name = call.name.casefold()
        weak = call.second_hop is None and call.session.logon.kind is LogonKind.NETWORK
        accounts = self.domain.accounts
        if name in _EXCHANGE:
            exchange_auth_admin.run_when_due(self.domain)
            if weak and self.domain.switches[Name.SNAPIN_NEEDS_SECOND_HOP]:
                raise errors.no_directory_access(invocation.host)
            if call.second_hop and not accounts.member_of(invocation.who, ORGANIZATION_MANAGEMENT):
                raise errors.no_such_command(call.name)
        elif name in _SHAREPOINT:
            sharepoint_timer.run_when_due(self.domain)
        elif name not in _WITHOUT_CMS:
            reads_replica = invocation.arguments.flag("LocalStore")
            may = accounts.member_of(invocation.who, LYNC_ADMINISTRATORS)
            if not may or (weak and not reads_replica):
                raise errors.no_cms_access()
        if (invocation.who.casefold(), name) in self.domain.missing_cmdlets:
            raise errors.no_such_command(call.name)


def _broken(invocation: Invocation) -> CmdletError:
    """What stands behind the cmdlets fails in the middle of things."""
    if invocation.call.name.casefold() in _SHAREPOINT:
        return sharepoint_errors.broken()
    return errors.broken(invocation.host)


class _Formed:
    """CmdletOutput that writes enums in the form of this world."""

    def __init__(self, output: CmdletOutput, domain: Domain) -> None:
        self._output = output
        self._form = domain.switches[Name.ENUM_FORM]
        self.write_error = output.write_error
        self.write_warning = output.write_warning
        self.write_verbose = output.write_verbose
        self.write_host = output.write_host
        self.should_process = output.should_process

    def write_object(self, value: PsObject) -> None:
        """Pass it on, with numbers or names in place of enums where switched so."""
        if self._form != "enum":
            formed = {name: self._formed(item) for name, item in value.properties.items()}
            value = replace(value, properties=formed)
        self._output.write_object(value)

    def _formed(self, item: Any) -> Any:
        if not isinstance(item, PsEnum):
            return item
        return item.name if self._form == "text" else item.value
