"""RefreshMetadataFeed: the farm reads its issuers' documents again by itself (P-SP-8)."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

from partner_simulator.world import documents, names
from partner_simulator.world.domain import Domain
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.machines import RUNNING, Machine
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.sharepoint_farm import FarmState, Issuer, with_issuer
from partner_simulator.world.switches import Name

JOB = "RefreshMetadataFeed"
_SERVICE = "SPTimerV4"


def run_when_due(domain: Domain) -> None:
    """Run the job if its time has come since somebody looked last."""
    hours = domain.switches[Name.SHAREPOINT_REFRESH_HOURS]
    farm, now = domain.sharepoint, domain.clock.seconds()
    with domain.lock:
        if hours <= 0 or now - farm.refreshed_at < timedelta(hours=hours).total_seconds():
            return
        farm.refreshed_at = now
    refresh(domain)


def refresh(domain: Domain) -> None:
    """Take the certificates that each document has now; a changed realm is not followed."""
    domain.sharepoint.refreshed_at = domain.clock.seconds()
    server = next((machine for machine in domain.farm_servers() if _runs(machine)), None)
    if server is None:
        return
    for issuer in domain.sharepoint.state.issuers.values():
        if issuer.metadata_end_point:
            _refresh(domain, server.fqdn, issuer)


def _runs(machine: Machine) -> bool:
    return machine.up and machine.services[_SERVICE].state == RUNNING


def _refresh(domain: Domain, host: str, issuer: Issuer) -> None:
    try:
        document = domain.fetch_document(host, issuer.metadata_end_point)
    except (RequestFailed, documents.NotADocument):
        return
    published = tuple(base64.b64decode(text) for text in document.certificates)
    if document.issuer != issuer.registered_issuer_name or published == issuer.certificates:
        return

    def take(state: FarmState) -> FarmState:
        known = state.issuers.get(issuer.id)
        if known != issuer:
            return state  # somebody else was faster
        return with_issuer(state, replace(known, certificates=published, version=known.version + 1))

    domain.sharepoint.change(take)
    now = domain.clock.now()
    domain.ledger.wrote(
        Write(now, host, names.SHAREPOINT_SERVICE, JOB, issuer.name, WriteKind.CONFIGURATION)
    )
