"""What people do to the SharePoint farm by hand, and what stood there before anybody came."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from partner_simulator.certificates import Identity, self_signed
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.sharepoint_farm import (
    SIGNING_NAME,
    FarmState,
    Issuer,
    Kind,
    Permission,
    Right,
    Scope,
    ServiceApplication,
    SharePointFarm,
    StsFlags,
    with_issuer,
    with_permission,
    without_issuer,
)

PERSON = f"{names.NETBIOS_DOMAIN}\\Administrator"
WORKFLOW_ID = "00000005-0000-0000-c000-000000000000"
OFFICE_ID = "67e3df25-268a-4324-a550-0de1c7f97287"
OFFICE_REALMS = ("bd2372e4-0a11-495c-9541-8377c6def195", "ffab2d74-c6ae-4375-819a-8555d49b699a")
_NEW = "New-SPTrustedSecurityTokenIssuer"


class FarmActions:
    """Changes by hand. Workers know them later, or after `iisreset`, as everybody's changes."""

    domain: Domain

    def seed_foreign_issuers(self) -> list[str]:
        """Two token servers, Workflow Manager, another farm, an add-in and Office Online Server; their names.

        The last is two issuers of one identifier and one certificate, with two realms.
        """
        other = f"{names.SHAREPOINT_ID}@{uuid4()}"
        seeds = (
            (Issuer("ACS", f"{names.ACS_ID}@*", (), is_self_issuer=False), "ACS"),
            (
                Issuer("EvoSTS-Trust", "https://sts.windows.net/*/", (), is_self_issuer=False),
                "Entra",
            ),
            (Issuer(WORKFLOW_ID, f"{WORKFLOW_ID}@*", ()), "Workflow"),
            (
                Issuer(
                    "Other farm",
                    other,
                    (),
                    metadata_end_point=f"https://search.contoso.com{names.SHAREPOINT_METADATA_PATH}",
                ),
                "Other farm",
            ),
            (Issuer("add-in", f"{uuid4()}@{self.domain.sharepoint.state.realm}", ()), "add-in"),
            *(
                (Issuer(f"office {realm[:8]}", f"{OFFICE_ID}@{realm}", ()), "Office")
                for realm in OFFICE_REALMS
            ),
        )
        keys = {subject: self_signed(subject).der for _, subject in seeds}
        for issuer, subject in seeds:
            keyed = replace(issuer, certificates=(keys[subject],))
            self._put_issuer(_NEW, keyed)
        return [issuer.name for issuer, _ in seeds]

    def repair_as_the_article_has_it(self) -> None:
        """Microsoft's KB 4010011: every metadata issuer again, by certificate, with the farm's realm, as a broker."""
        state = self.domain.sharepoint.state
        for known in state.issuers.values():
            if not known.metadata_end_point:
                continue
            identifier = known.registered_issuer_name.partition("@")[0]
            made = Issuer(
                known.name,
                f"{identifier}@{state.realm}",
                known.certificates[:1],
                is_self_issuer=False,
            )
            self.remove_issuer(known.name)
            self._put_issuer(_NEW, made)

    def add_hybrid_proxy(self) -> None:
        """What a hybrid setup adds beside the farm's own App Management: a second proxy."""
        added = ServiceApplication(
            Kind.APP_MANAGEMENT, "SPO App Management", proxy_name="SPO App Management Proxy"
        )
        self.domain.sharepoint.applications.append(added)

    def move_to_another_farm(self, host: str) -> None:
        """A server that was joined to a farm of its own, with nothing in it."""
        domain = self.domain
        domain.other_farms[host] = SharePointFarm(
            domain.clock, domain.sharepoint.shell_admins, uuid4()
        )

    def trust_lync_by_the_book(self) -> None:
        """What an older instruction made: a broker of the name `Lync trust`, without a permission."""
        self._trust("Lync trust", names.LYNC_METADATA_URL, is_self_issuer=False)

    def trust_exchange_by_script(self, *, right: Right | None = Right.FULL_CONTROL) -> None:
        """What Set-SiteMailboxConfig makes: an issuer named after the host, and a permission."""
        issuer = self._trust(names.AUTODISCOVER, names.EXCHANGE_METADATA_URL)
        if right is not None:
            self.give_permission(issuer.registered_issuer_name, right)

    def give_permission(self, principal: str, right: Right, *, app_only: bool = True) -> None:
        """Set-SPAppPrincipalPermission for the whole farm."""
        rights = MappingProxyType({(Scope.SITE_SUBSCRIPTION, ""): right})
        self._change_farm(
            "Set-SPAppPrincipalPermission",
            principal,
            lambda state: with_permission(state, principal, Permission(rights, app_only)),
        )

    def take_permission(self, principal: str) -> None:
        """Remove-SPAppPrincipalPermission for everything."""
        self._change_farm(
            "Remove-SPAppPrincipalPermission",
            principal,
            lambda state: with_permission(state, principal, None),
        )

    def change_issuer(self, name: str, **changed: Any) -> None:
        """Any property of an issuer, by field name. Raises LookupError."""
        known = self._issuer(name)
        later = replace(known, version=known.version + 1, **changed)
        self._put_issuer("Set-SPTrustedSecurityTokenIssuer", later)

    def remove_issuer(self, name: str) -> None:
        """Remove-SPTrustedSecurityTokenIssuer. Raises LookupError."""
        known = self._issuer(name)
        self._change_farm(
            "Remove-SPTrustedSecurityTokenIssuer",
            name,
            lambda state: without_issuer(state, known.id),
        )

    def replace_sharepoint_certificate(self) -> str:
        """Set-SPSecurityTokenServiceConfig -ImportSigningCertificate; the new thumbprint."""
        made = self_signed(SIGNING_NAME)
        return self._sign_with(made, lambda state: replace(state, signing=made, next_signing=None))

    def queue_sharepoint_certificate(self) -> str:
        """-QueueSigningCertificate: the next one is published beside the first; its thumbprint."""
        made = self_signed(SIGNING_NAME)
        return self._sign_with(made, lambda state: replace(state, next_signing=made))

    def activate_queued_certificate(self) -> str:
        """The queued certificate signs, and the first is gone. Raises LookupError."""
        made = self.domain.sharepoint.state.next_signing
        if made is None:
            raise LookupError("no certificate is queued")
        return self._sign_with(made, lambda state: replace(state, signing=made, next_signing=None))

    def change_farm_realm(self, realm: str) -> None:
        """Set-SPAuthenticationRealm, as a hybrid wizard calls it."""
        self._change_farm(
            "Set-SPAuthenticationRealm", realm, lambda state: replace(state, realm=realm.lower())
        )

    def change_farm_flags(self, flags: StsFlags) -> None:
        """Flags of the security token service."""
        self._change_farm("Update", "STS", lambda state: replace(state, flags=flags))

    def remove_service_application(self, kind: Kind) -> None:
        """Delete a service application with its proxy."""
        farm = self.domain.sharepoint
        farm.applications = [known for known in farm.applications if known.kind is not kind]

    def remove_service_proxy(self, kind: Kind) -> None:
        """Delete the proxy alone."""
        farm = self.domain.sharepoint
        farm.applications = [
            replace(known, has_proxy=False) if known.kind is kind else known
            for known in farm.applications
        ]

    def recycle(self, host: str) -> None:
        """Recycle the application pools of one server. Raises KeyError."""
        self.domain.machines[host].recycle()

    def _trust(self, name: str, url: str, *, is_self_issuer: bool = True) -> Issuer:
        document = self.domain.fetch_document(names.SHAREPOINT_HOSTS[0], url)
        keys = tuple(base64.b64decode(text) for text in document.certificates)
        issuer = Issuer(name, document.issuer, keys, is_self_issuer, metadata_end_point=url)
        self._put_issuer(_NEW, issuer)
        return issuer

    def _issuer(self, name: str) -> Issuer:
        for issuer in self.domain.sharepoint.state.issuers.values():
            if issuer.name.casefold() == name.casefold():
                return issuer
        raise LookupError(f"the farm has no issuer named {name!r}")

    def _put_issuer(self, what: str, issuer: Issuer) -> None:
        self._change_farm(what, issuer.name, lambda state: with_issuer(state, issuer))

    def _sign_with(self, made: Identity, change: Callable[[FarmState], FarmState]) -> str:
        self._change_farm("Set-SPSecurityTokenServiceConfig", made.thumbprint, change)
        return made.thumbprint

    def _change_farm(
        self, what: str, target: str, change: Callable[[FarmState], FarmState]
    ) -> None:
        self.domain.sharepoint.change(change)
        now = self.domain.clock.now()
        write = Write(now, target, PERSON, what, target, WriteKind.CONFIGURATION)
        self.domain.ledger.wrote(write)
