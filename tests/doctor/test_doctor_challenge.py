"""Whom IIS trusts now: told for people, never a cross, and never taken from anything but its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.doctor.challenge import hear
from partner_operator.doctor.checks import diagnose, healthy
from partner_operator.doctor.facts import Check, Facts, Heard, HostFacts, Probe, Way
from partner_operator.oauth.challenge import Challenge, parse_challenge
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.exchange.rules import WEB_SERVICES
from partner_operator.trust.model import EntryKind, Observed, Partner, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.switches import Name, Switches
from support.doctor.examination import Patient
from support.operated_domain import WINRM, names_of, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL, NOW

LYNC = "00000004-0000-0ff1-ce00-000000000000"
WEST = "https://west.litwareinc.com/metadata/json/1"
HOST = "ex1.litwareinc.com"


def challenge(*issuers: str) -> Challenge:
    """An answer of Exchange with these issuers."""
    told = parse_challenge([f'Bearer client_id="x", trusted_issuers="{",".join(issuers)}"'])
    assert told is not None
    return told


def checked(heard: Heard | None, **entry: Any) -> tuple[Check, bool]:
    """The check on a host with Lync's entry, and whether the whole list is healthy."""
    documents = {url: trust_worlds.reading(p) for p, url in trust_worlds.URLS.items()}
    entries = (trust_worlds.entry(Product.LYNC, **entry),) if entry else ()
    seen = Observed(Product.EXCHANGE, "First", "15.0", HOST, NOW, entries, None, documents)
    way = Way(Probe(True, "a"), Probe(True, "b"), Probe(True, "c"))
    facts = Facts(
        server=trust_worlds.server(hosts=(HOST,)),
        profile=CATALOG.partners[Product.EXCHANGE],
        rules=CATALOG.rules[Product.EXCHANGE],
        declaration=(),
        credentials=None,
        partners=(Partner(CATALOG.partners[Product.LYNC], LYNC_URL, "lync"),),
        hosts=(HostFacts(HOST, way, seen, heard=heard),),
        now=NOW,
    )
    checks = diagnose(facts)
    (found,) = [check for check in checks if check.name == "trusted issuers"]
    return found, healthy(tuple(check for check in checks if check.name == "trusted issuers"))


@pytest.mark.parametrize(
    ("heard", "entry", "ok", "word"),
    [
        (Heard(challenge(f"{LYNC}@litwareinc.com")), {"enabled": True}, True, "names Lync"),
        (Heard(challenge(f"/{LYNC}@LITWAREINC.com")), {"enabled": True}, True, "names Lync"),
        (Heard(challenge(f"{LYNC}@other.com")), {"enabled": True}, None, "does not name Lync"),
        (Heard(challenge(f"{LYNC}@*")), {"enabled": True}, None, "does not name Lync"),
        (Heard(challenge()), {"enabled": True}, None, "restart of IIS may still be due"),
        (Heard(challenge()), {"enabled": False}, True, "No partner is registered"),
        (Heard(challenge()), {"enabled": True, "kind": EntryKind.TOKEN_SERVER}, True, "No partner"),
        (Heard(challenge()), {}, True, "No partner is registered"),
        (Heard(challenge()), {"realm": "west.com", "metadata_url": WEST}, True, "No partner"),
        (Heard(challenge()), {"realm": "west.com"}, None, "restart of IIS may still be due"),
        (Heard(), {"enabled": True}, None, "no logon by OAuth"),
        (Heard(problem="HTTP 200."), {"enabled": True}, None, "HTTP 200"),
    ],
)
def test_what_the_answer_says(
    heard: Heard, entry: dict[str, Any], ok: bool | None, word: str
) -> None:
    """A tick or a question mark: a cross would claim to know what is only derived."""
    check, fine = checked(heard, **entry)
    assert check.ok is ok
    assert word in check.message
    assert fine


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """A domain of its own: this one is changed. Its challenges come folded and with a stray slash."""
    guesses = Switches({Name.CHALLENGE_FOLDED: True, Name.CHALLENGE_SLASH: True})
    with Simulation(find_pwsh(), guesses) as running, names_of(running):
        yield running


def _register(patient: Patient) -> None:
    """Lync's entry is made on Exchange, and IIS is not restarted."""
    operations = ExchangeOperations(remotely)
    server, credentials = patient.declared, patient.credentials

    async def change() -> None:
        seen = await operations.on(server, credentials, server.hosts[0]).observe(
            (EXCHANGE_URL, LYNC_URL), None
        )
        wanted = trust_worlds.application(Product.LYNC)
        differences = (Difference(Field.ENTRY, "", ""),)
        kind = ChangeKind.REGISTER
        made = Change(kind, wanted.key, None, differences, needs_restart=True)
        await operations.on(server, credentials, seen.host).apply(seen, made, wanted)

    asyncio.run(change())


@pytest.mark.pwsh
def test_iis_names_a_partner_when_it_has_read_the_entry(simulation: Simulation) -> None:
    """Before, without an entry; registered, and not yet read; after a restart on both hosts."""

    def told() -> list[tuple[bool | None, str]]:
        answer = Patient(simulation, Product.EXCHANGE).ask()
        assert answer.code == 0, answer.text
        found = [check for check in answer.checks if check["name"] == "trusted issuers"]
        return [(check["ok"], check["message"]) for check in found]

    assert [(ok, text[:10]) for ok, text in told()] == [(True, "No partner")] * 2
    _register(Patient(simulation, Product.EXCHANGE))
    written = len(simulation.writes())
    assert [ok for ok, _ in told()] == [None, None]
    for host in simulation.exchange_hosts():
        simulation.iisreset(host)
    assert told() == [(True, "IIS there names Lync.")] * 2
    assert len(simulation.writes()) == written + 2
    assert simulation.open_shells() == ()


@pytest.mark.pwsh
def test_what_cannot_be_asked_is_said(simulation: Simulation) -> None:
    """A closed port, another authority, and a site that has no such service."""
    address, port = simulation.domain.network.names()[simulation.exchange_hosts()[0]][WINRM]
    simulation.domain.network.register("alias.litwareinc.com", WINRM, address, port)
    assert (
        "cannot be asked" in hear("alias.litwareinc.com", WEB_SERVICES, simulation.ca_pem).problem
    )
    assert "cannot be asked" in hear(simulation.exchange_hosts()[0], WEB_SERVICES, None).problem
    assert "HTTP 404" in hear(names.LYNC_POOL, WEB_SERVICES, simulation.ca_pem).problem
