"""Where a token server gives tokens: OAuth 2.0's client credentials, as ACS has them (P-TS-2)."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from partner_simulator.web.server import Request, Response
from partner_simulator.world.token_server import ISSUANCE_PATH, Denied, TokenServer
from partner_simulator.world.tokens import INNER_LIFETIME_SECONDS

_JSON = "application/json; charset=utf-8"


def issue(server: TokenServer, request: Request, now: float) -> Response:
    """A token for an application that authenticates with its secret, else an error as RFC 6749 5.2 has it."""
    if request.path.lower() != ISSUANCE_PATH:
        return Response(404, b"Not Found")
    form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8")).items()}
    if form.get("grant_type") != "client_credentials":
        return _error(400, "unsupported_grant_type", "Only client_credentials is known here.")
    try:
        token = server.issue(
            form.get("client_id", ""), form.get("client_secret", ""), form.get("resource", ""), now
        )
    except Denied as denied:
        return _error(401, "invalid_client", str(denied))
    given = {
        "token_type": "Bearer",
        "expires_in": str(INNER_LIFETIME_SECONDS),
        "access_token": token,
    }
    return Response(200, json.dumps(given).encode(), _JSON)


def _error(status: int, error: str, description: str) -> Response:
    told = {"error": error, "error_description": description}
    return Response(status, json.dumps(told).encode(), _JSON)
