"""Test-OAuthConnectivity (P-EX-15): a real token, over real HTTPS, really judged by the partner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from partner_simulator.certificates import Identity
from partner_simulator.ports import PsObject, PsText
from partner_simulator.world import errors, names, running, tokens
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.network import Answer, RequestFailed
from partner_simulator.world.objects import AuthConfig
from partner_simulator.world.running import RunningConfiguration

FAILED, PASSED = "oauth-test-failed", "oauth-test-passed"
"""What the ledger counts."""

_NAMESPACE = "Microsoft.Exchange.Security.OAuth"
_BEARER = re.compile(r'Bearer ((?:[\w_]+="[^"]*"(?:,\s*)?)+)')
_FIELD = re.compile(r'([\w_]+)="([^"]*)"')


class Refused(Exception):
    """The test failed; the text is the reason in words."""


@dataclass(frozen=True, slots=True)
class _Challenge:
    """What a service says of itself to an empty bearer token."""

    client_id: str
    realm: str
    trusted_issuers: frozenset[str]


def test(invocation: Invocation) -> None:
    """Ask the service as Exchange would, for a mailbox or for the application alone; writes nothing."""
    arguments = invocation.arguments
    url, mailbox = arguments.text("TargetUri") or "", arguments.text("Mailbox")
    if arguments.text("Service") != "Generic":
        raise errors.not_simulated(f"Test-OAuthConnectivity -Service {arguments.text('Service')}")
    if (mailbox is None) is not arguments.flag("AppOnly"):
        raise errors.not_simulated("Test-OAuthConnectivity without one of -Mailbox and -AppOnly")
    if mailbox is not None and not invocation.domain.mailboxes.exists(mailbox):
        raise invocation.not_found(mailbox)
    if not invocation.may(url, invocation.call.name):
        return
    try:
        detail, result = _present(invocation, url, mailbox or ""), "Success"
    except Refused as refused:
        detail, result = str(refused), "Error"
    invocation.domain.ledger.count(PASSED if result == "Success" else FAILED)
    invocation.emit(_view(url, detail, result))


def _present(invocation: Invocation, url: str, mailbox: str) -> str:
    """What the service answered to a token that it should take. Raises Refused."""
    domain = invocation.domain
    challenge = _challenge(_get(invocation, url, "Bearer"))
    known = _configuration(invocation)
    if not any(a.application_identifier == challenge.client_id for a in known.trusted()):
        raise Refused(f"No partner application is configured for '{challenge.client_id}'.")
    signer, own = _signer(invocation)
    if own not in challenge.trusted_issuers:
        listed = ",".join(sorted(challenge.trusted_issuers))
        raise Refused(
            f"The trusted issuers contained the following entries '{listed}'. None of them are"
            " configured locally."
        )
    token = tokens.mint(
        signer,
        issuer=own,
        client_id=challenge.client_id,
        host=urlsplit(url).hostname or "",
        realm=challenge.realm,
        user=mailbox,
        now=domain.clock.seconds(),
    )
    answer = _get(invocation, url, f"Bearer {token}")
    if answer.status != 200:
        diagnostics = answer.header("x-ms-diagnostics") or answer.body.decode("utf-8", "replace")
        raise Refused(
            f"The remote server returned an error: ({answer.status}) {answer.reason}."
            f" diagnostics: {diagnostics}"
        )
    return f"HTTP response message: {answer.status} {answer.reason}"


def _get(invocation: Invocation, url: str, authorization: str) -> Answer:
    try:
        return invocation.domain.network.request(
            invocation.host, "GET", url, headers={"Authorization": authorization}
        )
    except RequestFailed as error:
        raise Refused(error.text) from error


def _challenge(answer: Answer) -> _Challenge:
    found = _BEARER.search(answer.header("WWW-Authenticate"))
    if found is None:
        raise Refused(f"No challenge for a bearer token came with {answer.status}.")
    fields = dict(_FIELD.findall(found[1]))
    trusted = frozenset(fields.get("trusted_issuers", "").split(","))
    return _Challenge(fields.get("client_id", ""), fields.get("realm", ""), trusted)


def _configuration(invocation: Invocation) -> RunningConfiguration:
    """What the process goes by: the directory as it is with -ReloadConfig, else what workers know."""
    domain = invocation.domain
    if not invocation.arguments.flag("ReloadConfig"):
        return domain.running(invocation.host)
    controller, now = domain.machines[invocation.host].controller, domain.clock.seconds()
    return running.load(domain.directory, invocation.host, controller, now)


def _signer(invocation: Invocation) -> tuple[Identity, str]:
    """Exchange's key, and the issuer that it signs as. Raises Refused."""
    domain = invocation.domain
    own = domain.exchange_document("")
    configs = domain.directory.find(AuthConfig)
    if own is None or not configs:
        raise Refused("Missing signing certificate.")
    signer = domain.exchange_certificates[configs[0].current_thumbprint]
    return signer, names.issuer(names.EXCHANGE_ID, own.realm)


def _view(url: str, detail: str, result: str) -> PsObject:
    identity = PsText(f"{_NAMESPACE}.ValidationResultNodeId", url)
    values = {
        "Task": PsText("Microsoft.Exchange.Data.LocalizedString", "Checking Generic API Call"),
        "Detail": PsText("Microsoft.Exchange.Data.LocalizedString", detail),
        # Scripts of Microsoft read its name in every session, so it is never a bare number.
        "ResultType": PsText(f"{_NAMESPACE}.ResultType", result),
        "Identity": identity,
        # True even where the test failed, as seen: only ResultType counts.
        "IsValid": True,
    }
    return PsObject((f"{_NAMESPACE}.ValidationResultNode",), url, values)


HANDLERS: Handlers = {"Test-OAuthConnectivity": test}
