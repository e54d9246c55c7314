"""A hybrid organisation: entries of Microsoft's wizards, and the script that comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator import views
from partner_simulator.hybrid_people import ACS_NAME, ACS_URL, ENTRA_NAME, HybridActions
from partner_simulator.web import third_party
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from support.world.farm import KENMYER, Web, web_of


@pytest.fixture
def web() -> Iterator[Web]:
    with web_of() as made:
        yield made


def people_of(web: Web) -> HybridActions:
    people = HybridActions()
    people.domain = web.domain
    return people


def test_the_wizards_entries_stand_beside_each_other(web: Web) -> None:
    people_of(web).hybrid()
    servers = {server.name: server for server in views.exchange_token_servers(web.domain)}
    assert set(servers) == {ACS_NAME, ENTRA_NAME}
    assert (servers[ACS_NAME].type, servers[ENTRA_NAME].type) == ("MicrosoftACS", "AzureAD")
    assert servers[ENTRA_NAME].is_for_logon
    assert all(server.realm == names.TENANT for server in servers.values())
    enabled = {entry.name: entry.enabled for entry in views.exchange_entries(web.domain)}
    assert enabled == {
        "Exchange Online": True,
        "Microsoft Graph": True,
        "TeamsScheduler": False,
        "CloudVoicemail": False,
        "SfBLegacy": True,
    }
    assert all(entry.use_auth_server for entry in views.exchange_entries(web.domain))
    assert not any(machine.restarts for machine in web.domain.machines.values())


def test_its_challenge_names_acs_and_where_people_log_on(web: Web) -> None:
    people_of(web).hybrid()
    challenge = web.post("").header("WWW-Authenticate")
    assert f"{names.ACS_ID}@{names.TENANT}" in challenge
    assert f'authorization_uri="https://{names.ENTRA_HOST}/common/oauth2/authorize"' in challenge
    assert "sts.windows.net" not in challenge


def test_the_cloud_vouches_for_no_application_of_our_own_server(web: Web) -> None:
    people_of(web).hybrid()
    application = web.domain.hr_application
    told = third_party.refused(web.domain, application, Role.EXCHANGE, KENMYER, for_user=False)
    assert "2000011" in str(told)


def test_the_trust_on_the_premises_lives_beside_the_hybrid_one(web: Web) -> None:
    web.trust()
    people_of(web).hybrid()
    assert web.why_not() is None
    entries = {entry.identity: entry for entry in views.lync_entries(web.domain)}
    assert {name: entry.use_oauth_server for name, entry in entries.items()} == {
        "Exchange": False,
        "microsoft.exchange": True,
    }


def test_the_script_turns_an_entry_of_its_name_into_a_token_servers(web: Web) -> None:
    """The rival writer: our entry loses its keys, and Exchange's own tokens are refused."""
    web.trust()
    people = people_of(web)
    people.run_hybrid_script_on_lync("Exchange")
    web.domain.cms.settle()
    (entry,) = views.lync_entries(web.domain)
    assert (entry.use_oauth_server, entry.metadata_url) == (True, "")
    assert entry.application_identifier == names.EXCHANGE_ID
    assert web.why_not() is not None
    (server,) = views.lync_token_servers(web.domain)
    assert (server.name, server.metadata_url) == ("microsoft.sts", ACS_URL)


def test_the_script_makes_a_token_server_of_another_url_again(web: Web) -> None:
    people = people_of(web)
    people.trust_token_server_on_lync("microsoft.sts")
    people.register_application_on_lync("microsoft.exchange", "other-id")
    people.run_hybrid_script_on_lync()
    (server,) = views.lync_token_servers(web.domain)
    assert server.metadata_url == ACS_URL
    (entry,) = views.lync_entries(web.domain)
    assert entry.application_identifier == names.EXCHANGE_ID
    people.run_hybrid_script_on_lync()
    made = [w.target for w in web.domain.ledger.writes() if w.what == "New-CsOAuthServer"]
    assert made == ["microsoft.sts", "microsoft.sts"]


def test_the_teams_page_removes_the_entry_on_the_premises_too(web: Web) -> None:
    web.trust()
    people = people_of(web)
    people.hybrid()
    people.clean_up_as_the_teams_page_has_it()
    left = {entry.name for entry in views.exchange_entries(web.domain)}
    assert left == {"Exchange Online", "Microsoft Graph", "TeamsScheduler", "CloudVoicemail"}
    assert web.why_not() is not None


def test_one_tenant_may_have_several_auth_servers(web: Web) -> None:
    """A page's name beside the wizard's, and the domain in its URL."""
    people = people_of(web)
    people.hybrid()
    url = f"https://{names.ACS_HOST}/{names.DOMAIN}/metadata/json/1"
    people.trust_token_server("WindowsAzureACS", url)
    realms = {s.name: (s.type, s.realm) for s in views.exchange_token_servers(web.domain)}
    assert realms["WindowsAzureACS"] == realms[ACS_NAME] == ("MicrosoftACS", names.TENANT)


def test_later_versions_point_client_logon_at_the_cloud() -> None:
    with web_of(lync_version="Skype for Business Server SE") as web:
        people = people_of(web)
        people.hybrid()
        servers = {server.name: server for server in views.lync_token_servers(web.domain)}
        assert servers["evoSTS"].is_for_logon
        assert servers["evoSTS"].type == "AzureAD"
        assert not servers["microsoft.sts"].is_for_logon
