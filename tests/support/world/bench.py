"""A whole domain with its web sites, and cmdlets called as the PowerShell engine would call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import CmdletCall, CmdletError, Logon, LogonKind, PsObject, Session
from partner_simulator.web import trust_check
from partner_simulator.web.farm import Farm
from partner_simulator.world import names, setup
from partner_simulator.world.domain import Domain
from partner_simulator.world.machines import Role
from partner_simulator.world.objects import PartnerApplication
from partner_simulator.world.switches import Name, Switches
from partner_simulator.world.world import World

EXCHANGE_SESSION = Session(
    names.EXCHANGE_HOSTS[0], Logon(names.EXCHANGE_ADMIN, LogonKind.NETWORK), "ex"
)
LYNC_SESSION = Session(names.FRONT_ENDS[0], Logon(names.LYNC_ADMIN, LogonKind.CREDSSP), "ly")
SHAREPOINT_SESSION = Session(
    names.SHAREPOINT_HOSTS[0], Logon(names.SHAREPOINT_ADMIN, LogonKind.CREDSSP), "sp"
)
SIP_URI = "sip:kenmyer@litwareinc.com"
MAILBOX = "kenmyer@litwareinc.com"
EXCHANGE_ISSUER = names.issuer(names.EXCHANGE_ID, names.DOMAIN)
LYNC_ISSUER = names.issuer(names.LYNC_ID, names.DOMAIN)
SCRIPT_ROLES = ("UserApplication", "ArchiveApplication")


@dataclass
class Told:
    """What one cmdlet call wrote; implements ports.CmdletOutput."""

    yes: bool = True
    objects: list[PsObject] = field(default_factory=list)
    errors: list[CmdletError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verbose: list[str] = field(default_factory=list)
    host: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def write_object(self, value: PsObject) -> None:
        self.objects.append(value)

    def write_error(self, error: CmdletError) -> None:
        self.errors.append(error)

    def write_warning(self, text: str) -> None:
        self.warnings.append(text)

    def write_verbose(self, text: str) -> None:
        self.verbose.append(text)

    def write_host(self, text: str) -> None:
        self.host.append(text)

    def should_process(self, target: str, action: str) -> bool:
        self.asked.append((target, action))
        return self.yes

    @property
    def names(self) -> list[str]:
        """Names of the objects."""
        return [item.text for item in self.objects]

    @property
    def message(self) -> str:
        """The one error's message."""
        (error,) = self.errors
        return error.message


@dataclass
class Bench:
    """A domain whose sites are up."""

    domain: Domain
    world: World
    farm: Farm

    def exchange(self, cmdlet: str, *, yes: bool = True, **parameters: Any) -> Told:
        """Call a cmdlet inside a session of Exchange's own endpoint."""
        hop = Logon(names.EXCHANGE_ADMIN, LogonKind.NETWORK)
        return self.call(EXCHANGE_SESSION, cmdlet, parameters, hop=hop, yes=yes)

    def lync(
        self, cmdlet: str, *, yes: bool = True, session: Session = LYNC_SESSION, **parameters: Any
    ) -> Told:
        """Call a cmdlet on a Front End."""
        return self.call(session, cmdlet, parameters, yes=yes)

    def sharepoint(
        self,
        cmdlet: str,
        *,
        yes: bool = True,
        session: Session = SHAREPOINT_SESSION,
        **parameters: Any,
    ) -> Told:
        """Call a cmdlet on a server of the farm."""
        return self.call(session, cmdlet, parameters, yes=yes)

    def call_farm(self, verb: str, parameters: Mapping[str, Any]) -> Told:
        """The same, with parameters that are at hand as a mapping."""
        return self.call(SHAREPOINT_SESSION, verb, parameters)

    def call(
        self,
        session: Session,
        cmdlet: str,
        parameters: Mapping[str, Any],
        *,
        hop: Logon | None = None,
        yes: bool = True,
    ) -> Told:
        """Call a cmdlet. Raises CmdletError for a terminating error."""
        told = Told(yes=yes)
        self.world.invoke(CmdletCall(session, cmdlet, "", parameters, hop), told)
        return told

    def entry(self, name: str) -> PartnerApplication:
        """The newest state of one of Exchange's entries."""
        return next(e for e in self.domain.directory.find(PartnerApplication) if e.name == name)

    def trust_lync(self, name: str = "Lync", **parameters: Any) -> None:
        """What the shipped script does for Lync, with a name of our own."""
        self._let_in(name, "LyncEnterprise", SCRIPT_ROLES, names.LYNC_METADATA_URL, parameters)

    def trust_sharepoint(self, name: str = "SharePoint", **parameters: Any) -> None:
        """What the shipped script does for SharePoint, as far as tokens need it."""
        url = parameters.pop("AuthMetadataUrl", names.SHAREPOINT_METADATA_URL)
        self._let_in(name, "SharePointEnterprise", ("UserApplication",), url, parameters)

    def _let_in(
        self,
        name: str,
        prefix: str,
        roles: tuple[str, ...],
        url: str,
        parameters: Mapping[str, Any],
    ) -> None:
        account = f"{prefix}-ApplicationAccount"
        self.exchange(
            "New-MailUser", Name=account, ExternalEmailAddress=f"{account}@{names.DOMAIN}"
        )
        self.domain.directory.settle()
        for role in roles:
            self.exchange("New-ManagementRoleAssignment", Role=role, User=account)
        self.exchange(
            "New-PartnerApplication",
            Name=name,
            AuthMetadataUrl=url,
            LinkedAccount=account,
            AcceptSecurityIdentifierInformation=True,
            **parameters,
        )
        self.domain.directory.settle()

    def trust_exchange(self) -> None:
        """Lync's half, replicated."""
        self.lync(
            "New-CsPartnerApplication",
            Identity="Exchange",
            ApplicationTrustLevel="Full",
            MetadataUrl=names.EXCHANGE_METADATA_URL,
        )
        self.domain.cms.settle()

    def trust_sharepoint_on_lync(self) -> None:
        """As Microsoft's script has it."""
        self.lync(
            "New-CsPartnerApplication",
            Identity="microsoft.sharepoint",
            ApplicationTrustLevel="Full",
            MetadataUrl=names.SHAREPOINT_METADATA_URL,
        )
        self.domain.cms.settle()

    def trust_on_sharepoint(
        self, name: str = "Exchange", url: str = names.EXCHANGE_METADATA_URL, **parameters: Any
    ) -> PsObject:
        """New-SPTrustedSecurityTokenIssuer as Microsoft's pages have it today; what it gives."""
        given = {"IsTrustBroker": False, **parameters}
        cmdlet = "New-SPTrustedSecurityTokenIssuer"
        (made,) = self.sharepoint(cmdlet, Name=name, MetadataEndPoint=url, **given).objects
        return made

    def permit(self, principal: str, **parameters: Any) -> None:
        """FullControl of everything without a user, as Microsoft's pages give it to Exchange."""
        site: dict[str, Any] = {"Site": f"https://{names.PORTAL}"}
        (found,) = self.sharepoint("Get-SPAppPrincipal", NameIdentifier=principal, **site).objects
        asked: dict[str, Any] = {
            "Scope": "SiteSubscription",
            "Right": "FullControl",
            "EnableAppOnlyPolicy": True,
        }
        self.sharepoint(
            "Set-SPAppPrincipalPermission",
            AppPrincipal=found.properties["NameIdentifier"],
            **(site | asked | parameters),
        )

    def restart_farm(self) -> None:
        """iisreset on every server of the farm."""
        for machine in self.domain.sharepoint_servers():
            answer = self.world.windows.iisreset(machine, names.SHAREPOINT_ADMIN, [])
            assert answer.exit_code == 0, answer.output

    def refused(self, server: Role, partner: Role, address: str = MAILBOX) -> str | None:
        """Why a server refuses the partner's token; None: it takes it."""
        return trust_check.between(self.domain, server, partner, address)

    def restart_iis(self) -> None:
        """iisreset on every Exchange host, by its own administrator."""
        for machine in self.domain.exchange_machines():
            answer = self.world.windows.iisreset(machine, names.EXCHANGE_ADMIN, [])
            assert answer.exit_code == 0, answer.output

    def trust_both_ways(self) -> None:
        """Everything that Microsoft's procedure asks for."""
        self.trust_lync()
        self.trust_exchange()
        self.restart_iis()

    def six_trusts(self) -> None:
        """Everything that makes three products accept each other's tokens."""
        self.trust_lync()
        self.trust_sharepoint()
        self.trust_exchange()
        self.trust_sharepoint_on_lync()
        self.trust_on_sharepoint("Exchange", names.EXCHANGE_METADATA_URL)
        self.permit(EXCHANGE_ISSUER)
        self.trust_on_sharepoint("Lync", names.LYNC_METADATA_URL)
        self.restart_iis()
        self.restart_farm()

    def test(self, **parameters: Any) -> Told:
        """Test-CsExStorageConnectivity."""
        return self.lync("Test-CsExStorageConnectivity", **{"SipUri": SIP_URI, **parameters})


@cache
def _authority() -> CertificateAuthority:
    """One for all tests: its key would cost each of them more than all the rest."""
    return CertificateAuthority()


@contextmanager
def bench(folder: Path, changed: Mapping[Name, Any] | None = None) -> Iterator[Bench]:
    """Build a domain and serve its sites while the block runs; restarts take no time."""
    domain = setup.build(Switches(changed), _authority())
    domain.test_latency_seconds = 0
    for machine in domain.machines.values():
        machine.behaviour.seconds = 0
    farm = Farm(domain)
    farm.start()
    try:
        yield Bench(domain, World(domain, folder), farm)
    finally:
        farm.stop()
        domain.network.close()
