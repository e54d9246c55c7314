"""Sites that are slow, ask for a log-on, or have let their TLS certificate expire."""

from __future__ import annotations

import pytest

from partner_simulator.ports import CmdletError
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from support.world.bench import Bench


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (DocumentFault.SLOW, "The operation has timed out"),
        (DocumentFault.UNAUTHORIZED, r"\(401\) Unauthorized"),
        (DocumentFault.EXPIRED_TLS, "Could not establish trust relationship"),
    ],
)
def test_each_is_said_in_dotnets_words_and_healed_again(
    world: Bench, fault: DocumentFault, words: str
) -> None:
    world.farm.slow_seconds = 1.0
    world.domain.network.timeout_seconds = 0.3
    world.farm.spoil_document(names.LYNC_POOL, fault)
    with pytest.raises(CmdletError, match=words):
        world.trust_lync()
    world.farm.heal_document(names.LYNC_POOL)
    world.exchange("New-PartnerApplication", Name="Lync", AuthMetadataUrl=names.LYNC_METADATA_URL)
    assert world.entry("Lync").enabled


def test_a_slow_document_is_a_right_one_for_the_patient(world: Bench) -> None:
    world.farm.slow_seconds = 0.2
    world.farm.spoil_document(names.LYNC_POOL, DocumentFault.SLOW)
    world.trust_lync()
    assert world.entry("Lync").realm == names.DOMAIN
