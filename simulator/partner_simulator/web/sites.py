"""What the domain's web sites answer: documents, and doors that judge tokens."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

from partner_simulator.certificates import Identity
from partner_simulator.web import lync_door, paths, sharepoint_door, token_door
from partner_simulator.web.faults import LOGON_PAGE, DocumentFault, bad_certificate
from partner_simulator.web.server import Request, Response
from partner_simulator.world import exchange_auth_admin, names, tokens
from partner_simulator.world.documents import Document
from partner_simulator.world.domain import Domain
from partner_simulator.world.machines import Machine
from partner_simulator.world.objects import PartnerApplication
from partner_simulator.world.running import RunningConfiguration
from partner_simulator.world.switches import Name
from partner_simulator.world.token_server import TokenServer

NEEDED_ROLES = frozenset({"UserApplication", "ArchiveApplication"})
"""DERIVED: act for a user, and archive into a mailbox (P-EX-3)."""
NEEDED_BY_SHAREPOINT = frozenset({"UserApplication"})
"""DERIVED: act for a user; the shipped script gives SharePoint no ArchiveApplication."""
NEEDED_BY_OTHERS = frozenset({"UserApplication"})
"""DERIVED: of an application behind a token server that speaks for itself."""
NO_LINKED_ACCOUNT = (
    "The application is missing a linked account for RBAC roles, or the linked account has no "
    "RBAC role assignments, or the calling users account is logon disabled."
)
_JSON = "application/json; charset=utf-8"
_XML = "text/xml; charset=utf-8"
_FOLDER = re.compile(rb'<t:DistinguishedFolderId Id="(\w+)"')
_ITEM = re.compile(rb'<t:ItemId Id="(\w+)"')
_ADDRESS = re.compile(rb"<t:EmailAddress>([^<]+)<")
_UNAVAILABLE = Response(503, b"Service Unavailable")
_NOT_FOUND = Response(404, b"Not Found")
_PORTALS = frozenset({names.PORTAL, names.TEAM_SITE})
_SHAREPOINT = _PORTALS | frozenset(names.SHAREPOINT_HOSTS)


class Sites:
    """Answers of all sites, out of the domain."""

    def __init__(self, domain: Domain) -> None:
        """All documents are right."""
        self.slow_seconds = 30.0
        self._domain = domain
        self._stopping = threading.Event()
        self._faults: dict[str, DocumentFault] = {}
        self._bad: dict[str, Identity] = {}

    def stop(self) -> None:
        """Keep nobody waiting any longer."""
        self._stopping.set()

    def spoil(self, fqdn: str, fault: DocumentFault | None) -> None:
        """Let a site's document be wrong from now on, in one step from an earlier fault; None: right again."""
        if fault is None:
            self._faults.pop(fqdn, None)
            self._bad.pop(fqdn, None)
            return
        bad = bad_certificate(fault, self._domain.authority)
        if bad is not None:
            self._bad[fqdn] = bad
        self._faults[fqdn] = fault
        if bad is None:
            self._bad.pop(fqdn, None)

    def answer(self, request: Request) -> Response:
        """The answer of the site that the request names."""
        path = request.path.partition("?")[0].lower()
        token_server = self._domain.token_servers.get(request.host)
        if token_server is not None:
            return self._token_server(token_server, request)
        machine = self._machine(request.host)
        if machine is None:
            return _UNAVAILABLE
        if request.host == names.LYNC_POOL:
            return self._lync(request, machine, path)
        if request.host in _SHAREPOINT:
            return self._sharepoint(request, machine, path)
        return self._exchange(request, machine, path)

    def _machine(self, host: str) -> Machine | None:
        """Who answers for a name now: itself, or one that the load balancer chose."""
        domain = self._domain
        if host == names.LYNC_POOL:
            return domain.in_turn(domain.front_ends())
        if host in _PORTALS:
            return domain.in_turn(domain.farm_servers())
        if host == names.AUTODISCOVER:
            return domain.in_turn(domain.exchange_machines())
        machine = domain.machine(host)
        return machine if machine is not None and machine.serves_web else None

    def _token_server(self, server: TokenServer, request: Request) -> Response:
        if request.method == "POST":
            return token_door.issue(server, request, self._domain.clock.seconds())
        document = server.document(request.path)
        if document is None:
            return _NOT_FOUND
        answer = self._document(request.host, document)
        is_document = answer.content_type == _JSON
        return replace(answer, content_type=document.content_type) if is_document else answer

    def _lync(self, request: Request, machine: Machine, path: str) -> Response:
        if path == names.LYNC_METADATA_PATH and request.method == "GET":
            location = f"https://{request.host}{path}"
            return self._document(request.host, self._domain.lync_document(machine.fqdn, location))
        if path != paths.LYNC_SERVICE:
            return _NOT_FOUND
        why_not = lync_door.refusal(self._domain, machine.fqdn, _token(request))
        return Response(200) if why_not is None else Response(401, why_not.encode())

    def _sharepoint(self, request: Request, machine: Machine, path: str) -> Response:
        age = self._domain.clock.seconds() - machine.workers_started_at
        is_cold = age < machine.behaviour.cold_seconds
        if is_cold or machine.fqdn in self._domain.farm_of(machine.fqdn).left:
            return _UNAVAILABLE
        if path.rstrip("/") == names.SHAREPOINT_METADATA_PATH and request.method == "GET":
            location = f"https://{request.host}{names.SHAREPOINT_METADATA_PATH}"
            document = self._domain.sharepoint_document(machine.fqdn, location)
            return self._document(request.host, document)
        if path != paths.SHAREPOINT_SERVICE:
            return _NOT_FOUND
        authorization = request.headers.get("authorization", "")
        return sharepoint_door.answer(self._domain, machine.fqdn, request.host, authorization)

    def _exchange(self, request: Request, machine: Machine, path: str) -> Response:
        if path == names.EXCHANGE_METADATA_PATH and request.method == "GET":
            location = f"https://{request.host}{path}"
            return self._document(request.host, self._domain.exchange_document(location))
        if path in (paths.EWS, paths.AUTODISCOVER):
            return self._judged(request, machine, path)
        return _NOT_FOUND

    def _document(self, host: str, document: Document | None) -> Response:
        fault = self._faults.get(host)
        if fault is DocumentFault.HTML:
            return Response(200, LOGON_PAGE, "text/html; charset=utf-8")
        if fault is DocumentFault.UNAUTHORIZED:
            return Response(401, headers=(("WWW-Authenticate", "Negotiate"),))
        if fault is DocumentFault.SLOW:
            self._stopping.wait(self.slow_seconds)
        if fault is DocumentFault.STATUS_500 or document is None:
            return Response(500, b"Internal Server Error")
        if host in self._bad:
            document = replace(document, keys=(self._bad[host],))
        if fault is DocumentFault.OTHER_PRODUCT:
            is_sharepoint = document.application_identifier == names.SHAREPOINT_ID
            other = (
                ("Lync", names.LYNC_ID) if is_sharepoint else ("SharePoint", names.SHAREPOINT_ID)
            )
            document = replace(document, name=other[0], application_identifier=other[1])
        body = self._domain.document_bytes(document)
        if fault is DocumentFault.TRUNCATED:
            body = body[: len(body) // 2]
        return Response(200, body, _JSON)

    def _judged(self, request: Request, machine: Machine, path: str) -> Response:
        domain = self._domain
        exchange_auth_admin.run_when_due(domain)
        running = domain.running(machine.fqdn)
        kind = "EWS" if path == paths.EWS else "Autodiscover"
        token = _token(request)
        if not token or kind in running.without_oauth:
            return self._challenge(running)
        verdict = tokens.judge(
            token,
            request.host,
            running,
            now=domain.clock.seconds(),
            skew_seconds=domain.switches[Name.TOKEN_SKEW_SECONDS],
        )
        if isinstance(verdict, tokens.Diagnostics):
            return self._challenge(running, verdict)
        if not _roles(running, verdict.application) >= _needed(verdict):
            return Response(200, _fault(NO_LINKED_ACCOUNT), _XML)
        mailbox = verdict.smtp_address or _mailbox(request.body)
        if not domain.mailboxes.exists(mailbox):
            return Response(200, _fault("The mailbox does not exist."), _XML)
        if path == paths.AUTODISCOVER:
            url = f"https://{machine.fqdn}{paths.EWS}"
            return Response(200, _soap(f"<ExternalEwsUrl>{url}</ExternalEwsUrl>"), _XML)
        return self._operate(mailbox, request.body)

    def _challenge(
        self, running: RunningConfiguration, refused: tokens.Diagnostics | None = None
    ) -> Response:
        slash = "/" if self._domain.switches[Name.CHALLENGE_SLASH] else ""
        applications = self._domain.switches[Name.CHALLENGE_APPLICATIONS]
        trusted = running.trusted_issuers(applications=applications)
        issuers = ",".join(slash + issuer for issuer in trusted)
        bearer = (
            f'Bearer client_id="{names.EXCHANGE_ID}", trusted_issuers="{issuers}", '
            'token_types="app_asserted_user_v1 service_asserted_app_v1"'
        )
        if running.authorization_uri:
            bearer += f', authorization_uri="{running.authorization_uri}"'
        diagnostics: tuple[tuple[str, str], ...] = ()
        if refused is not None:
            bearer += ', error="invalid_token"'
            diagnostics = (("x-ms-diagnostics", str(refused)),)
        schemes = [bearer, "Negotiate", "NTLM"]
        if self._domain.switches[Name.CHALLENGE_FOLDED]:
            schemes = [",".join(schemes)]
        challenges = tuple(("WWW-Authenticate", scheme) for scheme in schemes)
        return Response(401, headers=challenges + diagnostics)

    def _operate(self, address: str, body: bytes) -> Response:
        """Create or delete an item, or only look (SIM-CHOICE: the least SOAP that tells apart)."""
        folder, item = _FOLDER.search(body), _ITEM.search(body)
        if b"<m:CreateItem" in body:
            where = folder.group(1).decode() if folder else "inbox"
            made = self._domain.mailboxes.create_item(address, where)
            return Response(200, _soap(f'<t:ItemId Id="{made}"/>'), _XML)
        if b"<m:DeleteItem" in body and item is not None:
            self._domain.mailboxes.delete_item(address, item.group(1).decode())
        return Response(200, _soap("<m:ResponseCode>NoError</m:ResponseCode>"), _XML)


def _needed(accepted: tokens.Accepted) -> frozenset[str]:
    """Roles of the linked account that this bearer needs."""
    application = accepted.application
    if application.use_auth_server:
        # A user's own roles count; alone, what the shipped script gives a `Generic` application.
        return frozenset() if accepted.smtp_address else NEEDED_BY_OTHERS
    is_sharepoint = application.application_identifier == names.SHAREPOINT_ID
    return NEEDED_BY_SHAREPOINT if is_sharepoint else NEEDED_ROLES


def _mailbox(body: bytes) -> str:
    """Whose mailbox an application asks for that speaks for nobody."""
    named = _ADDRESS.search(body)
    return named[1].decode("utf-8", "replace") if named else ""


def _roles(running: RunningConfiguration, application: PartnerApplication) -> frozenset[str]:
    if application.linked_account is None:
        return frozenset()
    return running.roles.get(application.linked_account, frozenset())


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _soap(inner: str) -> bytes:
    return f"<s:Envelope><s:Body>{inner}</s:Body></s:Envelope>".encode()


def _fault(text: str) -> bytes:
    return _soap(f"<s:Fault><faultstring>{text}</faultstring></s:Fault>")
