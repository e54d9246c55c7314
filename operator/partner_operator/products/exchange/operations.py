"""What can be done on an Exchange organisation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.identifiers import LYNC, SHAREPOINT
from partner_operator.products.calls import LONGEST_SECONDS, Call
from partner_operator.products.exchange.answers import ObserveAnswer, RegisterAnswer, TestAnswer
from partner_operator.products.exchange.observed import observed
from partner_operator.products.exchange.rules import (
    PROFILE,
    TOKEN_SERVERS,
    WEB_SERVICES,
    account_name,
    required_roles,
    unlinkable,
)
from partner_operator.products.exchange.verdict import report
from partner_operator.products.iis import IISSession
from partner_operator.products.lync import rules as lync
from partner_operator.products.remote import Operations
from partner_operator.products.sharepoint import rules as sharepoint
from partner_operator.texts import said
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import (
    DesiredApplication,
    Entry,
    EntryKind,
    Observed,
    Product,
    ServiceTest,
    TestReport,
)
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.trust.token_servers import free_name, stale_keys
from partner_operator.winrm import Answer, ScriptError

PROBES = (PROFILE.metadata_path, WEB_SERVICES)
ROLES = tuple(sorted({*lync.PROFILE.roles, *sharepoint.PROFILE.roles}))
"""Management roles that any partner can need: which of them exist depends on the version."""
PORTS = (80, 81, 443, 444)
"""Of the front end's and the back end's web sites. One that a host never listens on is not missed."""
SUCCEEDED = "THE CONFIGURATION HAS SUCCEEDED."
"""The shipped script's last line: it has no output and no exit code to go by (1.3.3)."""
APPLICATION_TYPES = {LYNC: "Lync", SHAREPOINT: "Sharepoint"}
"""-ApplicationType of Configure-EnterprisePartnerApplication.ps1."""

_ACCOUNT = re.compile(r"PartnerOperator\.Accounts: (?P<count>\d{1,6}) of (?P<name>.*)")
"""What session.ps1 throws unless there is one account of the name."""

REFRESHED = frozenset({Field.CERTIFICATES, Field.REALM, Field.ISSUER, Field.APPLICATION_IDENTIFIER})
"""Fields that Exchange reads out of the partner's document: -RefreshAuthMetadata."""


class ExchangeSession(IISSession):
    """One host of an Exchange 2013 organisation, or of a newer one."""

    def _reading(self, controller: str | None) -> Call:
        allowed = self.server.allowed_token_servers
        needed = [
            {"identifier": profile.identifier, "roles": list(profile.roles)}
            for profile in (lync.PROFILE, sharepoint.PROFILE)
        ]
        parameters = {
            "controller": controller or "",
            "roles": list(ROLES),
            "needed": needed,
            "accounts": sorted({name for each in allowed for name in each.linked_accounts}),
        }
        return Call("observe", parameters, secrets=True)

    def _told(self, answer: Answer) -> ObserveAnswer:
        return self._understood(ObserveAnswer, answer)

    def _observed(self, answer: Answer, told: ObserveAnswer) -> Observed:
        return observed(answer, told, self.host)

    def _call(self, observed: Observed, change: Change, application: DesiredApplication) -> Call:
        controller = {"controller": observed.domain_controller or ""}
        behind = application.partner.behind_token_server
        if behind and change.kind is not ChangeKind.REMOVE:
            return _behind(controller, observed, change, application)
        if change.kind is ChangeKind.REGISTER:
            parameters = controller | _registration(observed, application)
            return Call("register", parameters, LONGEST_SECONDS, secrets=True)
        entry = change.entry
        assert entry is not None
        if change.kind is ChangeKind.REMOVE:
            named = {
                "reference": entry.reference,
                "applicationIdentifier": entry.application_identifier,
                "useAuthServer": entry.kind is EntryKind.TOKEN_SERVER,
            }
            return Call("remove", controller | named, secrets=True)
        update = _update(change, entry, application, observed)
        return Call("update", controller | update, secrets=True)

    def _made(self, told: Mapping[str, Any], console: str, call: Call) -> str | None:
        found = self._as(RegisterAnswer, told)
        if found.configured and SUCCEEDED not in console:
            raise OperationFailed(
                Reason.REMOTE_ERROR,
                "Configure-EnterprisePartnerApplication.ps1 did not report success. It said: "
                + said(console)[-300:],
            )
        return "" if found.existing else found.created or None

    def _own_failure(self, error: ScriptError) -> OperationFailed | None:
        """A declared account that cannot be linked: found out before anything is changed."""
        found = _ACCOUNT.match(error.details.error_id)
        obstacle = unlinkable(found["name"], int(found["count"])) if found else None
        if obstacle is None:
            return None
        return OperationFailed(obstacle.reason, obstacle.message, obstacle.then, nothing_ran=True)

    def _probed(self) -> Mapping[str, Any]:
        return {"paths": list(PROBES), "ports": list(PORTS)}

    async def test(self, test: ServiceTest) -> TestReport:
        """Run Test-OAuthConnectivity. Raises OperationFailed only if it could not be run."""
        parameters = {"url": test.url, "mailbox": test.mailbox or ""}
        answer = await self._run(Call("test", parameters, secrets=True))
        told = self._understood(TestAnswer, answer)
        return report(told, host=self.host, latency=timedelta(milliseconds=told.milliseconds))


class ExchangeOperations(Operations[ExchangeSession]):
    """Exchange 2013 and newer."""

    product = Product.EXCHANGE
    session = ExchangeSession


def _registration(observed: Observed, application: DesiredApplication) -> dict[str, object]:
    """What register.ps1 is told beside the controller. Raises OperationFailed where there is no document."""
    partner = application.partner
    url = partner.auth_metadata_url
    reading = observed.documents.get(url)
    if reading is None or reading.document is None:
        raise OperationFailed(
            Reason.METADATA_UNREACHABLE,
            f"{url} was not read on {observed.host}, so nothing was registered.",
            nothing_ran=True,
        )
    return {
        "metadataUrl": url,
        "applicationType": APPLICATION_TYPES[partner.identifier],
        "applicationIdentifier": reading.document.application_identifier,
        "realm": reading.document.realm if partner.profile.realm_tells else "",
        "identity": effective_identity(application),
        "accountName": account_name(partner),
        "roles": list(required_roles(partner, observed)),
    }


def _behind(
    controller: Mapping[str, object],
    observed: Observed,
    change: Change,
    application: DesiredApplication,
) -> Call:
    """The script for an application behind a token server: it makes neither accounts nor roles."""
    partner, fields = application.partner, change.fields
    url = partner.auth_metadata_url
    makes = Field.TOKEN_SERVER in fields
    parameters: dict[str, object] = {
        **controller,
        "applicationIdentifier": partner.identifier,
        "realm": partner.realm,
        "tokenServerName": free_name(url, observed) if makes else "",
        "tokenServerUrl": url,
    }
    account = application.linked_account or ""
    if change.entry is None:
        named = {"identity": effective_identity(application), "account": account}
        return Call("register_behind", parameters | named, secrets=True)
    asked = Field.TOKEN_SERVER_KEYS in fields
    stale = stale_keys(TOKEN_SERVERS, partner, observed, asked=True) if asked else ()
    update = {
        "reference": change.entry.reference,
        "refreshed": [found.reference for found in stale],
        "setRealm": Field.REALM in fields,
        "enable": Field.ENABLED in fields,
        "account": account if Field.LINKED_ACCOUNT in fields else "",
        "name": effective_identity(application) if Field.IDENTITY in fields else "",
    }
    return Call("update_behind", parameters | update, secrets=True)


def _update(
    change: Change, entry: Entry, application: DesiredApplication, observed: Observed
) -> dict[str, object]:
    """What update.ps1 is told beside the controller: only what differs is set."""
    fields = change.fields
    set_url = Field.METADATA_URL in fields
    repair_account = Field.LINKED_ACCOUNT in fields
    roles: list[str] = []
    if repair_account or Field.ROLES in fields:
        roles = list(required_roles(application.partner, observed))
    return {
        "reference": entry.reference,
        "applicationIdentifier": entry.application_identifier,
        "metadataUrl": application.partner.auth_metadata_url,
        "setUrl": set_url,
        "refresh": bool(fields & REFRESHED) and not set_url,
        "accept": Field.ACCEPTS_SECURITY_IDENTIFIERS in fields,
        "enable": Field.ENABLED in fields,
        "name": effective_identity(application) if Field.IDENTITY in fields else "",
        "repairAccount": repair_account,
        "accountName": account_name(application.partner),
        "account": entry.linked_account.canonical_name if entry.linked_account else "",
        "roles": roles,
    }
