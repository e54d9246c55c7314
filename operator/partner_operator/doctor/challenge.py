"""Whom IIS on a host trusts now, as its answer to a request without a logon tells it."""

from __future__ import annotations

import http.client
import ssl
from typing import Final

from partner_operator.doctor.facts import Heard
from partner_operator.oauth.challenge import parse_challenge

HTTPS: Final = 443
SECONDS: Final = 10.0


def hear(host: str, path: str, ca_pem: str | None) -> Heard:
    """Ask once, without any logon, and read the challenges. No redirect is followed, no body is read.

    `path`: of its web service. `ca_pem`: trusted authorities; None means those of the system.
    """
    context = ssl.create_default_context(cadata=ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    connection = http.client.HTTPSConnection(host, HTTPS, timeout=SECONDS, context=context)
    try:
        # Some products name their issuers only to one who begins as if to present a token.
        connection.request("GET", path, headers={"Authorization": "Bearer"})
        answer = connection.getresponse()
        challenges = answer.headers.get_all("WWW-Authenticate", [])
    except (OSError, http.client.HTTPException) as error:
        return Heard(problem=f"{path} cannot be asked from here ({type(error).__name__}).")
    finally:
        connection.close()
    if answer.status != http.client.UNAUTHORIZED:
        return Heard(problem=f"{path} asks for no logon: HTTP {answer.status}.")
    return Heard(challenge=parse_challenge(challenges))
