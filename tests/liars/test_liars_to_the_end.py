"""A domain whose servers lie, from the wire to the condition: named, and nothing is changed on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import Reason
from support.liars.domain import APPLICATIONS, Domain, Lie, altering, framed

pytestmark = pytest.mark.pwsh


@pytest.fixture(scope="module")
def shared() -> Iterator[Domain]:
    """One domain for all lies: as long as nothing is changed in it, all find it the same."""
    with pytest.MonkeyPatch.context() as patch:
        domain = Domain(patch)
        try:
            yield domain
        finally:
            domain.simulation.stop()


@pytest.fixture
def domain(shared: Domain) -> Iterator[Domain]:
    """With a fresh cluster; at the end nothing may have been written at the far side."""
    shared.declare()
    yield shared
    shared.liar.lie = None
    assert shared.simulation.writes() == []
    assert shared.simulation.open_shells() == ()
    assert [shared.simulation.restarts(host) for host in shared.simulation.exchange_hosts()] == [
        0,
        0,
    ]


def data(key: str, value: Any) -> Lie:
    """Another value for one key of the data. Texts are marked, as the bootstrap would."""
    return altering(lambda document: document["data"].update({key: value}))


def whole(key: str, value: Any) -> Lie:
    """Another value for one key of the answer's document."""
    return altering(lambda document: document.update({key: value}))


def clock(seconds: int) -> Lie:
    """Another time on the host."""
    return altering(lambda document: document["host"].update(clock=seconds))


WRONG, ODD = Reason.WRONG_PRODUCT, Reason.CONTRACT_VIOLATED
BROKEN, PART = Reason.PROTOCOL_ERROR, Reason.INCOMPLETE_READ
OLD = "=Version 14.3 (Build 123.4)"
EX9 = {"fqdn": "=ex9.fabrikam.com", "edge": False, "restarts": True}
FE9 = {"fqdn": "=fe9.fabrikam.com", "upToDate": True}
WRAPPED = {"value": ["=a"], "Count": 1}
OF_OTHERS = b"PO1!" + framed({"to": "a" * 64, "ok": True, "why": "Answer"})
LIES: dict[str, tuple[str, Lie, Reason, str]] = {
    "says Lync": ("exchange", data("product", "=Lync"), WRONG, "answers as Lync"),
    "says Exchange": ("lync", data("product", "=Exchange"), WRONG, "answers as Exchange"),
    "is Exchange 2010": ("exchange", data("version", OLD), WRONG, "came with Exchange 2013"),
    "shows no entries": ("exchange", data("entries", []), PART, "does not show the entries"),
    "knows no host": ("exchange", data("hosts", []), PART, "has no Exchange server"),
    "knows no machine": ("lync", data("replicas", []), PART, "shows no machine at all"),
    "says nothing": ("exchange", whole("data", {}), ODD, "does not understand"),
    "says null": ("exchange", whole("data", None), BROKEN, "what every answer holds"),
    "says null for a list": ("lync", data("entries", None), ODD, "entries"),
    "says a text for a list": ("lync", data("entries", "=x"), ODD, "entries"),
    "wraps a list": ("exchange", data("roles", WRAPPED), BROKEN, "wrapped list at data.roles"),
    "flattens": ("exchange", data("controller", "@{a=1}"), BROKEN, "flattened object at data.con"),
    "quotes": ("exchange", data("organization", "=System.Object[]"), ODD, "organization"),
    "is another Exchange": ("exchange", data("hosts", [EX9]), PART, "has no Exchange server"),
    "is another Lync": ("lync", data("replicas", [FE9]), PART, "has no machine"),
    "lives in 1601": ("exchange", clock(-11_644_473_600), BROKEN, "the year 1601"),
    "lives in 9999": ("lync", clock(253_402_300_799), BROKEN, "the year 9999"),
    "answers twice": ("exchange", lambda out, _: out + out, BROKEN, "the same answer 2 times"),
    "answers others": ("lync", lambda *_: OF_OTHERS, BROKEN, "the answer to another request"),
    "answers others too": ("lync", lambda out, _: out + OF_OTHERS, BROKEN, "to another request"),
    "is silent": ("exchange", lambda *_: b"", BROKEN, "its answer did not arrive"),
}


@pytest.mark.parametrize(("server", "lie", "reason", "words"), LIES.values(), ids=LIES.keys())
def test_a_liar_is_named_and_left_alone(
    domain: Domain, server: str, lie: Lie, reason: Reason, words: str
) -> None:
    """On the server or on the application, whichever is concerned; with the truth it would be changed."""
    domain.liar.lie, domain.liar.told = lie, 0
    domain.run_pass(server)
    assert domain.liar.told >= 1
    said = [domain.said_of(server), domain.said_of_application(server)]
    assert reason in {found for found, _ in said}, said
    assert any(words in message for _, message in said), said


def replaying() -> Lie:
    """Every answer is the one that was given to the first request of a pass."""
    first: list[bytes] = []

    def lie(stdout: bytes, stdin: bytes) -> bytes:
        first.append(stdout)
        return first[0]

    return lie


@pytest.mark.parametrize("server", ["exchange", "lync"])
def test_an_answer_kept_from_an_earlier_pass_is_named(domain: Domain, server: str) -> None:
    """To the very same question; it was true then."""
    suspend(domain, server)
    domain.liar.lie = replaying()
    domain.run_pass(server)
    assert domain.said_of(server)[0] is Reason.SUCCEEDED
    domain.declare()
    domain.run_pass(server)
    reason, message = domain.said_of(server)
    assert reason is Reason.PROTOCOL_ERROR
    assert "the answer to another request" in message


def suspend(domain: Domain, server: str) -> None:
    """Nothing is wanted on this server for now."""
    name = APPLICATIONS[server]
    domain.cluster.change(name, mode=Mode.OBSERVE)


def test_a_version_that_changes_between_two_passes_is_only_shown(domain: Domain) -> None:
    """An upgrade is no lie."""
    suspend(domain, "exchange")
    domain.run_pass("exchange")
    domain.liar.lie = data("version", "=Version 15.2 (Build 1544.4)")
    domain.run_pass("exchange")
    assert domain.said_of("exchange")[0] is Reason.SUCCEEDED
    status = domain.cluster.server_statuses[domain.cluster.servers["exchange"].key.uid]
    assert status.product_version == "Version 15.2 (Build 1544.4)"


def is_fabrikam(document: dict[str, Any]) -> None:
    """Another place, and on Lync, where the place may move, another signing certificate too."""
    document["data"]["organization"] = "=CN=Fabrikam"
    if "certificate" in document["data"]:
        document["data"]["certificate"]["thumbprint"] = "=" + "EE" * 20


@pytest.mark.parametrize("server", ["exchange", "lync"])
def test_another_organisation_under_the_same_name_is_named(domain: Domain, server: str) -> None:
    """First it is known in mode Observe; then changes are wanted, and somebody else answers."""
    suspend(domain, server)
    domain.run_pass(server)
    domain.cluster.change(APPLICATIONS[server], mode=Mode.ENFORCE)
    domain.liar.lie = altering(is_fabrikam)
    domain.run_pass(server)
    reason, message = domain.said_of(server)
    assert reason is Reason.OTHER_ORGANIZATION
    assert "CN=Fabrikam" in message
    assert domain.said_of_application(server)[0] is Reason.OTHER_ORGANIZATION


@pytest.mark.parametrize("server", ["exchange", "lync"])
def test_the_other_product_itself_is_named(domain: Domain, server: str) -> None:
    """No lie on the wire: spec.hosts names machines of the other product."""
    other = "lync" if server == "exchange" else "exchange"
    cluster = domain.cluster
    cluster.change_server(server, hosts=cluster.servers[other].hosts)
    cluster.credentials_by_server[server] = cluster.credentials_by_server[other]
    domain.run_pass(server)
    reason, message = domain.said_of(server)
    assert reason is Reason.WRONG_PRODUCT
    assert message.startswith(cluster.servers[server].hosts[0])
