"""What can be done on an Exchange organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.oauth.identifiers import LYNC, SHAREPOINT
from partner_operator.products import documents
from partner_operator.products.exchange.answers import (
    HostStateAnswer,
    ObserveAnswer,
    RegisterAnswer,
    RestartAnswer,
)
from partner_operator.products.exchange.changes import update_parameters
from partner_operator.products.exchange.observed import observed
from partner_operator.products.exchange.rules import (
    PROFILE,
    WEB_SERVICES,
    account_name,
    required_roles,
)
from partner_operator.products.lync import rules as lync
from partner_operator.products.plain import happened_at
from partner_operator.products.remote import LONGEST_SECONDS, Remote, Runner
from partner_operator.products.sharepoint import rules as sharepoint
from partner_operator.texts import said, shown
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    HostState,
    Observed,
    Product,
    RestartReport,
)
from partner_operator.trust.plan import Change
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


class ExchangeOperations:
    """Implements `engine.ports.Operations` for Exchange 2013 and newer."""

    product = Product.EXCHANGE

    def __init__(self, runner: Runner, ca_bundle: str | None = None) -> None:
        self._remote = Remote("Exchange", runner, ca_bundle)

    async def observe(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        urls: Sequence[str],
        controller: str | None,
    ) -> Observed:
        """Read everything that decisions need. Changes nothing. Raises OperationFailed."""
        answer = await self._remote.run(
            server,
            credentials,
            host,
            "observe",
            {
                **documents.wanted(urls),
                "controller": controller or "",
                "roles": list(ROLES),
            },
            seconds=240,
            secrets=True,
        )
        return observed(answer, self._remote.understood(ObserveAnswer, answer, host), host)

    async def apply(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        change: Change,
        application: DesiredApplication,
    ) -> str | None:
        """Make one change on the host and domain controller of `observed`. Raises OperationFailed."""
        if change.kind is ChangeKind.REGISTER:
            return await self._register(server, credentials, observed, application)
        assert change.entry is not None
        controller = observed.domain_controller or ""
        if change.kind is ChangeKind.REMOVE:
            parameters: dict[str, object] = {
                "reference": change.entry.reference,
                "applicationIdentifier": change.entry.application_identifier,
            }
            operation = "remove"
        else:
            operation = "update"
            parameters = update_parameters(change, change.entry, application, observed)
        await self._remote.run(
            server,
            credentials,
            observed.host,
            operation,
            {"controller": controller, **parameters},
            seconds=240,
            secrets=True,
        )
        return None

    async def _register(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        application: DesiredApplication,
    ) -> str | None:
        url = application.partner.auth_metadata_url
        reading = observed.documents.get(url)
        if reading is None or reading.document is None:
            raise OperationFailed(
                Reason.METADATA_UNREACHABLE,
                f"{url} was not read on {observed.host}, so nothing was registered.",
                nothing_ran=True,
            )
        parameters = {
            "controller": observed.domain_controller or "",
            "metadataUrl": url,
            "applicationType": APPLICATION_TYPES[application.partner.identifier],
            "applicationIdentifier": reading.document.application_identifier,
            "realm": reading.document.realm,
            "identity": effective_identity(application),
            "accountName": account_name(application.partner),
            "roles": list(required_roles(application.partner, observed)),
        }
        answer = await self._remote.run(
            server,
            credentials,
            observed.host,
            "register",
            parameters,
            seconds=LONGEST_SECONDS,
            secrets=True,
        )
        told = self._remote.understood(RegisterAnswer, answer, observed.host)
        if told.configured and SUCCEEDED not in answer.console:
            raise OperationFailed(
                Reason.REMOTE_ERROR,
                "Configure-EnterprisePartnerApplication.ps1 did not report success. It said: "
                + said(answer.console)[-300:],
            )
        return "" if told.existing else told.created or None

    async def host_state(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> HostState:
        """Look at one IIS host. Raises OperationFailed."""
        answer = await self._remote.run(
            server,
            credentials,
            host,
            "host_state",
            {"paths": list(PROBES), "ports": list(PORTS)},
            seconds=120,
        )
        told = self._remote.understood(HostStateAnswer, answer, host)
        clock = datetime.fromtimestamp(answer.clock, UTC)
        return HostState(
            fqdn=host,
            workers_started_at=_oldest(told, host, clock),
            clock=clock,
            running_services=frozenset(told.services),
            answers=told.answers,
            listeners=frozenset(told.listeners),
        )

    async def restart(
        self, server: DesiredServer, credentials: Credentials, host: str, older_than: datetime
    ) -> RestartReport:
        """Run iisreset locally on one host, where a worker started before `older_than` by the host's own clock.

        Raises OperationFailed; with the reason RestartFailed when iisreset ended and said that it failed.
        """
        parameters = {"olderThan": f"{older_than.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        answer = await self._remote.run(
            server, credentials, host, "restart", parameters, seconds=300
        )
        told = self._remote.understood(RestartAnswer, answer, host)
        if told.restarted and told.code != "0":
            raise OperationFailed(
                Reason.RESTART_FAILED,
                f"iisreset on {host} ended with {shown(told.code)} and said: "
                f"{said(' '.join(told.lines), 300) or 'nothing'}",
            )
        return RestartReport(told.restarted, _began(told.began, answer))


def _began(text: str, answer: Answer) -> datetime:
    """The host's own clock when a script began. Raises OperationFailed."""
    now = datetime.fromtimestamp(answer.clock, UTC)
    began = happened_at(text, now)
    if began is None or began > now + timedelta(seconds=2):
        raise OperationFailed(
            Reason.CONTRACT_VIOLATED,
            f"A script says that it began at {text!r}, after it ended. Nothing is concluded from its answer.",
        )
    return began


def _printable(text: str) -> str:
    """What a program wrote for people, without what steers a terminal or turns the direction of writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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
