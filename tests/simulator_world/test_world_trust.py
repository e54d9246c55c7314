"""When a token of Lync is accepted by Exchange, and what is said when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from partner_simulator.world import names
from partner_simulator.world.objects import AcceptedDomain, RoleAssignment, User
from partner_simulator.world.switches import Name
from support.world.bench import MAILBOX, Bench, bench


def new_lync_certificate(world: Bench) -> str:
    """Put a fresh certificate into the Front Ends' stores."""
    made = world.domain.authority.issue_signing(names.DOMAIN)
    world.domain.lync_certificates[made.thumbprint] = made
    return made.thumbprint


def roll(world: Bench) -> None:
    """Publish a new certificate that signs from tomorrow on."""
    tomorrow = world.domain.clock.now() + timedelta(days=1)
    world.lync(
        "Set-CsCertificate",
        Type=["OAuthTokenIssuer"],
        Thumbprint=new_lync_certificate(world),
        Roll=True,
        EffectiveDate=tomorrow,
    )
    world.domain.cms.settle()


def test_the_documented_procedure_makes_the_test_pass(world: Bench) -> None:
    world.trust_both_ways()
    told = world.test(DeleteItem=True)
    assert (told.names, told.errors) == (["Test Passed"], [])


def test_nothing_is_trusted_at_first(world: Bench) -> None:
    assert "Unable to locate Exchange partner application" in world.test().message


def test_lync_alone_is_refused_as_an_unknown_issuer(world: Bench) -> None:
    world.trust_exchange()
    assert "(401)" in world.test().message
    assert "issuer of the token is unknown" in world.test().message


def test_trust_is_not_active_before_the_workers_restart(world: Bench) -> None:
    world.trust_lync()
    world.trust_exchange()
    assert "(401)" in world.test().message
    world.restart_iis()
    assert not world.test().errors


def test_workers_read_their_configuration_by_themselves_after_15_minutes(world: Bench) -> None:
    world.trust_lync()
    world.trust_exchange()
    world.domain.clock.advance(timedelta(minutes=14))
    assert "(401)" in world.test().message
    world.domain.clock.advance(timedelta(minutes=2))
    assert not world.test().errors


def test_a_world_whose_workers_never_refresh(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.WORKERS_REFRESH_MINUTES: 0}) as world:
        world.trust_lync()
        world.trust_exchange()
        world.domain.clock.advance(timedelta(hours=24))
        assert "(401)" in world.test().message


def test_a_disabled_entry_stops_working_with_the_next_restart_only(world: Bench) -> None:
    world.trust_both_ways()
    world.exchange("Set-PartnerApplication", Identity="Lync", Enabled=False)
    world.domain.directory.settle()
    assert not world.test().errors
    world.restart_iis()
    assert "issuer of the token is unknown" in world.test().message


def test_a_stale_copy_of_the_certificate_is_an_invalid_signature(world: Bench) -> None:
    """2000000, until Exchange has read the document again and restarted."""
    world.trust_both_ways()
    world.lync(
        "Set-CsCertificate",
        Type=["OAuthTokenIssuer"],
        Thumbprint=new_lync_certificate(world),
    )
    world.domain.cms.settle()
    expected = (
        'x-ms-diagnostics: 2000000;reason="The token has an invalid signature.";'
        'error_category="invalid_signature"'
    )
    assert expected in world.test().message
    world.exchange("Set-PartnerApplication", Identity="Lync", RefreshAuthMetadata=True)
    world.domain.directory.settle()
    world.restart_iis()
    assert not world.test().errors


def test_a_rollover_with_both_certificates_published_fails_no_test(world: Bench) -> None:
    world.trust_both_ways()
    roll(world)
    assert not world.test().errors
    world.exchange("Set-PartnerApplication", Identity="Lync", RefreshAuthMetadata=True)
    world.domain.directory.settle()
    assert len(world.entry("Lync").certificates) == 2
    world.restart_iis()
    assert not world.test().errors
    world.domain.clock.advance(timedelta(days=2))
    assert not world.test().errors


def test_a_rollover_that_nobody_follows_breaks_on_its_effective_date(world: Bench) -> None:
    world.trust_both_ways()
    roll(world)
    world.domain.clock.advance(timedelta(days=2))
    assert "2000000" in world.test().message


def test_a_wildcard_accepted_domain_is_no_tenant(world: Bench) -> None:
    """P-S2S-4."""
    world.trust_both_ways()
    (explicit,) = world.domain.directory.find(AcceptedDomain)
    world.domain.directory.write(replace(explicit, domain_name=f"*.{names.DOMAIN}"))
    world.restart_iis()
    assert (
        "2000004;reason=\"The tenant for tenant guid 'litwareinc.com' does not exist.\";"
        'error_category="invalid_tenant"' in world.test().message
    )


@pytest.mark.parametrize("what", ["role", "account"])
def test_missing_roles_or_account_are_a_soap_fault(world: Bench, what: str) -> None:
    world.trust_both_ways()
    if what == "role":
        assignment = world.domain.directory.find(RoleAssignment)[0]
        world.domain.directory.delete(assignment)
    else:
        account = next(
            u for u in world.domain.directory.find(User) if u.name.startswith("LyncEnterprise")
        )
        world.domain.directory.delete(account)
    world.restart_iis()
    assert "missing a linked account for RBAC roles" in world.test().message


def test_a_user_that_does_not_exist_is_named(world: Bench) -> None:
    world.trust_both_ways()
    told = world.test(SipUri="sip:nobody@litwareinc.com")
    assert told.message == "Lookup failed to find 'sip:nobody@litwareinc.com' SIP user."
    assert not told.errors[0].terminating


def test_a_user_without_a_mailbox(world: Bench) -> None:
    world.trust_both_ways()
    user = next(u for u in world.domain.directory.find(User) if u.name == "kenmyer")
    world.domain.directory.write(replace(user, smtp_address="moved@litwareinc.com"))
    assert "mailbox" in world.test().message


def test_items_stay_unless_deleted(world: Bench) -> None:
    world.trust_both_ways()
    world.test(DeleteItem=True)
    assert world.domain.mailboxes.items(MAILBOX) == 0
    world.test()
    assert world.domain.mailboxes.items(MAILBOX) == 1
    assert world.domain.mailboxes.ever_created(MAILBOX) == 2


def test_the_front_end_goes_by_its_own_replica(world: Bench) -> None:
    world.domain.cms.stall(names.FRONT_ENDS[0])
    world.trust_both_ways()
    assert names.FRONT_ENDS[0] in world.test().message
    world.domain.cms.stall(names.FRONT_ENDS[0], stalled=False)
    assert not world.test().errors


def test_another_trust_level_or_a_disabled_entry_on_lync(world: Bench) -> None:
    world.trust_both_ways()
    world.lync("Set-CsPartnerApplication", Identity="exchange", ApplicationTrustLevel="User")
    world.domain.cms.settle()
    assert "trust level User" in world.test().message
    world.lync(
        "Set-CsPartnerApplication",
        Identity="Exchange",
        ApplicationTrustLevel="Full",
        Enabled=False,
    )
    world.domain.cms.settle()
    assert "disabled" in world.test().message


def test_lync_without_a_certificate_or_with_an_expired_one(world: Bench) -> None:
    world.trust_both_ways()
    world.domain.clock.advance(timedelta(days=6 * 365))
    assert world.test().message == "The OAuthTokenIssuer certificate has expired"
    world.lync("Remove-CsCertificate", Type=["OAuthTokenIssuer"])
    world.domain.cms.settle()
    assert world.test().message == "Unable to locate a OAuthTokenIssuer certificate"


def test_verbose_shows_the_refusal_but_never_the_token(world: Bench) -> None:
    world.trust_exchange()
    told = world.test()
    text = "\n".join(told.verbose)
    assert "WWW-Authenticate: Bearer client_id=" in text
    assert "x-ms-diagnostics" in text
    assert "eyJ" not in text


def test_oauth_switched_off_on_a_virtual_directory(world: Bench) -> None:
    world.trust_both_ways()
    for host in names.EXCHANGE_HOSTS:
        identity = f"{names.short_name(host)}\\EWS (Default Web Site)"
        world.exchange(
            "Set-WebServicesVirtualDirectory", Identity=identity, OAuthAuthentication=False
        )
    world.domain.directory.settle()
    world.restart_iis()
    assert "(401)" in world.test().message
