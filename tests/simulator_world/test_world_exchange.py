"""Exchange's cmdlets: what they show, refuse, ask and change."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from partner_simulator.ports import CmdletError, Logon, LogonKind, PsEnum, Session
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.ledger import WriteKind
from partner_simulator.world.objects import PartnerApplication, User
from partner_simulator.world.switches import Name
from support.world.bench import EXCHANGE_SESSION, Bench, bench

ACCOUNT = "LyncEnterprise-ApplicationAccount"


def entries(world: Bench) -> list[PartnerApplication]:
    """The newest state of all entries."""
    return world.domain.directory.find(PartnerApplication)


def test_a_stock_organisation_has_entries_that_share_lyncs_identifier(world: Bench) -> None:
    told = world.exchange("Get-PartnerApplication")
    assert told.names == ["Exchange Online", "SfBLegacy"]
    legacy = told.objects[1].properties
    assert legacy["ApplicationIdentifier"] == names.LYNC_ID
    assert legacy["UseAuthServer"] is True
    assert (legacy["Realm"], legacy["AuthMetadataUrl"], legacy["LinkedAccount"]) == ("", "", None)


def test_an_entry_has_the_captured_properties_in_their_order(world: Bench) -> None:
    world.trust_lync()
    shown = world.exchange("Get-PartnerApplication", Identity="Lync").objects[0]
    assert list(shown.properties)[:13] == [
        "Enabled",
        "ApplicationIdentifier",
        "CertificateStrings",
        "AuthMetadataUrl",
        "Realm",
        "UseAuthServer",
        "AcceptSecurityIdentifierInformation",
        "LinkedAccount",
        "DeploymentId",
        "IssuerIdentifier",
        "AccountType",
        "AppOnlyPermissions",
        "ActAsPermissions",
    ]
    properties = shown.properties
    assert properties["LinkedAccount"].text == f"litwareinc.com/Users/{ACCOUNT}"
    assert properties["ObjectClass"] == ["top", "msExchAuthPartnerApplication"]
    assert isinstance(properties["Guid"], UUID)
    assert properties["AccountType"] == PsEnum(
        "Microsoft.Exchange.Data.Directory.SystemConfiguration.SupportedAccountType",
        "OrganizationalAccount",
        1,
    )
    assert properties["DistinguishedName"].startswith("CN=Lync,CN=Partner Applications,CN=Auth")
    assert shown.type_names[0].endswith(".PartnerApplication")


def test_identifier_realm_and_certificates_come_from_the_document(world: Bench) -> None:
    world.trust_lync()
    entry = world.entry("Lync")
    certificate = world.domain.cms.state.certificate
    assert certificate is not None
    assert (entry.application_identifier, entry.realm) == (names.LYNC_ID, names.DOMAIN)
    assert [base64.b64decode(text) for text in entry.certificates] == [certificate.current.der]


def test_an_unknown_identity_shows_everything(world: Bench) -> None:
    """The documented trap behind `Get-… -Identity $x | Remove-…`."""
    assert len(world.exchange("Get-PartnerApplication", Identity="gone").objects) == 2


def test_or_it_is_a_not_found_error(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.UNKNOWN_IDENTITY_SHOWS_ALL: False}) as world:
        told = world.exchange("Get-PartnerApplication", Identity="gone")
        (error,) = told.errors
        assert error.exception_type.endswith(".ManagementObjectNotFoundException")
        assert "[FailureCategory=Cmdlet-ManagementObjectNotFoundException]" in error.error_id
        assert "object 'gone' couldn't be found on 'atl-dc-00" in error.message


def test_a_second_entry_of_the_same_issuer_is_accepted(world: Bench) -> None:
    world.trust_lync()
    told = world.exchange(
        "New-PartnerApplication", Name="Again", AuthMetadataUrl=names.LYNC_METADATA_URL
    )
    assert not told.errors
    assert len(entries(world)) == 4


def test_or_refused(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.DUPLICATES_REJECTED: True}) as world:
        world.trust_lync()
        told = world.exchange(
            "New-PartnerApplication", Name="Again", AuthMetadataUrl=names.LYNC_METADATA_URL
        )
        assert "already exists" in told.message
        assert len(entries(world)) == 3


@pytest.mark.parametrize(
    "fault",
    [
        DocumentFault.HTML,
        DocumentFault.TRUNCATED,
        DocumentFault.STATUS_500,
        DocumentFault.UNREACHABLE,
        DocumentFault.WRONG_TLS_NAME,
    ],
)
def test_a_document_that_cannot_be_had_ends_the_cmdlet(world: Bench, fault: DocumentFault) -> None:
    world.farm.spoil_document(names.LYNC_POOL, fault)
    with pytest.raises(CmdletError) as raised:
        world.exchange(
            "New-PartnerApplication", Name="Lync", AuthMetadataUrl=names.LYNC_METADATA_URL
        )
    assert raised.value.terminating
    assert names.LYNC_METADATA_URL in raised.value.message
    assert len(entries(world)) == 2


def test_trust_any_certificate_skips_tls_only(world: Bench) -> None:
    world.farm.spoil_document(names.LYNC_POOL, DocumentFault.WRONG_TLS_NAME)
    world.trust_lync(TrustAnySSLCertificate=True)
    assert world.entry("Lync").realm == names.DOMAIN


def test_a_host_that_does_not_trust_the_ca_says_so_in_dotnets_words(world: Bench) -> None:
    world.domain.network.distrusting.add(names.EXCHANGE_HOSTS[0])
    with pytest.raises(CmdletError, match="Could not establish trust relationship"):
        world.trust_lync()


def test_set_changes_in_place_and_warns_when_nothing_changes(world: Bench) -> None:
    world.trust_lync()
    before = world.entry("Lync")
    told = world.exchange("Set-PartnerApplication", Identity="Lync", Enabled=True)
    assert "no settings" in told.warnings[0]
    world.exchange("Set-PartnerApplication", Identity=before.distinguished_name, Name="Renamed")
    after = world.entry("Renamed")
    assert (after.guid, after.certificates) == (before.guid, before.certificates)
    assert after.when_changed > before.when_changed


def test_nothing_is_changed_without_consent(world: Bench) -> None:
    """-WhatIf, or a prompt that nobody answers: asked, and left alone."""
    world.trust_lync()
    writes = len(world.domain.ledger.writes())
    for cmdlet, parameters in (
        ("Remove-PartnerApplication", {"Identity": "Lync"}),
        ("Set-PartnerApplication", {"Identity": "Lync", "Enabled": False}),
        ("New-MailUser", {"Name": "x"}),
        ("New-ManagementRoleAssignment", {"Role": "Legal Hold", "User": ACCOUNT}),
        ("New-ExchangeCertificate", {}),
        ("Set-AuthConfig", {"Realm": "x"}),
    ):
        told = world.exchange(cmdlet, yes=False, **parameters)
        assert told.asked, cmdlet
    assert len(world.domain.ledger.writes()) == writes
    assert world.entry("Lync").enabled


def test_remove_takes_exactly_one(world: Bench) -> None:
    world.trust_lync()
    world.exchange("Remove-PartnerApplication", Identity="Lync")
    assert [entry.name for entry in entries(world)] == ["Exchange Online", "SfBLegacy"]
    told = world.exchange("Remove-PartnerApplication", Identity="Lync")
    assert told.errors[0].exception_type.endswith(".ManagementObjectNotFoundException")


def test_an_identifier_that_two_entries_share_is_ambiguous(world: Bench) -> None:
    world.trust_lync()
    told = world.exchange("Remove-PartnerApplication", Identity=names.LYNC_ID)
    assert "matches multiple entries" in told.message


def test_logon_names_are_cut_at_20_characters(world: Bench) -> None:
    """C17: and two products' accounts do not collide, unless somebody has the cut name."""
    told = world.exchange(
        "New-MailUser", Name=ACCOUNT, ExternalEmailAddress=f"{ACCOUNT}@{names.DOMAIN}"
    )
    assert told.objects[0].properties["SamAccountName"] == "LyncEnterprise-Appli"
    other = "SharePointEnterprise-ApplicationAccount"
    clash = User(
        "Anna",
        "SharePointEnterprise",
        "anna@x",
        world.domain.directory.find(User)[0].recipient_type,
    )
    world.domain.directory.write(clash)
    told = world.exchange("New-MailUser", Name=other, ExternalEmailAddress=f"{other}@x.de")
    assert "SamAccountName" in told.message
    assert all(user.name != other for user in world.domain.directory.find(User))


def test_an_accepted_domain_whose_name_is_a_label_breaks_the_account(world: Bench) -> None:
    told = world.exchange(
        "New-MailUser", Name=ACCOUNT, ExternalEmailAddress=f"{ACCOUNT}@Main domain"
    )
    assert "isn't a valid SMTP address" in told.message


def test_role_assignments_are_found_by_assignee_and_made_once(world: Bench) -> None:
    world.trust_lync()
    told = world.exchange("Get-ManagementRoleAssignment", RoleAssignee=ACCOUNT)
    assert [item.properties["Role"].text for item in told.objects] == [
        "UserApplication",
        "ArchiveApplication",
    ]
    again = world.exchange("New-ManagementRoleAssignment", Role="UserApplication", User=ACCOUNT)
    assert "already exists" in again.message
    unknown = world.exchange(
        "New-ManagementRoleAssignment", Role="MeetingGraphApplication", User=ACCOUNT
    )
    assert unknown.errors[0].exception_type.endswith(".ManagementObjectNotFoundException")


def test_exchanges_own_certificate(world: Bench) -> None:
    config = world.exchange("Get-AuthConfig").objects[0].properties
    thumbprint = config["CurrentCertificateThumbprint"]
    shown = world.exchange("Get-ExchangeCertificate", Thumbprint=thumbprint).objects[0]
    assert shown.properties["PublicKeySize"] == 2048
    assert world.domain.exchange_certificates[thumbprint].der == shown.properties["RawData"]


def test_a_network_logon_without_its_own_credential_cannot_reach_the_directory(
    world: Bench,
) -> None:
    with pytest.raises(CmdletError, match="Access is denied"):
        world.call(EXCHANGE_SESSION, "Get-PartnerApplication", {})
    delegated = Session(
        names.EXCHANGE_HOSTS[0], Logon(names.EXCHANGE_ADMIN, LogonKind.CREDSSP), "c"
    )
    assert world.call(delegated, "Get-PartnerApplication", {}).objects


def test_without_the_right_role_the_cmdlet_does_not_exist(world: Bench) -> None:
    hop = Logon(names.LYNC_ADMIN, LogonKind.NETWORK)
    with pytest.raises(CmdletError, match="is not recognized as the name of a cmdlet"):
        world.call(EXCHANGE_SESSION, "Get-PartnerApplication", {}, hop=hop)
    world.domain.missing_cmdlets.add(
        (names.EXCHANGE_ADMIN.casefold(), "new-managementroleassignment")
    )
    with pytest.raises(CmdletError, match="New-ManagementRoleAssignment"):
        world.exchange("New-ManagementRoleAssignment", Role="UserApplication", User="exadmin")


def test_every_change_is_in_the_ledger_with_who_made_it(world: Bench) -> None:
    world.trust_lync()
    writes = world.domain.ledger.writes(WriteKind.CONFIGURATION)
    assert [write.what for write in writes] == [
        "New-MailUser",
        "New-ManagementRoleAssignment",
        "New-ManagementRoleAssignment",
        "New-PartnerApplication",
    ]
    assert {write.who for write in writes} == {names.EXCHANGE_ADMIN}


@pytest.mark.parametrize(("form", "value"), [("number", 1), ("text", "OrganizationalAccount")])
def test_enums_in_the_form_of_the_world(tmp_path: Path, form: str, value: object) -> None:
    with bench(tmp_path, {Name.ENUM_FORM: form}) as world:
        shown = world.exchange("Get-PartnerApplication").objects[0]
        assert shown.properties["AccountType"] == value


def test_exchange_2016_knows_one_role_more(tmp_path: Path) -> None:
    role = "MeetingGraphApplication"
    with bench(tmp_path, {Name.EXCHANGE_VERSION: "Exchange Server 2016"}) as world:
        assert role in world.exchange("Get-ManagementRole").names
        server = world.exchange("Get-ExchangeServer").objects[0]
        assert server.properties["AdminDisplayVersion"].text.startswith("Version 15.1 (")
    with bench(tmp_path) as world:
        assert role not in world.exchange("Get-ManagementRole").names


def test_assignments_are_told_apart_by_what_they_give(world: Bench) -> None:
    world.trust_lync()
    delegates: dict[str, Any] = {"Role": "Legal Hold", "User": ACCOUNT, "Delegating": True}
    world.exchange("New-ManagementRoleAssignment", **delegates)
    usable: dict[str, Any] = {"RoleAssignee": ACCOUNT, "Enabled": True, "Delegating": False}
    shown = world.exchange("Get-ManagementRoleAssignment", **usable).objects
    assert "Legal Hold" not in [item.properties["Role"].text for item in shown]
    shown = world.exchange("Get-ManagementRoleAssignment", RoleAssignee=ACCOUNT).objects
    kinds = [item.properties["RoleAssignmentDelegationType"].name for item in shown]
    assert kinds == ["Regular", "Regular", "DelegatingOrgWide"]


@pytest.mark.parametrize(("sees", "shown"), [("domain", False), ("forest", True)])
def test_another_domain_is_seen_by_a_session_that_views_the_forest(
    tmp_path: Path, sees: str, shown: bool
) -> None:
    with bench(tmp_path, {Name.NAMED_CONTROLLER_SEES: sees}) as world:
        kind = world.domain.directory.find(User)[0].recipient_type
        world.domain.directory.write(
            User("Far", "far", "far@emea.litwareinc.com", kind, domain=names.CHILD_DOMAIN)
        )
        assert world.exchange("Get-User", Identity="Far").errors
        world.exchange("Set-ADServerSettings", ViewEntireForest=True)
        [found] = world.exchange("Get-User", Identity="Far").objects
        assert found.properties["Identity"].text == "emea.litwareinc.com/Users/Far"
        named: dict[str, Any] = {"Identity": "Far", "DomainController": names.DOMAIN_CONTROLLERS[0]}
        assert bool(world.exchange("Get-User", **named).objects) is shown
