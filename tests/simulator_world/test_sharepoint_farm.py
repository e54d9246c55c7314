"""The farm itself: who gets at it, what it consists of, and what changes it as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from partner_simulator.ports import CmdletError, Logon, LogonKind
from partner_simulator.world import names, sharepoint_errors
from partner_simulator.world.sharepoint_farm import CONFIG_DATABASE, NEVER, Kind
from partner_simulator.world.switches import Name
from support.world.bench import SHAREPOINT_SESSION, Bench, Told, bench

NETWORK = replace(SHAREPOINT_SESSION, logon=Logon(names.SHAREPOINT_ADMIN, LogonKind.NETWORK))


def warnings(world: Bench) -> list[str]:
    answer = world.world.system(SHAREPOINT_SESSION, "load", {"name": names.SHAREPOINT_SNAPIN})
    found: list[str] = answer["warnings"]
    return found


@pytest.mark.parametrize("how", ["error", "nothing", "works"])
def test_sql_server_is_a_second_hop(tmp_path: Path, how: str) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_SECOND_HOP: how}) as world:
        loaded = world.world.system(NETWORK, "load", {"name": names.SHAREPOINT_SNAPIN})
        told = world.sharepoint("Get-SPFarm", session=NETWORK)
        worked = how == "works"
        assert loaded["warnings"] == ([] if worked else [sharepoint_errors.NO_FARM_WARNING])
        assert bool(told.objects) is worked
        wanted = [sharepoint_errors.NO_FARM] if how == "error" else []
        assert [error.message for error in told.errors] == wanted


def test_an_account_that_is_no_shell_admin_sees_no_farm(world: Bench) -> None:
    assert warnings(world) == []
    del world.domain.sharepoint.shell_admins[names.SHAREPOINT_ADMIN]
    assert warnings(world) == [sharepoint_errors.NO_FARM_WARNING]
    assert world.sharepoint("Get-SPFarm").message == sharepoint_errors.NO_FARM


def test_a_server_that_left_the_farm_sees_none(world: Bench) -> None:
    world.domain.sharepoint.left.add(SHAREPOINT_SESSION.host)
    assert world.sharepoint("Get-SPFarm").errors
    other = replace(SHAREPOINT_SESSION, host=names.SHAREPOINT_HOSTS[1])
    assert world.sharepoint("Get-SPFarm", session=other).objects


def test_work_with_permissions_needs_more_databases(tmp_path: Path) -> None:
    for needed in (True, False):
        with bench(tmp_path, {Name.SHAREPOINT_PERMISSION_DATABASES: needed}) as world:
            issuer = world.trust_on_sharepoint().properties["NameId"]
            world.domain.sharepoint.shell_admins[names.SHAREPOINT_ADMIN] = frozenset(
                {CONFIG_DATABASE}
            )
            if needed:
                with pytest.raises(CmdletError, match="unauthorized operation"):
                    world.permit(issuer)
            else:
                world.permit(issuer)


def test_the_farm_and_its_servers(world: Bench) -> None:
    (farm,) = world.sharepoint("Get-SPFarm").objects
    assert farm.properties["BuildVersion"].text == "15.0.4805.1000"
    realm = world.sharepoint("Get-SPAuthenticationRealm").names
    assert realm == [str(farm.properties["Id"])]
    servers = world.sharepoint("Get-SPServer").objects
    assert [(s.properties["Name"], s.properties["Role"].name) for s in servers] == [
        ("ATL-SP-001", "Application"),
        ("ATL-SP-002", "Application"),
        ("ATL-SQL-002", "Invalid"),
    ]
    told = world.sharepoint("Get-SPServer", Identity=names.SHAREPOINT_HOSTS[0])
    assert told.message == f"The server named '{names.SHAREPOINT_HOSTS[0]}' does not exist."
    assert world.sharepoint("Get-SPServer", Identity="atl-sp-001").objects == servers[:1]


def test_servers_may_stand_with_full_names(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_SERVER_NAMES: "full"}) as world:
        servers = world.sharepoint("Get-SPServer").objects
        assert [s.properties["Address"] for s in servers][:2] == list(names.SHAREPOINT_HOSTS)


def test_service_applications_are_told_by_type(tmp_path: Path) -> None:
    """TypeName is localised, a proxy's name may be null, and an application may have none."""
    with bench(tmp_path, {Name.SHAREPOINT_TYPE_NAMES: "German"}) as world:
        farm = world.domain.sharepoint
        farm.applications = [replace(known, proxy_name=None) for known in farm.applications]
        proxies = world.sharepoint("Get-SPServiceApplicationProxy").objects
        assert [proxy.type_names[0].rpartition(".")[2] for proxy in proxies] == [
            "AppManagementServiceApplicationProxy",
            "UserProfileApplicationProxy",
            "SPSubscriptionSettingsServiceApplicationProxy",
        ]
        assert proxies[0].properties["TypeName"] == "App-Verwaltungsdienstanwendung Proxy"
        assert proxies[0].properties["Name"] is None
        (group,) = world.sharepoint("Get-SPServiceApplicationProxyGroup", Default=True).objects
        assert group.properties["Proxies"] == proxies
        farm.applications = [replace(known, has_proxy=False) for known in farm.applications]
        assert world.sharepoint("Get-SPServiceApplicationProxy").objects == []
        assert len(world.sharepoint("Get-SPServiceApplication").objects) == len(Kind)


@pytest.mark.parametrize(
    ("url", "exists"),
    [
        (f"https://{names.PORTAL}", True),
        (f"https://{names.PORTAL}/", True),
        (f"https://{names.TEAM_SITE}", True),
        (f"http://intranet.{names.DOMAIN}", True),
        (f"https://{names.SHAREPOINT_HOSTS[0]}", False),
        (f"https://{names.PORTAL}/sites/nowhere", False),
    ],
)
def test_a_web_needs_a_site_collection(world: Bench, url: str, *, exists: bool) -> None:
    """The name of a server, by which web applications answer too, is no site."""
    for cmdlet in ("Get-SPWeb", "Get-SPSite"):
        told = world.sharepoint(cmdlet, Identity=url)
        assert bool(told.objects) is exists
        assert bool(told.errors) is not exists


def test_a_host_named_site_is_found_by_no_web_application(world: Bench) -> None:
    rows = world.sharepoint("Get-SPWebApplication").objects
    urls = [row.properties["Url"] for row in rows]
    assert urls == [f"https://{names.PORTAL}/", f"http://intranet.{names.DOMAIN}/"]
    with_administration = world.sharepoint(
        "Get-SPWebApplication", IncludeCentralAdministration=True
    )
    assert len(with_administration.objects) == len(urls) + 1


def test_the_token_service_of_a_new_farm(world: Bench) -> None:
    (service,) = world.sharepoint("Get-SPSecurityTokenServiceConfig").objects
    shown = service.properties
    assert shown["HybridStsSelectionEnabled"] is True
    assert (shown["AllowMetadataOverHttp"], shown["AllowOAuthOverHttp"]) == (False, False)
    assert shown["NameIdentifier"] is None
    own = world.domain.sharepoint.state.signing
    assert shown["LocalLoginProvider"].properties["SigningCertificate"].der == own.der
    assert own.not_after == NEVER


def test_a_realm_is_lowered_and_changes_the_farms_name(world: Bench) -> None:
    world.sharepoint("Set-SPAuthenticationRealm", Realm="Litware-Realm")
    read = world.domain.fetch_document(names.FRONT_ENDS[0], names.SHAREPOINT_METADATA_URL)
    assert read.issuer == f"{names.SHAREPOINT_ID}@litware-realm"


def test_root_authorities_come_and_go(world: Bench) -> None:
    (local,) = world.sharepoint("Get-SPTrustedRootAuthority").objects
    certificate = local.properties["Certificate"]
    world.sharepoint("New-SPTrustedRootAuthority", Name="Other", Certificate=certificate)
    assert len(world.sharepoint("Get-SPTrustedRootAuthority").objects) == 2
    world.sharepoint("Remove-SPTrustedRootAuthority", Identity="Other")
    assert world.sharepoint("Get-SPTrustedRootAuthority").objects == [local]


def test_records_are_the_cmdlets_own(world: Bench) -> None:
    told: Told = world.sharepoint("Get-SPSite", Identity="https://nowhere")
    assert told.message == "Cannot find an SPSite object with Id or Url: https://nowhere."
    assert (told.errors[0].error_id, told.errors[0].category) == ("", "InvalidData")


@pytest.mark.parametrize(
    ("version", "snapins", "modules"),
    [
        ("SharePoint Server 2013", [names.SHAREPOINT_SNAPIN], []),
        ("SharePoint Server 2016", [names.SHAREPOINT_SNAPIN], []),
        ("SharePoint Server 2019", [names.SHAREPOINT_SNAPIN], []),
        ("SharePoint Server Subscription Edition", [], [names.SHAREPOINT_MODULE]),
    ],
)
def test_each_version_loads_in_its_own_way(
    tmp_path: Path, version: str, snapins: list[str], modules: list[str]
) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_VERSION: version}) as world:
        for what, wanted in (("snapins", snapins), ("modules", modules)):
            found = world.world.system(SHAREPOINT_SESSION, what, {})
            assert [item["name"] for item in found] == wanted
        assert world.sharepoint("Get-SPFarm").objects


def test_windows_shows_the_farms_workers_and_services(world: Bench) -> None:
    """What tells how old the workers are: young after iisreset, on that server only."""
    before = world.domain.clock.seconds()
    answer = world.world.system(SHAREPOINT_SESSION, "iisreset", {"arguments": []})
    assert answer["exit_code"] == 0
    workers = world.world.system(SHAREPOINT_SESSION, "processes", {})
    assert {item["command_line"].partition("-ap ")[2] for item in workers} == {
        '"SharePoint - 443"',
        '"SecurityTokenServiceApplicationPool"',
        '"SharePoint Web Services Root"',
    }
    assert min(item["started_at"] for item in workers) >= before
    other = replace(SHAREPOINT_SESSION, host=names.SHAREPOINT_HOSTS[1])
    assert max(p["started_at"] for p in world.world.system(other, "processes", {})) < before
    services = world.world.system(SHAREPOINT_SESSION, "services", {})
    assert {"SPTimerV4", "SPAdminV4", "W3SVC"} <= {item["name"] for item in services}
