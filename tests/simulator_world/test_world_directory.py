"""Two domain controllers, and what follows from the lag between them (case C02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from partner_simulator.ports import CmdletError, Logon, LogonKind
from partner_simulator.world import names
from partner_simulator.world.switches import Name
from support.world.bench import EXCHANGE_SESSION, Bench, bench

FIRST, SECOND = names.DOMAIN_CONTROLLERS


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Bench]:
    """30 s of lag, and any controller answers."""
    changed = {Name.DIRECTORY_LAG_SECONDS: 30.0, Name.READS_ASK: "any"}
    with bench(tmp_path, changed) as world:
        yield world


def make_account(world: Bench, controller: str) -> None:
    """Make the linked account on one controller."""
    world.exchange(
        "New-MailUser",
        Name="LyncEnterprise-ApplicationAccount",
        ExternalEmailAddress="a@litwareinc.com",
        DomainController=controller,
    )


def seen_by(world: Bench, controller: str) -> bool:
    """Whether Get-User finds it there."""
    told = world.exchange(
        "Get-User", Identity="LyncEnterprise-ApplicationAccount", DomainController=controller
    )
    return not told.errors


def test_made_on_one_controller_absent_on_the_other_until_it_has_replicated(slow: Bench) -> None:
    make_account(slow, FIRST)
    assert (seen_by(slow, FIRST), seen_by(slow, SECOND)) == (True, False)
    slow.domain.clock.advance(timedelta(seconds=31))
    assert seen_by(slow, SECOND)


def test_who_names_no_controller_is_answered_by_either(slow: Bench) -> None:
    make_account(slow, FIRST)
    answers = {
        bool(slow.exchange("Get-User", Identity="LyncEnterprise-ApplicationAccount").errors)
        for _ in range(4)
    }
    assert answers == {True, False}


def test_a_role_for_an_account_that_this_controller_does_not_have_yet(slow: Bench) -> None:
    make_account(slow, FIRST)
    told = slow.exchange(
        "New-ManagementRoleAssignment",
        Role="UserApplication",
        User="LyncEnterprise-ApplicationAccount",
        DomainController=SECOND,
    )
    assert SECOND in told.message


def test_a_session_stays_with_the_controller_that_it_has_chosen(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.DIRECTORY_LAG_SECONDS: 30.0}) as world:
        hop = Logon(names.EXCHANGE_ADMIN, LogonKind.NETWORK)

        def controller(shell: str) -> str:
            session = replace(EXCHANGE_SESSION, shell_id=shell)
            told = world.call(session, "Get-OrganizationConfig", {}, hop=hop)
            return str(told.objects[0].properties["OriginatingServer"])

        assert {controller("a") for _ in range(3)} | {controller("b") for _ in range(3)} == {
            FIRST,
            SECOND,
        }
        assert len({controller("a") for _ in range(3)}) == 1


def test_an_unknown_controller_is_an_error(slow: Bench) -> None:
    told = slow.exchange("Get-PartnerApplication", DomainController="gone.litwareinc.com")
    assert "gone.litwareinc.com" in told.message
    assert not told.objects


def test_the_last_writer_wins(slow: Bench) -> None:
    slow.trust_lync()
    for controller, enabled in ((FIRST, False), (SECOND, True)):
        slow.exchange(
            "Set-PartnerApplication",
            Identity="Lync",
            Enabled=enabled,
            AcceptSecurityIdentifierInformation=not enabled,
            DomainController=controller,
        )
    slow.domain.clock.advance(timedelta(seconds=31))
    shown = [
        slow.exchange("Get-PartnerApplication", Identity="Lync", DomainController=controller)
        .objects[0]
        .properties["Enabled"]
        for controller in (FIRST, SECOND)
    ]
    assert shown == [True, True]


def test_workers_read_what_their_own_controller_has(slow: Bench) -> None:
    """A restart that comes before the write has replicated loads the old configuration."""
    account = "LyncEnterprise-ApplicationAccount"
    make_account(slow, FIRST)
    slow.exchange(
        "New-PartnerApplication",
        Name="Lync",
        AuthMetadataUrl=names.LYNC_METADATA_URL,
        LinkedAccount=account,
        DomainController=FIRST,
    )
    slow.restart_iis()
    trusted = [
        [entry.name for entry in slow.domain.running(host).trusted()]
        for host in names.EXCHANGE_HOSTS
    ]
    assert trusted == [["Lync"], []]


def test_every_call_is_recorded_with_the_controller_it_named(slow: Bench) -> None:
    make_account(slow, FIRST)
    with pytest.raises(CmdletError):
        slow.call(EXCHANGE_SESSION, "Get-User", {"DomainController": SECOND})
    calls = slow.domain.ledger.calls()
    assert [(call.what, call.controller) for call in calls] == [
        ("New-MailUser", FIRST),
        ("Get-User", SECOND),
    ]
