"""What can be done on an Exchange organisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.identifiers import LYNC, SHAREPOINT
from partner_operator.products import documents
from partner_operator.products.exchange.answers import (
    HostStateAnswer,
    ObserveAnswer,
    RegisterAnswer,
    RestartAnswer,
)
from partner_operator.products.exchange.observed import observed
from partner_operator.products.exchange.rules import (
    PROFILE,
    WEB_SERVICES,
    account_name,
    required_roles,
)
from partner_operator.products.lync import rules as lync
from partner_operator.products.plausible import happened_at
from partner_operator.products.remote import LONGEST_SECONDS, Call, Operations, Session
from partner_operator.products.sharepoint import rules as sharepoint
from partner_operator.texts import said, shown
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import (
    DesiredApplication,
    Entry,
    HostState,
    Observed,
    Product,
    RestartReport,
)
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer

PROBES = (PROFILE.metadata_path, WEB_SERVICES)
ROLES = tuple(sorted({*lync.PROFILE.roles, *sharepoint.PROFILE.roles}))
"""Management roles that any partner can need: which of them exist depends on the version."""
PORTS = (80, 81, 443, 444)
"""Of the front end's and the back end's web sites. One that a host never listens on is not missed."""
SUCCEEDED = "THE CONFIGURATION HAS SUCCEEDED."
"""The shipped script's last line: it has no output and no exit code to go by (1.3.3)."""
APPLICATION_TYPES = {LYNC: "Lync", SHAREPOINT: "Sharepoint"}
"""-ApplicationType of Configure-EnterprisePartnerApplication.ps1."""

REFRESHED = frozenset({Field.CERTIFICATES, Field.REALM, Field.ISSUER, Field.APPLICATION_IDENTIFIER})
"""Fields that Exchange reads out of the partner's document: -RefreshAuthMetadata."""


class ExchangeSession(Session):
    """One host of an Exchange 2013 organisation, or of a newer one."""

    def _reading(self, urls: Sequence[str], controller: str | None) -> Call:
        parameters = {"controller": controller or "", "roles": list(ROLES)}
        return Call("observe", {**documents.wanted(urls), **parameters}, secrets=True)

    def _observed(self, answer: Answer) -> Observed:
        return observed(answer, self._understood(ObserveAnswer, answer), self.host)

    def _call(self, observed: Observed, change: Change, application: DesiredApplication) -> Call:
        controller = {"controller": observed.domain_controller or ""}
        if change.kind is ChangeKind.REGISTER:
            parameters = controller | _registration(observed, application)
            return Call("register", parameters, LONGEST_SECONDS, secrets=True)
        entry = change.entry
        assert entry is not None
        if change.kind is ChangeKind.REMOVE:
            named = {
                "reference": entry.reference,
                "applicationIdentifier": entry.application_identifier,
            }
            return Call("remove", controller | named, secrets=True)
        update = _update(change, entry, application, observed)
        return Call("update", controller | update, secrets=True)

    def _made(self, answer: Answer, call: Call) -> str | None:
        told = self._understood(RegisterAnswer, answer)
        if told.configured and SUCCEEDED not in answer.console:
            raise OperationFailed(
                Reason.REMOTE_ERROR,
                "Configure-EnterprisePartnerApplication.ps1 did not report success. It said: "
                + said(answer.console)[-300:],
            )
        return "" if told.existing else told.created or None

    async def host_state(self) -> HostState:
        """Look at IIS there. Raises OperationFailed."""
        parameters = {"paths": list(PROBES), "ports": list(PORTS)}
        answer = await self._run(Call("host_state", parameters, seconds=120))
        told = self._understood(HostStateAnswer, answer)
        clock = datetime.fromtimestamp(answer.clock, UTC)
        return HostState(
            fqdn=self.host,
            workers_started_at=_oldest(told, self.host, clock),
            clock=clock,
            running_services=frozenset(told.services),
            answers=told.answers,
            listeners=frozenset(told.listeners),
        )

    async def restart(self, older_than: datetime) -> RestartReport:
        """Run iisreset locally, where a worker started before `older_than` by the host's own clock.

        Raises OperationFailed; with the reason RestartFailed when iisreset ended and said that it failed.
        """
        parameters = {"olderThan": f"{older_than.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        answer = await self._run(Call("restart", parameters, seconds=300, at_once=True))
        told = self._understood(RestartAnswer, answer)
        if told.restarted and told.code != "0":
            raise OperationFailed(
                Reason.RESTART_FAILED,
                f"iisreset on {self.host} ended with {shown(told.code)} and said: "
                f"{said(' '.join(told.lines), 300) or 'nothing'}",
            )
        # The run took no longer there than it took here.
        began = answer.clock - math.ceil(answer.seconds)
        return RestartReport(told.restarted, datetime.fromtimestamp(began, UTC))


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
        "realm": reading.document.realm,
        "identity": effective_identity(application),
        "accountName": account_name(partner),
        "roles": list(required_roles(partner, observed)),
    }


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


def _oldest(told: HostStateAnswer, host: str, clock: datetime) -> datetime | None:
    """When the oldest worker started; None when none runs. Raises OperationFailed when one does not tell,
    for a worker of unknown age may hold the old configuration.
    """
    started = []
    for worker in (happened_at(text, clock) for text in told.workers):
        if worker is None:
            raise OperationFailed(
                Reason.REMOTE_ERROR, f"{host} does not tell when one of its IIS workers started."
            )
        started.append(worker)
    return min(started, default=None)
