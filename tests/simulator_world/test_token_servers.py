"""*-AuthServer and *-CsOAuthServer: what they show, refuse, ask and change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_simulator.hybrid_people import ACS_URL, ENTRA_URL
from partner_simulator.ports import CmdletError, PsObject
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.ledger import WriteKind
from partner_simulator.world.objects import AuthServer
from partner_simulator.world.switches import Name
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import OWN_ID
from support.world.bench import LYNC_SESSION, Bench, bench

STS, URL = "Litware STS", names.TOKEN_SERVER_METADATA_URL
SFB_2019 = {Name.LYNC_VERSION: "Skype for Business Server 2019"}


def shown(world: Bench, **parameters: Any) -> PsObject:
    """The one auth server that the cmdlet makes."""
    (made,) = world.exchange("New-AuthServer", Name=STS, **parameters).objects
    world.domain.directory.settle()
    return made


def stored(world: Bench, name: str = STS) -> AuthServer:
    """The newest state of one of Exchange's auth servers."""
    return next(s for s in world.domain.directory.find(AuthServer) if s.name == name)


def test_an_auth_server_is_what_its_document_says(world: Bench) -> None:
    made = shown(world, AuthMetadataUrl=URL)
    properties = made.properties
    assert (properties["IssuerIdentifier"], properties["Realm"]) == (OWN_ID, names.TOKEN_REALM)
    assert properties["TokenIssuingEndpoint"] == f"https://{names.TOKEN_SERVER}/tokens/oauth/2"
    assert (properties["Type"].name, properties["Enabled"]) == ("Unknown", True)
    assert properties["DistinguishedName"].startswith(
        f"CN={STS},CN=Auth Servers,CN=Auth Configuration"
    )
    (key,) = world.domain.token_servers[names.TOKEN_SERVER].keys
    assert properties["CertificateStrings"] == [key.base64]
    assert "DomainName" not in properties, "of 2016 and later"


@pytest.mark.parametrize(
    ("url", "parameters", "kind", "issuer"),
    [
        (ACS_URL, {}, "MicrosoftACS", names.ACS_ID),
        (ENTRA_URL, {"Type": "AzureAD"}, "AzureAD", f"https://sts.windows.net/{names.TENANT}/"),
    ],
)
def test_the_clouds_servers_have_their_type_and_the_tenant_as_realm(
    world: Bench, url: str, parameters: dict[str, Any], kind: str, issuer: str
) -> None:
    properties = shown(world, AuthMetadataUrl=url, **parameters).properties
    assert (properties["Type"].name, properties["IssuerIdentifier"]) == (kind, issuer)
    assert (properties["Realm"], properties["AuthMetadataUrl"]) == (names.TENANT, url)


@pytest.mark.parametrize("shape", [Shape.WITHOUT_ISSUER, Shape.FEDERATION, Shape.OPENID])
def test_another_kind_of_document_ends_the_cmdlet(world: Bench, shape: Shape) -> None:
    world.domain.token_servers[names.TOKEN_SERVER].shape = shape
    with pytest.raises(
        CmdletError, match="Cannot acquire auth metadata document from 'https://sts"
    ):
        shown(world, AuthMetadataUrl=URL)
    with pytest.raises(CmdletError):
        world.lync("New-CsOAuthServer", Identity="sts", MetadataUrl=URL)
    assert not world.domain.directory.find(AuthServer)
    assert not world.domain.cms.state.oauth_servers


def test_or_the_service_name_stands_for_the_issuer(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.ISSUER_NEEDED: False}) as world:
        world.domain.token_servers[names.TOKEN_SERVER].shape = Shape.WITHOUT_ISSUER
        assert shown(world, AuthMetadataUrl=URL).properties["IssuerIdentifier"] == OWN_ID


def test_a_server_that_cannot_be_reached_is_told_in_dotnets_words(world: Bench) -> None:
    world.farm.spoil_document(names.TOKEN_SERVER, DocumentFault.UNREACHABLE)
    with pytest.raises(CmdletError, match="Error: Unable to connect to the remote server"):
        shown(world, AuthMetadataUrl=URL)
    https_of_none = f"https://{names.HTTP_TOKEN_SERVER}/metadata/json/1"
    with pytest.raises(CmdletError, match="Unable to connect"):
        shown(world, AuthMetadataUrl=https_of_none)


def test_json_is_no_federation_xml(world: Bench) -> None:
    with pytest.raises(CmdletError, match="Cannot acquire"):
        shown(world, AuthMetadataUrl=URL, Type="AzureAD")


def test_a_name_is_there_once(world: Bench) -> None:
    shown(world, AuthMetadataUrl=URL)
    again = world.exchange("New-AuthServer", Name=STS.upper(), AuthMetadataUrl=ACS_URL)
    assert "already exists" in again.message
    assert len(world.domain.directory.find(AuthServer)) == 1


def test_an_unknown_identity_shows_every_auth_server(world: Bench) -> None:
    shown(world, AuthMetadataUrl=URL)
    assert world.exchange("Get-AuthServer", Identity="gone").names == [STS]
    assert world.exchange("Remove-AuthServer", Identity="gone").errors


def test_or_it_is_a_not_found_error(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.UNKNOWN_IDENTITY_SHOWS_ALL: False}) as world:
        shown(world, AuthMetadataUrl=URL)
        told = world.exchange("Get-AuthServer", Identity="gone")
        assert told.errors[0].exception_type.endswith(".ManagementObjectNotFoundException")


def test_refresh_takes_the_keys_of_today_and_nothing_else(world: Bench) -> None:
    shown(world, AuthMetadataUrl=URL)
    before = stored(world)
    same = world.exchange("Set-AuthServer", Identity=STS, RefreshAuthMetadata=True)
    assert "no settings" in same.warnings[0]
    server = world.domain.token_servers[names.TOKEN_SERVER]
    server.roll()
    world.exchange("Set-AuthServer", Identity=STS, RefreshAuthMetadata=True)
    after = stored(world)
    assert after.certificates == tuple(key.base64 for key in server.keys)
    assert (after.guid, after.enabled, after.type) == (before.guid, before.enabled, before.type)
    writes = [write.what for write in world.domain.ledger.writes(WriteKind.CONFIGURATION)]
    assert writes == ["New-AuthServer", "Set-AuthServer"]


def test_nothing_is_changed_without_consent(world: Bench) -> None:
    shown(world, AuthMetadataUrl=URL)
    world.lync("New-CsOAuthServer", Identity="sts", MetadataUrl=URL)
    before = (stored(world), world.domain.cms.state)
    for cmdlet, parameters in (
        ("Set-AuthServer", {"Identity": STS, "Enabled": False}),
        ("Remove-AuthServer", {"Identity": STS}),
        ("New-AuthServer", {"Name": "x", "AuthMetadataUrl": URL}),
    ):
        assert world.exchange(cmdlet, yes=False, **parameters).asked, cmdlet
    on_lync: tuple[tuple[str, dict[str, Any]], ...] = (
        ("New-CsOAuthServer", {"Identity": "x", "MetadataUrl": URL}),
        ("Set-CsOAuthServer", {"Identity": "sts", "MetadataUrl": ACS_URL}),
        ("Remove-CsOAuthServer", {"Identity": "sts"}),
    )
    for cmdlet, parameters in on_lync:
        assert world.lync(cmdlet, yes=False, **parameters).asked, cmdlet
    assert (stored(world), world.domain.cms.state) == before


def test_worlds_show_an_auth_server_otherwise(tmp_path: Path) -> None:
    changed = {
        Name.AUTH_SERVER_CERTIFICATES: False,
        Name.AUTH_SERVER_TYPE: "MicrosoftACS",
        Name.EXCHANGE_VERSION: "Exchange Server SE",
    }
    with bench(tmp_path, changed) as world:
        made = shown(world, AuthMetadataUrl=URL, DomainName=["litwareinc.com"])
        assert "CertificateStrings" not in made.properties
        assert made.properties["Type"].name == "MicrosoftACS"
        (domain,) = made.properties["DomainName"]
        assert domain.properties["Domain"] == "litwareinc.com"


def test_an_application_without_a_url_uses_auth_servers(world: Bench) -> None:
    """Also beside one of the same identifier that has keys of its own."""
    world.trust_lync()
    made = world.exchange(
        "New-PartnerApplication", Name="Cloud", ApplicationIdentifier=names.LYNC_ID, Realm="x.y"
    ).objects[0]
    properties = made.properties
    assert (properties["UseAuthServer"], properties["AuthMetadataUrl"]) == (True, "")
    assert (properties["Realm"], properties["CertificateStrings"]) == ("x.y", [])


def test_a_second_of_the_same_identifier_and_realm_is_refused_in_some_worlds(
    tmp_path: Path,
) -> None:
    asked: dict[str, Any] = {"ApplicationIdentifier": "a-b", "Realm": "x.y"}
    for rejected in (False, True):
        folder = tmp_path / str(rejected)
        folder.mkdir()
        with bench(folder, {Name.DUPLICATES_REJECTED: rejected}) as world:
            world.exchange("New-PartnerApplication", Name="1", **asked)
            again = world.exchange("New-PartnerApplication", Name="2", **asked)
            assert bool(again.errors) is rejected
            other = world.exchange("New-PartnerApplication", Name="3", ApplicationIdentifier="a-b")
            assert not other.errors, "no realm is a key of its own"


def test_lyncs_oauth_server_shows_less_in_2013(world: Bench, tmp_path: Path) -> None:
    world.lync("New-CsOAuthServer", Identity="sts", MetadataUrl=URL)
    (made,) = world.lync("Get-CsOAuthServer").objects
    assert dict(made.properties) == {
        "Identity": "sts",
        "IssuerIdentifier": OWN_ID,
        "Realm": names.TOKEN_REALM,
        "MetadataUrl": URL,
        "Name": "sts",
    }
    pointer = "ClientAuthorizationOAuthServerIdentity"
    assert pointer not in world.lync("Get-CsOAuthConfiguration").objects[0].properties
    with bench(tmp_path, SFB_2019) as later:
        later.lync("New-CsOAuthServer", Identity="evoSTS", MetadataUrl=ENTRA_URL, Type="AzureAD")
        later.lync("Set-CsOAuthConfiguration", ClientAuthorizationOAuthServerIdentity="evoSTS")
        (made,) = later.lync("Get-CsOAuthServer").objects
        assert made.properties["Type"] == "AzureAD"
        assert made.properties["Realm"] == names.TENANT
        assert not {"CertificateStrings", "Enabled"} & set(made.properties)
        configuration = later.lync("Get-CsOAuthConfiguration").objects[0].properties
        assert configuration[pointer] == "evoSTS"
        assert [server.text for server in configuration["OAuthServers"]] == ["evoSTS"]


def test_lyncs_oauth_server_keeps_its_realm_for_ever(world: Bench) -> None:
    world.lync("New-CsOAuthServer", Identity="sts", MetadataUrl=URL)
    world.domain.token_servers[names.TOKEN_SERVER].realm = "other.example"
    world.lync("Set-CsOAuthServer", Identity="STS", MetadataUrl=URL)
    server = world.domain.cms.state.oauth_servers["sts"]
    assert server.realm == names.TOKEN_REALM
    with pytest.raises(CmdletError, match="already exists"):
        world.lync("New-CsOAuthServer", Identity="Sts", MetadataUrl=URL)
    assert 'find OAuthServer "x"' in world.lync("Remove-CsOAuthServer", Identity="x").message
    world.lync("Remove-CsOAuthServer", Identity="sts")
    assert not world.lync("Get-CsOAuthServer").objects


@pytest.mark.parametrize(
    ("url", "version", "binds"),
    [
        (URL, "Lync Server 2013", True),
        (ENTRA_URL, "Lync Server 2013", False),
        (ENTRA_URL, "Skype for Business Server 2015", True),
        (f"https://{names.TOKEN_SERVER}{names.OPENID_PATH}", "Skype for Business Server SE", False),
    ],
)
def test_its_document_is_fetched_while_the_parameter_is_bound(
    tmp_path: Path, url: str, version: str, binds: bool
) -> None:
    with bench(tmp_path, {Name.LYNC_VERSION: version}) as world:
        text = world.world.bind(LYNC_SESSION, "New-CsOAuthServer", "MetadataUrl", url)
        assert (text is None) is binds
        partner = world.world.bind(LYNC_SESSION, "New-CsPartnerApplication", "MetadataUrl", url)
        assert (partner is None) is (url == URL), "a partner's document is never XML"


@pytest.mark.parametrize(("shows", "realm"), [("SIP domain", names.DOMAIN), ("nothing", "")])
def test_an_application_of_lync_that_uses_an_oauth_server(
    tmp_path: Path, shows: str, realm: str
) -> None:
    with bench(tmp_path, {Name.LYNC_UNSAID_REALM: shows}) as world:
        asked: dict[str, Any] = {"ApplicationTrustLevel": "Full", "UseOAuthServer": True}
        (made,) = world.lync(
            "New-CsPartnerApplication", Identity="HR", ApplicationIdentifier="a-b", **asked
        ).objects
        assert made.properties["AuthToken"].text.endswith("SSAuth.UseOAuthServer")
        assert made.properties["Realm"] == realm
        asked["Realm"] = "x.y"
        (made,) = world.lync(
            "New-CsPartnerApplication", Identity="HR 2", ApplicationIdentifier="a-b", **asked
        ).objects
        assert made.properties["Realm"] == "x.y"
