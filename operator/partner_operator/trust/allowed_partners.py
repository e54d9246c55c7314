"""Whom a server may trust is its owner's word: a partner given by URL needs a pattern that names its host."""

from __future__ import annotations

from urllib.parse import urlsplit

from partner_operator.texts import shown
from partner_operator.trust.allowed import partner_fault
from partner_operator.trust.match import same
from partner_operator.trust.model import (
    AllowedTokenServer,
    DesiredApplication,
    DesiredServer,
    ServiceTest,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import Registration


def partner_not_allowed(
    server: DesiredServer, application: DesiredApplication, registration: Registration | None
) -> Obstacle | None:
    """Why this server must not trust the partner of this application; None: it may.

    Then nothing is contacted for the object, and what it registered is neither repaired nor removed. Its deletion
    asks nobody, and removes as always. A partner that is a PartnerServer is the namespace's own.
    """
    partner = application.partner
    if application.deleting or partner.server_name is not None:
        return None
    if partner.behind_token_server:
        return _token_server_not_allowed(server, application, registration)
    fault = partner_fault(partner.auth_metadata_url, server.allowed_partners)
    if fault is None:
        return None
    what = "the partner of spec.partner.authMetadataUrl"
    return _not_allowed(server, what, fault, "allowedPartners", registration)


def _token_server_not_allowed(
    server: DesiredServer, application: DesiredApplication, registration: Registration | None
) -> Obstacle | None:
    """The token server, and the account that the partner shall act with, are the owner's word."""
    url, block = application.partner.auth_metadata_url, "allowedTokenServers"
    hosts = tuple(each.host for each in server.allowed_token_servers)
    fault = partner_fault(url, hosts, block)
    if fault is not None:
        what = "the token server of spec.partner.tokenServer"
        return _not_allowed(server, what, fault, block, registration)
    account = application.linked_account
    allowed = (name for each in allowing(server, url) for name in each.linked_accounts)
    if account is None or any(same(account, name) for name in allowed):
        return None
    what = f"partners behind this token server to act with the account {shown(account)}"
    fault = "The linkedAccounts of its line there do not name it."
    return _not_allowed(server, what, fault, block, registration, "the account")


def allowing(server: DesiredServer, url: str) -> tuple[AllowedTokenServer, ...]:
    """What the server's owner says of the token server at this address; empty: it may not be used."""
    return tuple(
        each
        for each in server.allowed_token_servers
        if partner_fault(url, (each.host,), "allowedTokenServers") is None
    )


def _not_allowed(
    server: DesiredServer,
    what: str,
    fault: str,
    block: str,
    registration: Registration | None,
    missing: str = "the host",
) -> Obstacle:
    sentences = [f"The owner of PartnerServer {server.key.name} does not allow {what}:", fault]
    if registration is None:
        sentences.append(
            f"The operator registers nothing and contacts nobody. Whoever owns the server can add {missing} to "
            f"{block}; else delete this object."
        )
    else:
        sentences.append(
            f"Its registration {shown(registration.identity)} stays on the server and is neither repaired nor "
            f"removed. To revoke the trust, delete this object; to keep it, add {missing} to {block}."
        )
    return Obstacle(Reason.PARTNER_NOT_ALLOWED, " ".join(sentences), Next.HUMAN)


def leads_elsewhere(
    server: DesiredServer, application: DesiredApplication, block: str
) -> Obstacle | None:
    """Why the test of this application must not be run; None: it may.

    The server shows a token of its own wherever the test's URL leads to. Whoever writes the application must not
    choose that freely.
    """
    test, partner = application.connectivity_test, application.partner.auth_metadata_url
    if application.deleting or not isinstance(test, ServiceTest):
        return None
    own = urlsplit(partner).netloc.lower()
    fault = partner_fault(test.url, (own, *server.allowed_partners))
    if fault is None:
        return None
    return Obstacle(
        Reason.PARTNER_NOT_ALLOWED,
        f"spec.{block}.connectivityTest.url leads to another host than the partner's metadata URL, {shown(partner)}. "
        f"{fault} {server.product} would show a token of its own there, so the operator does nothing for this "
        "object. Write an address of the partner's host, or let whoever owns the server add the other one to "
        "allowedPartners.",
        Next.HUMAN,
    )
