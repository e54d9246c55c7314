"""A third application: it fetches a token at its token server, and shows it to a product's servers."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from partner_simulator.web import trust_check
from partner_simulator.world import names, tokens
from partner_simulator.world.domain import Domain
from partner_simulator.world.machines import Role
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.token_server import ISSUANCE_PATH, ThirdApplication, TokenServer

HOST = f"hr.{names.DOMAIN}"
"""The machine that it runs on."""


class NoToken(Exception):
    """The token server gave none; the text says why."""


def refused(
    domain: Domain, application: ThirdApplication, server: Role, mailbox: str, *, for_user: bool
) -> str | None:
    """Why a host of `server` refuses the application, first reason found; None: every host takes it.

    On Exchange it opens a mailbox: as an application alone, or for its user. Nothing is written.
    """
    home = domain.token_servers[application.token_server]
    own = names.issuer(application.identifier, home.home)
    for url, client_id, realm in trust_check.doors(domain, server):
        host = url.split("/")[2]
        audience = f"{client_id}/{host}@{realm}"
        try:
            token = fetch(domain, home, application, audience)
        except NoToken as error:
            return str(error)
        if for_user:
            now = domain.clock.seconds()
            token = tokens.for_user(token, issuer=own, audience=audience, user=mailbox, now=now)
        reason = trust_check.present(domain, HOST, url, token, _look_into(mailbox))
        if reason is not None:
            return f"{host}: {reason}"
    return None


def _look_into(mailbox: str) -> bytes:
    named = f"<t:Mailbox><t:EmailAddress>{mailbox}</t:EmailAddress></t:Mailbox>"
    return f"<s:Envelope><s:Body><m:GetFolder>{named}</m:GetFolder></s:Body></s:Envelope>".encode()


def fetch(domain: Domain, home: TokenServer, application: ThirdApplication, resource: str) -> str:
    """Authenticate at the token server, and take an actor token for `resource`. Raises NoToken."""
    form = {
        "grant_type": "client_credentials",
        "client_id": names.issuer(application.identifier, home.home),
        "client_secret": application.secret,
        "resource": resource,
    }
    scheme = "https" if home.secure else "http"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{scheme}://{home.host}{ISSUANCE_PATH}"
    try:
        answer = domain.network.request(
            HOST, "POST", url, headers=headers, body=urlencode(form).encode()
        )
    except RequestFailed as error:
        raise NoToken(f"{home.host}: {error.text}") from error
    told = json.loads(answer.body) if answer.status in (200, 400, 401) else {}
    if "access_token" not in told:
        raise NoToken(f"{home.host}: {answer.status} {told.get('error_description', '')}".strip())
    return str(told["access_token"])
