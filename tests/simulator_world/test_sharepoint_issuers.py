"""Trusted security token issuers: what is shown, refused, asked and changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.certificates import self_signed
from partner_simulator.human import HumanActions
from partner_simulator.ports import CmdletError, PsCertificate
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.misbehaviour import Misbehaviour
from partner_simulator.world.sharepoint_farm import Issuer
from partner_simulator.world.switches import Name
from support.world.bench import EXCHANGE_ISSUER, LYNC_ISSUER, Bench, bench

GET, NEW, SET, REMOVE = (
    f"{verb}-SPTrustedSecurityTokenIssuer" for verb in ("Get", "New", "Set", "Remove")
)


def stored(world: Bench) -> list[Issuer]:
    return list(world.domain.sharepoint.state.issuers.values())


def named(world: Bench, name: str) -> Issuer:
    return next(issuer for issuer in stored(world) if issuer.name == name)


def test_a_new_farm_trusts_nobody(world: Bench) -> None:
    assert world.sharepoint(GET).objects == []


def test_an_issuer_shows_what_its_document_said(world: Bench) -> None:
    made = world.trust_on_sharepoint()
    (entry,) = world.sharepoint(GET).objects
    assert entry == made
    assert entry.properties["RegisteredIssuerName"] == EXCHANGE_ISSUER
    assert entry.properties["NameId"] == EXCHANGE_ISSUER
    assert entry.properties["IsSelfIssuer"] is True
    assert entry.properties["MetadataEndPoint"] == names.EXCHANGE_METADATA_URL
    assert entry.properties["AdditionalSigningCertificates"] == []
    (own,) = world.domain.exchange_certificates.values()
    assert entry.properties["SigningCertificate"] == PsCertificate(own.der)
    assert "IsTrustBroker" not in entry.properties


def test_a_url_is_kept_as_it_was_given(world: Bench) -> None:
    url = f"{names.SHAREPOINT_METADATA_URL}/?realm=x"
    made = world.trust_on_sharepoint("Ourselves", url)
    assert made.properties["MetadataEndPoint"] == url


def test_the_book_makes_a_broker(world: Bench) -> None:
    made = world.trust_on_sharepoint("Lync trust", names.LYNC_METADATA_URL, IsTrustBroker=True)
    assert made.properties["IsSelfIssuer"] is False
    assert made.properties["RegisteredIssuerName"] == LYNC_ISSUER


@pytest.mark.parametrize(
    ("name", "url"),
    [("EXCHANGE", names.LYNC_METADATA_URL), ("Other", names.EXCHANGE_METADATA_URL)],
)
def test_names_and_issuers_are_unique(world: Bench, name: str, url: str) -> None:
    world.trust_on_sharepoint()
    with pytest.raises(CmdletError) as refused:
        world.trust_on_sharepoint(name, url)
    assert refused.value.exception_type == "System.ArgumentException"
    assert refused.value.terminating
    assert len(stored(world)) == 1


def test_or_only_names_are(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_UNIQUE: "name"}) as world:
        world.trust_on_sharepoint()
        world.trust_on_sharepoint("Other")
        assert len(stored(world)) == 2


@pytest.mark.parametrize("fault", [DocumentFault.HTML, DocumentFault.UNREACHABLE])
@pytest.mark.parametrize("ends", ["error", "nothing"])
def test_a_document_that_cannot_be_had_makes_nothing(
    tmp_path: Path, fault: DocumentFault, ends: str
) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_FETCH_FAILURE: ends}) as world:
        world.farm.spoil_document(names.AUTODISCOVER, fault)
        given: dict[str, Any] = {
            "Name": "Exchange",
            "MetadataEndPoint": names.EXCHANGE_METADATA_URL,
        }
        if ends == "error":
            with pytest.raises(CmdletError, match="could not be read"):
                world.sharepoint(NEW, **given)
        else:
            told = world.sharepoint(NEW, **given)
            assert (told.objects, told.errors) == ([], [])
        assert stored(world) == []


def test_a_certificate_issuer_has_no_url_and_no_private_key(world: Bench) -> None:
    der = self_signed("Add-in").der
    given: dict[str, Any] = {"Name": "add-in", "RegisteredIssuerName": "11111111-aaaa@realm"}
    with pytest.raises(CmdletError, match="private key"):
        world.sharepoint(NEW, Certificate=PsCertificate(der, has_private_key=True), **given)
    (made,) = world.sharepoint(NEW, Certificate=PsCertificate(der), **given).objects
    assert made.properties["MetadataEndPoint"] is None
    assert made.properties["IsAutomaticallyUpdated"] is False


def test_a_name_has_an_end(world: Bench) -> None:
    with pytest.raises(CmdletError, match="1 to 50 characters"):
        world.trust_on_sharepoint("x" * 51)


@pytest.mark.parametrize(
    ("cmdlet", "given"),
    [
        (NEW, {"Name": "Exchange", "MetadataEndPoint": names.EXCHANGE_METADATA_URL}),
        (SET, {"Identity": "Lync", "MetadataEndPoint": names.LYNC_METADATA_URL}),
        (REMOVE, {"Identity": "Lync"}),
    ],
)
def test_whoever_says_no_changes_nothing(world: Bench, cmdlet: str, given: dict[str, Any]) -> None:
    world.trust_on_sharepoint("Lync", names.LYNC_METADATA_URL)
    before = world.domain.sharepoint.state
    assert world.sharepoint(cmdlet, yes=False, **given).asked
    assert world.domain.sharepoint.state == before


def test_a_missing_identity_is_an_error_that_can_be_silenced(world: Bench) -> None:
    for cmdlet in (GET, REMOVE):
        told = world.sharepoint(cmdlet, Identity="nobody")
        assert "could not be read from the provided pipebind" in told.message
        assert not told.errors[0].terminating
        assert told.asked == []


def test_a_name_may_be_no_identity(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_NAME_IS_IDENTITY: False}) as world:
        made = world.trust_on_sharepoint()
        assert world.sharepoint(GET, Identity="Exchange").errors
        assert world.sharepoint(GET, Identity=made.properties["Id"]).objects == [made]


def test_set_reads_the_document_again(world: Bench) -> None:
    """All keys of it: one signs, the others stand beside it."""
    world.trust_on_sharepoint()
    person = HumanActions()
    person.domain = world.domain
    person.roll_exchange_certificate()
    world.sharepoint(
        SET,
        Identity="Exchange",
        MetadataEndPoint=names.EXCHANGE_METADATA_URL,
        IsTrustBroker=False,
    )
    assert set(named(world, "Exchange").certificates) == {
        identity.der for identity in world.domain.exchange_certificates.values()
    }


@pytest.mark.parametrize("follows", [False, True])
def test_set_may_take_over_a_changed_realm(tmp_path: Path, *, follows: bool) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_SET_FOLLOWS_REALM: follows}) as world:
        world.trust_on_sharepoint()
        world.domain.change_auth_config(realm="other.example")
        world.sharepoint(SET, Identity="Exchange", MetadataEndPoint=names.EXCHANGE_METADATA_URL)
        realm = named(world, "Exchange").registered_issuer_name.partition("@")[2]
        assert realm == ("other.example" if follows else names.DOMAIN)


@pytest.mark.parametrize("flips", [True, False])
def test_set_without_the_flag_may_narrow_a_broker(tmp_path: Path, *, flips: bool) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_SET_FLIPS_BROKER: flips}) as world:
        world.trust_on_sharepoint("Lync trust", names.LYNC_METADATA_URL, IsTrustBroker=True)
        url: dict[str, Any] = {"MetadataEndPoint": names.LYNC_METADATA_URL}
        world.sharepoint(SET, Identity="Lync trust", IsTrustBroker=True, **url)
        assert named(world, "Lync trust").is_self_issuer is False
        world.sharepoint(SET, Identity="Lync trust", **url)
        assert named(world, "Lync trust").is_self_issuer is flips


@pytest.mark.parametrize("keeps", [True, False])
def test_c06_what_is_no_uri_throws_and_may_be_stored(tmp_path: Path, *, keeps: bool) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_BAD_URI_STORED: keeps}) as world:
        world.trust_on_sharepoint()
        with pytest.raises(CmdletError, match="Invalid URI"):
            world.sharepoint(
                SET, Identity="Exchange", MetadataEndPoint="autodiscover", IsTrustBroker=False
            )
        assert (named(world, "Exchange").metadata_end_point == "") is keeps


def test_c07_new_can_show_nothing_and_have_worked(world: Bench) -> None:
    world.domain.misbehaviours.plan(NEW, Misbehaviour.SHOWS_NOTHING)
    told = world.sharepoint(NEW, Name="Exchange", MetadataEndPoint=names.EXCHANGE_METADATA_URL)
    assert (told.objects, told.errors) == ([], [])
    assert named(world, "Exchange")


def test_somebody_else_was_faster(world: Bench) -> None:
    """The second attempt works."""
    world.domain.sharepoint.plan_conflicts()
    with pytest.raises(CmdletError, match="An update conflict has occurred") as refused:
        world.trust_on_sharepoint()
    assert refused.value.exception_type.endswith(".SPUpdatedConcurrencyException")
    assert stored(world) == []
    world.trust_on_sharepoint()


def test_update_stores_a_name_unless_the_object_is_old(world: Bench) -> None:
    old = world.trust_on_sharepoint().properties
    method = "SPTrustedSecurityTokenService.Update"
    given: dict[str, Any] = {"Id": old["Id"], "Version": old["Version"], "Description": ""}
    world.sharepoint(method, Name="Mail", **given)
    assert named(world, "Mail").id == old["Id"]
    with pytest.raises(CmdletError, match="An update conflict"):
        world.sharepoint(method, Name="Mail again", **given)
    assert [issuer.name for issuer in stored(world)] == ["Mail"]


def test_a_listing_can_leave_out_what_the_second_count_has(world: Bench) -> None:
    made = world.trust_on_sharepoint()
    world.domain.sharepoint.hidden.add(made.properties["Id"])
    assert world.sharepoint(GET).objects == []
    (service,) = world.sharepoint("Get-SPSecurityTokenServiceConfig").objects
    assert service.properties["TrustedSecurityTokenServices"] == [made]


def test_what_nobody_thought_of_is_refused_by_name(world: Bench) -> None:
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        (GET, {"Bogus": 1}, "bogus"),
        ("Set-SPSecurityTokenServiceConfig", {"FormsTokenLifetime": 1}, "formstokenlifetime"),
        ("Set-SPAuthenticationRealm", {}, "without -Realm"),
    )
    for cmdlet, given, word in cases:
        with pytest.raises(CmdletError, match=f"does not know what .*{word}"):
            world.sharepoint(cmdlet, **given)
