"""What can be done on a Lync or Skype for Business deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from partner_operator.engine.ports import OperationFailed, RunFailed
from partner_operator.products import documents
from partner_operator.products.calls import Call, replaced
from partner_operator.products.lync.answers import (
    ObserveAnswer,
    RegisterAnswer,
    ReplicateAnswer,
    TestAnswer,
)
from partner_operator.products.lync.observed import observed
from partner_operator.products.lync.verdict import report
from partner_operator.products.remote import Operations, Session
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import (
    Authentication,
    ConnectivityTest,
    DesiredApplication,
    EntryKind,
    Observed,
    Product,
    TestReport,
)
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.trust.token_servers import free_name
from partner_operator.winrm import Answer

READ_AGAIN = frozenset({Field.METADATA_URL, Field.CERTIFICATES, Field.ISSUER})
"""Fields that Lync reads out of the partner's document: Set-CsPartnerApplication -MetadataUrl."""


class LyncSession(Session):
    """One host of a Lync Server 2013 or Skype for Business Server deployment."""

    def _reading(self, controller: str | None) -> Call:
        return Call("observe", {})

    def _told(self, answer: Answer) -> ObserveAnswer:
        return self._understood(ObserveAnswer, answer)

    def _observed(self, answer: Answer, told: ObserveAnswer) -> Observed:
        return observed(answer, told, self.host, self.server.auth_metadata_url)

    def _call(self, observed: Observed, change: Change, application: DesiredApplication) -> Call:
        making = change.kind in {ChangeKind.REGISTER, ChangeKind.RECREATE}
        if making and application.partner.behind_token_server:
            return _behind(observed, change, application)
        if making:
            return Call(
                "register",
                {
                    **documents.wanted(()),
                    "identity": _identity(change, application),
                    "metadataUrl": application.partner.auth_metadata_url,
                    "trustLevel": str(application.trust_level),
                    **_expected(application, observed),
                    **replaced(change.entry),
                },
            )
        assert change.entry is not None
        if change.kind is ChangeKind.REMOVE:
            return Call(
                "remove",
                {
                    "reference": change.entry.reference,
                    "applicationIdentifier": change.entry.application_identifier,
                    "realm": change.entry.realm,
                    "metadataUrl": change.entry.metadata_url or "",
                    "useAuthServer": change.entry.kind is EntryKind.TOKEN_SERVER,
                },
            )
        fields = change.fields
        return Call(
            "update",
            {
                "reference": change.entry.reference,
                "applicationIdentifier": change.entry.application_identifier,
                "useAuthServer": change.entry.kind is EntryKind.TOKEN_SERVER,
                "metadataUrl": application.partner.auth_metadata_url,
                "setUrl": bool(fields & READ_AGAIN),
                **_token_server(observed, change, application),
                "trustLevel": str(application.trust_level) if Field.TRUST_LEVEL in fields else "",
                "enable": Field.ENABLED in fields,
            },
        )

    def _made(self, told: Mapping[str, Any], console: str, call: Call) -> str | None:
        existing = self._as(RegisterAnswer, told).existing
        return "" if existing else str(call.parameters["identity"])

    def _explained(self, failure: RunFailed) -> RunFailed:
        """Lync's cmdlets go on to Active Directory and SQL (P-LY-1), where only CredSSP's logon can follow."""
        obstacle, logon = failure.obstacle, self.server.authentication
        if obstacle.reason is not Reason.REMOTE_ERROR or logon is Authentication.CREDSSP:
            return failure
        return OperationFailed(
            obstacle.reason,
            f"{obstacle.message} Lync's cmdlets go on to other servers, and with spec.winrm.authentication: "
            f"{logon} they may not; CredSSP is what lets them.",
            nothing_ran=failure.nothing_ran,
            step=failure.step,
        )

    async def replicate(self) -> tuple[str, ...]:
        """Ask for replication and wait some seconds. Raises OperationFailed."""
        call = Call("replicate", {"hosts": list(self.server.hosts)}, seconds=120)
        return tuple(self._understood(ReplicateAnswer, await self._run(call)).upToDate)

    async def test(self, test: ConnectivityTest) -> TestReport:
        """Run Test-CsExStorageConnectivity. Raises OperationFailed only if it could not be run."""
        parameters = {
            "sipUri": test.sip_uri,
            "deleteItem": test.delete_item,
            "folder": test.folder or "",
        }
        answer = await self._run(Call("test", parameters))
        told = self._understood(TestAnswer, answer)
        return report(told, host=self.host, latency=timedelta(milliseconds=told.milliseconds))


class LyncOperations(Operations[LyncSession]):
    """Lync Server 2013 and Skype for Business Server."""

    product = Product.LYNC
    called = "Lync or Skype for Business Server"
    session = LyncSession


def _behind(observed: Observed, change: Change, application: DesiredApplication) -> Call:
    """An application behind a token server; made anew where only its name is to be another."""
    partner, entry = application.partner, change.entry
    return Call(
        "register_behind",
        {
            "identity": _identity(change, application),
            "applicationIdentifier": partner.identifier,
            "realm": partner.realm,
            "ownRealm": observed.default_realm,
            "trustLevel": str(application.trust_level),
            "replaces": entry.reference if entry else "",
            "replacedRealm": entry.realm if entry else "",
            **_token_server(observed, change, application),
        },
    )


def _token_server(
    observed: Observed, change: Change, application: DesiredApplication
) -> dict[str, object]:
    """The token server that is made beside it, if any."""
    url = application.partner.auth_metadata_url
    makes = Field.TOKEN_SERVER in change.fields
    return {
        "tokenServerName": free_name(url, observed) if makes else "",
        "tokenServerUrl": url if makes else "",
    }


def _expected(application: DesiredApplication, observed: Observed) -> dict[str, object]:
    """By which an entry for the partner is known, should somebody have made one meanwhile."""
    reading = observed.documents.get(application.partner.auth_metadata_url)
    document = reading.document if reading is not None else None
    tells = application.partner.profile.realm_tells
    return {
        "applicationIdentifier": application.partner.identifier,
        "realm": document.realm if document is not None and tells else "",
    }


def _identity(change: Change, application: DesiredApplication) -> str:
    """The name of the entry that is made; an entry that is made anew keeps its name unless one is declared."""
    if change.entry is not None and application.identity is None:
        return change.entry.identity
    return effective_identity(application)
