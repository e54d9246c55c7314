"""What can be done on a SharePoint farm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from partner_operator.engine.ports import OperationFailed, Step
from partner_operator.oauth.challenge import Challenge, parse_challenge
from partner_operator.products.calls import Call, replaced
from partner_operator.products.iis import IISSession
from partner_operator.products.remote import Operations
from partner_operator.products.sharepoint.answers import (
    ChallengeAnswer,
    ObserveAnswer,
    RegisterAnswer,
)
from partner_operator.products.sharepoint.observed import observed
from partner_operator.products.sharepoint.permissions import (
    APP_MANAGEMENT,
    NO_APP_MANAGEMENT,
    PARTNERS,
    changing,
    failed,
    how_far,
    web_of,
)
from partner_operator.products.sharepoint.rules import (
    CLIENT_SERVICE,
    interim_name,
    name_without_interim,
)
from partner_operator.texts import said
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Observed,
    Product,
    Right,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, ScriptError

PORTS = (80, 443)
READ_AGAIN = frozenset({Field.METADATA_URL, Field.CERTIFICATES, Field.ISSUER})
"""Fields that SharePoint reads out of the partner's document: Set-SPTrustedSecurityTokenIssuer -MetadataEndPoint."""

_CONFLICT = "SPUpdatedConcurrencyException"
_NO_APP_MANAGEMENT = "PartnerOperator.NoAppManagement"
"""What register.ps1 throws before it makes anything."""
_OPENS_THE_FARM = "Open-Farm"
"""The function of session.ps1 that runs before anything else. Function names are not localised."""
_NO_SNAPIN = "AddPSSnapIn"


class SharePointSession(IISSession):
    """One server of a SharePoint 2013 farm, or of a newer one."""

    def _reading(self, controller: str | None) -> Call:
        return Call("observe", {"web": self._web, "partners": list(PARTNERS)})

    def _told(self, answer: Answer) -> ObserveAnswer:
        return self._understood(ObserveAnswer, answer)

    def _observed(self, answer: Answer, told: ObserveAnswer) -> Observed:
        return observed(answer, told, self.host, self.server.hosts, self._web)

    def _call(self, observed: Observed, change: Change, application: DesiredApplication) -> Call:
        if change.kind in {ChangeKind.REGISTER, ChangeKind.RECREATE}:
            return Call("register", _registration(observed, change, application, self._web))
        entry = change.entry
        assert entry is not None
        named = {
            "reference": entry.reference,
            "applicationIdentifier": entry.application_identifier,
            "storedUrl": entry.metadata_url or "",
            "storedRealm": entry.realm,
            **changing(change, self._web),
        }
        if change.kind is ChangeKind.REMOVE:
            return Call("remove", named | {"interim": interim_name(entry.identity)})
        fields = change.fields
        return Call(
            "update",
            {
                **named,
                "metadataUrl": application.partner.auth_metadata_url,
                "setUrl": bool(fields & READ_AGAIN),
                "name": _identity(change, application) if Field.IDENTITY in fields else "",
            },
        )

    def _made(self, told: Mapping[str, Any], console: str, call: Call) -> str | None:
        found = self._as(RegisterAnswer, told)
        return "" if found.existing else found.created or None

    def _probed(self) -> Mapping[str, Any]:
        paths = [urlsplit(self.server.auth_metadata_url).path, CLIENT_SERVICE]
        return {"paths": paths, "ports": list(PORTS), "site": self._site}

    async def challenge(self) -> Challenge | None:
        """Whom the workers of this very host trust; None where it asks for no token. Raises OperationFailed."""
        call = Call("challenge", {"path": CLIENT_SERVICE, "site": self._site}, seconds=120)
        told = self._understood(ChallengeAnswer, await self._run(call))
        return parse_challenge([told.challenge])

    @property
    def _web(self) -> str:
        return web_of(self.server.auth_metadata_url)

    @property
    def _site(self) -> str:
        """Under which name the farm serves what partners ask for; each server answers for it."""
        return urlsplit(self.server.auth_metadata_url).netloc

    def _own_failure(self, error: ScriptError) -> OperationFailed | None:
        """Only facts that the product's documentation or the field gives are used."""
        details = error.details
        words = said(details.messages[0], 300) if details.messages else said(details.error_id)
        types = {name.rpartition(".")[2] for name in (details.type, details.innermost_type)}
        if _CONFLICT in types:
            return OperationFailed(
                Reason.FARM_BUSY,
                f"{how_far(details)}Somebody else changed the farm at the same moment, so SharePoint did not take "
                f"the change: {words} The operator tries again in a new process.",
                nothing_ran=error.nothing_ran,
                no_attempt=True,
            )
        if details.error_id == _NO_APP_MANAGEMENT:
            return OperationFailed(
                Reason.SERVICE_APPLICATION_MISSING,
                f"{NO_APP_MANAGEMENT} Nothing was made.",
                Next.HUMAN,
                nothing_ran=True,
            )
        if _NO_SNAPIN in details.error_id:
            return OperationFailed(
                Reason.WRONG_PRODUCT,
                f"{self.host} has no SharePoint management shell ({words}). Is spec.product right, and is SharePoint "
                "installed there?",
                Next.HUMAN,
                nothing_ran=True,
                step=Step.MODULE,
            )
        permission = failed(details, self._web, nothing_ran=error.nothing_ran)
        if permission is not None:
            return permission
        if _OPENS_THE_FARM not in details.position:
            return None
        return OperationFailed(
            Reason.FORBIDDEN,
            f"{self.host} does not get at its farm: {words} {self._why_no_farm()}",
            nothing_ran=True,
            step=Step.SECOND_HOP,
        )

    def _why_no_farm(self) -> str:
        """One text stands for all causes, so all are named."""
        logon = self.server.authentication
        if logon is not Authentication.CREDSSP:
            return (
                f"SharePoint's cmdlets go on to SQL Server, and with spec.winrm.authentication: {logon} they may not; "
                "CredSSP is what lets them."
            )
        return (
            "The account must be a shell administrator of the farm (Add-SPShellAdmin -UserName, as one who owns its "
            "databases), the machine must be in the farm, and its SQL Server must answer."
        )


class SharePointOperations(Operations[SharePointSession]):
    """SharePoint 2013 and newer."""

    product = Product.SHAREPOINT
    session = SharePointSession


def _registration(
    observed: Observed, change: Change, application: DesiredApplication, web: str
) -> dict[str, object]:
    """What register.ps1 is told. Raises OperationFailed where there is no document."""
    url = application.partner.auth_metadata_url
    reading = observed.documents.get(url)
    if reading is None or reading.document is None:
        raise OperationFailed(
            Reason.METADATA_UNREACHABLE,
            f"{url} was not read on {observed.host}, so nothing was registered.",
            nothing_ran=True,
        )
    identity = _identity(change, application)
    return {
        "metadataUrl": url,
        "applicationIdentifier": reading.document.application_identifier,
        "realm": reading.document.realm,
        "identity": identity,
        "interim": interim_name(identity),
        "appManagement": APP_MANAGEMENT,
        **replaced(change.entry),
        **changing(change, web),
        # Even where nothing is given in this run: what cannot be given is found before anything is made.
        "web": web if change.permission or application.permission is not Right.NONE else "",
    }


def _identity(change: Change, application: DesiredApplication) -> str:
    """The name of the issuer that is made; one that is made anew keeps its name unless one is declared."""
    if change.entry is not None and application.identity is None:
        return name_without_interim(change.entry)
    return effective_identity(application)
