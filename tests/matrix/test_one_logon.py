"""A whole pass is one connection and one logon per host, and asks for nothing that the protocol does not need."""

from __future__ import annotations

from collections import Counter

import pytest

from partner_operator.trust.model import ConnectivityTest, Product
from partner_simulator.wsman import Step, Tally
from support.matrix.domain import APPLICATION, Landscape

HANDSHAKES = {Product.EXCHANGE: 2, Product.LYNC: 6}
"""Messages of one logon with NTLM and with CredSSP that are answered with HTTP 401."""
RUNS = {
    Product.EXCHANGE: ["observe", "register", "observe", "host_state"],
    Product.LYNC: ["observe", "register", "observe", "replicate", "test"],
}


@pytest.mark.parametrize("land", RUNS, indirect=True, ids=str)
def test_a_pass_with_a_change_and_a_test_is_one_logon(land: Landscape) -> None:
    if land.product is Product.LYNC:
        test = ConnectivityTest("sip:kenmyer@litwareinc.com")
        land.cluster.change(APPLICATION, connectivity_test=test)
    before = len(land.simulation.counters.requests())
    land.pass_by()
    assert land.registered()
    assert land.runs == RUNS[land.product]
    assert land.count(Tally.CONNECTIONS) == land.count(Tally.LOGONS_ACCEPTED) == 1
    asked = Counter(record.step for record in land.simulation.counters.requests()[before:])
    # How often Receive is asked is for the host to say: it answers whenever there is output.
    assert asked.pop(Step.RECEIVE) >= len(land.runs)
    once = dict.fromkeys((Step.CREATE, Step.COMMAND, Step.SEND, Step.DELETE), len(land.runs))
    assert asked == once | {Step.AUTHENTICATE: HANDSHAKES[land.product]}
    shared = land.count(Tally.CONNECTIONS)
    land.pass_by()
    assert land.count(Tally.CONNECTIONS) == land.count(Tally.LOGONS_ACCEPTED) == shared + 1
