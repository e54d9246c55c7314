"""AuthAdmin: Exchange reads the documents of auth servers again by itself (P-TS-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from partner_simulator.world import documents
from partner_simulator.world.domain import Domain
from partner_simulator.world.exchange_auth_servers import described
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.objects import AuthServer, AuthServerType
from partner_simulator.world.switches import Name

EVERY = timedelta(hours=8)
SERVICE = "MSExchange AuthAdmin"


def run_when_due(domain: Domain) -> None:
    """Run it if its time has come since somebody looked last."""
    now = domain.clock.seconds()
    with domain.lock:
        if now - domain.auth_admin_ran_at < EVERY.total_seconds():
            return
        domain.auth_admin_ran_at = now
    host = next((machine.fqdn for machine in domain.exchange_machines() if machine.up), None)
    of_all = domain.switches[Name.AUTH_ADMIN_REFRESHES] == "all"
    for server in domain.directory.find(AuthServer):
        is_due = of_all or server.type is AuthServerType.AZURE_AD
        if host is not None and server.auth_metadata_url and is_due:
            _refresh(domain, host, server)


def _refresh(domain: Domain, host: str, server: AuthServer) -> None:
    url = server.auth_metadata_url
    try:
        document = domain.fetch_token_document(host, url, federation=server.is_for_people)
    except (RequestFailed, documents.NotADocument):
        return
    changed = described(server, url, document)
    if changed == server:
        return
    now = domain.clock.now()
    domain.directory.write(replace(changed, when_changed=now))
    domain.ledger.wrote(
        Write(now, host, SERVICE, "AuthAdmin", server.name, WriteKind.CONFIGURATION)
    )
