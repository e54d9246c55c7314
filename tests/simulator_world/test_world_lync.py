"""Lync's cmdlets: what they show, refuse, ask and change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_simulator.ports import CmdletError, Logon, LogonKind
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from support.world.bench import LYNC_SESSION, Bench

NETWORK_SESSION = replace(LYNC_SESSION, logon=Logon(names.LYNC_ADMIN, LogonKind.NETWORK))


def test_an_entry_shows_its_url_only_inside_auth_token(world: Bench) -> None:
    world.trust_exchange()
    (entry,) = world.lync("Get-CsPartnerApplication").objects
    assert list(entry.properties) == [
        "Identity",
        "AuthToken",
        "Name",
        "ApplicationIdentifier",
        "Realm",
        "ApplicationTrustLevel",
        "AcceptSecurityIdentifierInformation",
        "Enabled",
    ]
    assert entry.properties["AuthToken"].text == f"Value={names.EXCHANGE_METADATA_URL}"
    assert entry.properties["ApplicationTrustLevel"].name == "Full"
    assert entry.properties["ApplicationIdentifier"] == names.EXCHANGE_ID
    assert entry.properties["Realm"] == names.DOMAIN


def test_identities_ignore_letter_case_and_a_missing_one_is_a_quiet_error(world: Bench) -> None:
    world.trust_exchange()
    assert world.lync("Get-CsPartnerApplication", Identity="EXCHANGE").names == ["Exchange"]
    assert world.lync("Get-CsPartnerApplication", Filter="ex*").names == ["Exchange"]
    told = world.lync("Get-CsPartnerApplication", Identity="other")
    assert "does not exist" in told.message
    assert not told.errors[0].terminating


def test_a_second_new_with_the_same_identity_fails(world: Bench) -> None:
    world.trust_exchange()
    with pytest.raises(CmdletError, match="already exists"):
        world.trust_exchange()


@pytest.mark.parametrize(
    "fault", [DocumentFault.HTML, DocumentFault.TRUNCATED, DocumentFault.UNREACHABLE]
)
def test_a_bad_document_fails_while_the_parameter_is_bound(
    world: Bench, fault: DocumentFault
) -> None:
    """As P-LY-8 has it."""
    assert bound(world) is None
    world.farm.spoil_document(names.AUTODISCOVER, fault)
    text = bound(world)
    assert text is not None
    assert text.startswith("The metadata document could not be downloaded from the URL in the Meta")


def bound(world: Bench) -> str | None:
    """What binding -MetadataUrl says."""
    return world.world.bind(
        LYNC_SESSION, "New-CsPartnerApplication", "MetadataUrl", names.EXCHANGE_METADATA_URL
    )


def test_set_cannot_change_who_the_partner_is(world: Bench) -> None:
    world.trust_exchange()
    with pytest.raises(CmdletError, match="differs"):
        world.lync(
            "Set-CsPartnerApplication", Identity="Exchange", MetadataUrl=names.LYNC_METADATA_URL
        )
    assert (
        world.domain.cms.state.applications["exchange"].application_identifier == names.EXCHANGE_ID
    )


def test_what_if_changes_nothing(world: Bench) -> None:
    world.trust_exchange()
    before = world.domain.cms.state
    for cmdlet, parameters in (
        ("Remove-CsPartnerApplication", {"Identity": "Exchange"}),
        ("Set-CsPartnerApplication", {"Identity": "Exchange", "Enabled": False}),
        ("Remove-CsCertificate", {"Type": ["OAuthTokenIssuer"]}),
        ("Set-CsOAuthConfiguration", {"Realm": "x"}),
    ):
        assert world.lync(cmdlet, yes=False, **parameters).asked
    assert world.domain.cms.state == before


def test_remove_and_its_missing_entry(world: Bench) -> None:
    world.trust_exchange()
    world.lync("Remove-CsPartnerApplication", Identity="Exchange", Force=True)
    assert not world.lync("Get-CsPartnerApplication").objects
    assert "does not exist" in world.lync("Remove-CsPartnerApplication", Identity="x").message


def test_replicas_follow_after_the_delay_or_when_invoked(world: Bench) -> None:
    world.domain.cms.delay_seconds = 300
    world.lync(
        "New-CsPartnerApplication",
        Identity="Exchange",
        ApplicationTrustLevel="Full",
        MetadataUrl=names.EXCHANGE_METADATA_URL,
    )
    assert up_to_date(world) == [False, False]
    assert not world.lync("Get-CsPartnerApplication", LocalStore=True).objects
    world.lync("Invoke-CsManagementStoreReplication", ReplicaFqdn=names.FRONT_ENDS[0])
    world.domain.clock.advance(timedelta(seconds=1))
    assert up_to_date(world) == [True, False]
    assert world.lync("Get-CsPartnerApplication", LocalStore=True).objects
    world.domain.clock.advance(timedelta(seconds=300))
    assert up_to_date(world) == [True, True]


def up_to_date(world: Bench) -> list[bool]:
    """UpToDate of each replica."""
    rows = world.lync("Get-CsManagementStoreReplicationStatus").objects
    return [row.properties["UpToDate"] for row in rows]


def test_a_roll_shows_the_new_certificate_with_its_date_and_the_previous_one(world: Bench) -> None:
    before = world.lync("Get-CsCertificate", Type=["OAuthTokenIssuer"]).objects[0].properties
    made = world.domain.authority.issue_signing(names.DOMAIN)
    world.domain.lync_certificates[made.thumbprint] = made
    with pytest.raises(CmdletError, match="EffectiveDate"):
        world.lync(
            "Set-CsCertificate", Type=["OAuthTokenIssuer"], Thumbprint=made.thumbprint, Roll=True
        )
    world.lync(
        "Set-CsCertificate",
        Type=["OAuthTokenIssuer"],
        Thumbprint=made.thumbprint,
        Roll=True,
        EffectiveDate=world.domain.clock.now(),
    )
    after = world.lync("Get-CsCertificate", Type=["OAuthTokenIssuer"]).objects[0].properties
    assert after["Thumbprint"] == made.thumbprint
    assert after["PreviousThumbprint"] == before["Thumbprint"]
    assert not world.lync("Get-CsCertificate", Type=["Default"]).objects


def test_a_network_logon_reads_the_local_store_only(world: Bench) -> None:
    with pytest.raises(CmdletError, match="Access is denied"):
        world.lync("Get-CsPartnerApplication", session=NETWORK_SESSION)
    world.trust_exchange()
    told = world.lync("Get-CsPartnerApplication", session=NETWORK_SESSION, LocalStore=True)
    assert told.names == ["Exchange"]


def test_somebody_who_is_no_lync_administrator_may_not_test(world: Bench) -> None:
    stranger = replace(LYNC_SESSION, logon=Logon(names.EXCHANGE_ADMIN, LogonKind.CREDSSP))
    told = world.lync("Test-CsExStorageConnectivity", session=stranger, SipUri="sip:a@b.c")
    assert told.message == "Access Denied"


def test_the_deployment_is_known_by_its_store(world: Bench) -> None:
    shown = world.lync("Get-CsManagementConnection").objects[0].properties
    assert "Data Source=" in shown["Connection"]
    assert world.lync("Get-CsPool").objects[0].properties["Computers"] == list(names.FRONT_ENDS)
