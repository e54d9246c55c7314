"""Test-CsExStorageConnectivity (P-LY-6): a real token, over real HTTPS, really judged.

The sentence around a failure is OBSERVED in event 32054; its details are what this world found.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from partner_simulator.ports import CmdletError, PsObject
from partner_simulator.world import errors, names, tokens
from partner_simulator.world.cms import CmsState, LyncApplication
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.ledger import WriteKind
from partner_simulator.world.network import Answer, RequestFailed
from partner_simulator.world.objects import User
from partner_simulator.world.setup import LYNC_ADMINISTRATORS
from partner_simulator.world.switches import Name

FAILED, PASSED = "test-failed", "test-passed"
"""What the ledger counts."""

_EWS_URL = re.compile(r"<ExternalEwsUrl>([^<]+)</ExternalEwsUrl>")
_ITEM = re.compile(r'<t:ItemId Id="(\w+)"')
_FAULT = re.compile(r"<faultstring>([^<]+)</faultstring>")
_SIP = re.compile(r"^sip:([^@\s:]+@[^@\s:]+)$", re.IGNORECASE)
_FOLDERS = {
    "ConversationHistory": "conversationhistory",
    "Inbox": "inbox",
    "Dumpster": "recoverableitemspurges",
}


class Refused(Exception):
    """The test failed; the text is the reason in words."""


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who asks Exchange: this Front End by its replica, for one user."""

    invocation: Invocation
    state: CmsState
    entry: LyncApplication
    address: str

    def post(self, url: str, body: str) -> str:
        """Send a request with a token for this very host. Raises Refused."""
        invocation, domain = self.invocation, self.invocation.domain
        host = urlsplit(url).hostname or ""
        certificate = self.state.certificate
        assert certificate is not None, "the caller has looked"
        token = tokens.mint(
            certificate.signing(domain.clock.now()),
            issuer=names.issuer(names.LYNC_ID, self.state.configuration.realm or names.DOMAIN),
            client_id=names.EXCHANGE_ID,
            host=host,
            realm=self.entry.realm,
            user=self.address,
            now=domain.clock.seconds(),
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/xml; charset=utf-8"}
        text = f"<s:Envelope><s:Body>{body}</s:Body></s:Envelope>"
        try:
            answer = domain.network.request(
                invocation.host, "POST", url, headers=headers, body=text.encode()
            )
        except RequestFailed as error:
            raise Refused(self._why(url, error.text)) from error
        self._tell(url, answer)
        return self._body(url, answer)

    def _tell(self, url: str, answer: Answer) -> None:
        """What -Verbose shows: the exchange with its headers, without the token."""
        lines = [f"POST {url}", f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        self.invocation.output.write_verbose("\n".join(lines))

    def _body(self, url: str, answer: Answer) -> str:
        if answer.status != 200:
            text = f"The remote server returned an error: ({answer.status}) {answer.reason}."
            diagnostics = answer.header("x-ms-diagnostics")
            if diagnostics:
                text += f" x-ms-diagnostics: {diagnostics}"
            raise Refused(self._why(url, text))
        body = answer.body.decode("utf-8", "replace")
        fault = _FAULT.search(body)
        if fault is not None:
            raise Refused(self._why(url, fault.group(1)))
        return body

    def _why(self, url: str, text: str) -> str:
        return (
            f"ExCreateItem exchange operation failed, code=ErrorEwsAutodiscover, smtpAddress="
            f"{self.address}, Uri={url} ---> System.Net.WebException: {text}"
        )


def run(invocation: Invocation) -> None:
    """Create an item in the user's mailbox, and delete it again if told to."""
    domain = invocation.domain
    if not domain.accounts.member_of(invocation.who, LYNC_ADMINISTRATORS):
        raise _failure("Access Denied")
    sip_uri = invocation.arguments.text("SipUri") or ""
    if not invocation.may(sip_uri, "Test-CsExStorageConnectivity"):
        return
    time.sleep(domain.test_latency_seconds)
    try:
        _store(invocation, _caller(invocation, sip_uri))
    except Refused as refused:
        domain.ledger.count(FAILED)
        raise _failure(str(refused)) from refused
    domain.ledger.count(PASSED)
    text = domain.switches[Name.TEST_PASSED_TEXT]
    plain = domain.switches[Name.TEST_RESULT] == "string"
    type_name = "System.String" if plain else "Microsoft.Rtc.Management.ResourceData"
    invocation.emit(PsObject((type_name,), text, {}))


def _failure(text: str) -> CmdletError:
    """Not terminating: Microsoft's own tool runs the test with SilentlyContinue."""
    return errors.lync(
        "ExStorageConnectivityTestFailed",
        text,
        category="InvalidOperation",
        terminating=False,
        exception_type="Microsoft.Rtc.Management.StorageService.StoreException",
    )


def _caller(invocation: Invocation, sip_uri: str) -> _Caller:
    """Everything that Lync looks at before it asks Exchange. Raises Refused."""
    domain = invocation.domain
    match = _SIP.match(sip_uri)
    if match is None:
        raise Refused(f"The SIP URI '{sip_uri}' is not valid.")
    user = next(
        (u for u in domain.directory.find(User) if u.sip_address.casefold() == sip_uri.casefold()),
        None,
    )
    if user is None:
        raise Refused(f"Lookup failed to find '{sip_uri}' SIP user.")
    state = domain.cms.replica(invocation.host)
    if state.certificate is None:
        raise Refused("Unable to locate a OAuthTokenIssuer certificate")
    if state.certificate.signing(domain.clock.now()).not_after <= domain.clock.now():
        raise Refused("The OAuthTokenIssuer certificate has expired")
    for entry in state.applications.values():
        if entry.application_identifier == names.EXCHANGE_ID and not entry.use_oauth_server:
            if not entry.enabled:
                raise Refused(f"The partner application '{entry.identity}' is disabled.")
            if entry.trust_level != "Full":
                raise Refused(
                    f"The partner application '{entry.identity}' has the trust level"
                    f" {entry.trust_level}; Full is needed."
                )
            return _Caller(invocation, state, entry, user.smtp_address)
    raise Refused(
        "Unable to locate Exchange partner application information. The local store of"
        f" {invocation.host} has none."
    )


def _store(invocation: Invocation, caller: _Caller) -> None:
    configured = caller.state.configuration.exchange_autodiscover_url
    domain_part = caller.address.partition("@")[2]
    autodiscover = configured or f"https://autodiscover.{domain_part}/autodiscover/autodiscover.svc"
    found = _EWS_URL.search(caller.post(autodiscover, "<GetUserSettings/>"))
    if found is None:
        raise Refused("GetUserSettings failed: no Exchange Web Services URL in the answer.")
    ews = found.group(1)
    folder = _FOLDERS[invocation.arguments.text("Folder") or "ConversationHistory"]
    create = f'<m:CreateItem><t:DistinguishedFolderId Id="{folder}"/></m:CreateItem>'
    item = _ITEM.search(caller.post(ews, create))
    if item is None:
        raise Refused("ExCreateItem exchange operation failed: no item in the answer.")
    invocation.wrote(caller.address, WriteKind.MAILBOX)
    if invocation.arguments.flag("DeleteItem"):
        caller.post(ews, f'<m:DeleteItem><t:ItemId Id="{item.group(1)}"/></m:DeleteItem>')


HANDLERS: Handlers = {"Test-CsExStorageConnectivity": run}
