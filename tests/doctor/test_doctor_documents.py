"""The partner's metadata document as the host gets it: not to be had, not to be read, or not to be used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partner_simulator.simulation import Simulation
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.documents import Document
from partner_simulator.world.domain import Domain
from support.doctor.examination import Patient

pytestmark = [pytest.mark.pwsh, pytest.mark.usefixtures("unharmed")]

DOCUMENTS = {
    DocumentFault.UNREACHABLE: ("Connection refused", "in a browser on this host"),
    DocumentFault.STATUS_500: ("HTTP 500", "in a browser on this host"),
    DocumentFault.UNAUTHORIZED: ("HTTP 401", "in a browser on this host"),
    DocumentFault.WRONG_TLS_NAME: ("certificate", "TLS trust"),
    DocumentFault.EXPIRED_TLS: ("certificate", "TLS trust"),
    DocumentFault.HTML: ("must answer anonymously", ""),
    DocumentFault.TRUNCATED: ("damaged", ""),
    DocumentFault.OTHER_PRODUCT: ("Write the metadata URL of Exchange", ""),
    DocumentFault.EXPIRED_CERTIFICATE: ("expired", ""),
    DocumentFault.WEAK_CERTIFICATE: ("1024", ""),
}
"""What the cross says, and what to do where its message does not say that already."""


@pytest.mark.parametrize("fault", DOCUMENTS)
def test_the_partners_document(simulation: Simulation, lync: Patient, fault: DocumentFault) -> None:
    """As the Front End gets it from Exchange's site: not to be had, or not to be used."""
    simulation.spoil_document(names.AUTODISCOVER, fault)
    try:
        told = lync.ask()
    finally:
        simulation.heal_document(names.AUTODISCOVER)
    message, advice = DOCUMENTS[fault]
    assert told.crosses() == [("atl-fe-001", "Exchange's metadata document")], told.text
    assert message in told.cross()["message"]
    assert advice in told.cross()["nextStep"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": ""}, "no issuer"),
        ({"keys": []}, "no"),
        ({"serviceName": names.LYNC_ID}, "not of Exchange"),
    ],
)
def test_a_partners_document_that_lacks_what_tokens_need(
    lync: Patient, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], words: str
) -> None:
    """It is JSON and signed by a trusted site, and no token could be matched to it."""
    write = Domain.document_bytes

    def spoilt(self: Domain, document: Document) -> bytes:
        written = write(self, document)
        if document.application_identifier != names.EXCHANGE_ID:
            return written
        return json.dumps({**json.loads(written), **change}).encode()

    monkeypatch.setattr(Domain, "document_bytes", spoilt)
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "Exchange's metadata document")], told.text
    assert words in told.cross()["message"]
