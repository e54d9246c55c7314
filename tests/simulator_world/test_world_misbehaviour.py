"""What the cases C05 to C08 need: cmdlets that lie, servers that are no longer there."""

from __future__ import annotations

import pytest

from partner_simulator.ports import CmdletError
from partner_simulator.world import names
from partner_simulator.world.misbehaviour import Misbehaviour
from partner_simulator.world.objects import AuthConfig, ExchangeServer, ServerKind
from support.world.bench import Bench


def make(world: Bench) -> list[str]:
    """New-PartnerApplication; names of what it showed."""
    told = world.exchange(
        "New-PartnerApplication", Name="Lync", AuthMetadataUrl=names.LYNC_METADATA_URL
    )
    assert not told.errors
    return told.names


def exists(world: Bench) -> bool:
    """Whether the entry is there."""
    return "Lync" in world.exchange("Get-PartnerApplication").names


@pytest.mark.parametrize(
    ("how", "there"), [(Misbehaviour.SHOWS_NOTHING, True), (Misbehaviour.DOES_NOTHING, False)]
)
def test_a_create_that_shows_nothing_has_or_has_not_happened(
    world: Bench, how: Misbehaviour, there: bool
) -> None:
    """C07: neither object nor error; only a read tells."""
    world.domain.misbehaviours.plan("New-PartnerApplication", how)
    assert make(world) == []
    assert exists(world) is there


@pytest.mark.parametrize(
    ("how", "there"), [(Misbehaviour.FAILS_AFTERWARDS, True), (Misbehaviour.FAILS_AT_ONCE, False)]
)
def test_a_write_that_threw_has_or_has_not_happened(
    world: Bench, how: Misbehaviour, there: bool
) -> None:
    """C06."""
    world.domain.misbehaviours.plan("New-PartnerApplication", how)
    with pytest.raises(CmdletError, match="not operational"):
        make(world)
    assert exists(world) is there


def test_it_passes_after_so_many_times(world: Bench) -> None:
    world.domain.misbehaviours.plan("Get-PartnerApplication", Misbehaviour.SHOWS_NOTHING, times=2)
    shown = [len(world.exchange("Get-PartnerApplication").objects) for _ in range(3)]
    assert shown == [0, 0, 2]


def test_servers_of_the_organisation_that_must_not_be_restarted(world: Bench) -> None:
    """C05: an Edge server, one that was wiped, one of another DNS domain."""
    edge = ExchangeServer("DMZ-EDGE", "edge.dmz.example", ServerKind.EDGE)
    away = ExchangeServer("EX05", "ex05.emea.litwareinc.com")
    for server in (edge, away):
        world.domain.directory.write(server)
    told = world.exchange("Get-ExchangeServer")
    shown = {item.properties["Fqdn"]: item.properties for item in told.objects}
    assert shown["edge.dmz.example"]["IsEdgeServer"] is True
    assert shown["edge.dmz.example"]["IsMailboxServer"] is False
    assert shown["ex05.emea.litwareinc.com"]["Name"] == "EX05"
    assert world.exchange("Get-ExchangeServer", Identity="EX05").names == ["EX05"]


def test_a_broken_auth_certificate_hides_itself_and_the_document(world: Bench) -> None:
    """C08: an empty list without an error, and a document that answers 500."""
    (config,) = world.domain.directory.find(AuthConfig)
    world.domain.exchange_certificates.clear()
    assert (
        world.exchange("Get-AuthConfig").objects[0].properties["CurrentCertificateThumbprint"]
        == config.current_thumbprint
    )
    told = world.exchange("Get-ExchangeCertificate")
    assert (told.objects, told.errors) == ([], [])
    answer = world.domain.network.request(names.FRONT_ENDS[0], "GET", names.EXCHANGE_METADATA_URL)
    assert answer.status == 500
