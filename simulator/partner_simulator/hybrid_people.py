"""A hybrid organisation: what Microsoft's wizards and scripts make, and keep making (P-TS-5)."""

from __future__ import annotations

from dataclasses import replace

from partner_simulator.token_people import TokenActions
from partner_simulator.world import names
from partner_simulator.world.cms import LyncApplication, without_application, without_oauth_server
from partner_simulator.world.objects import AuthServerType, PartnerApplication, RecipientType, User
from partner_simulator.world.switches import Name

ACS_URL = f"https://{names.ACS_HOST}/{names.TENANT}{names.TOKEN_SERVER_METADATA_PATH}"
ENTRA_URL = f"https://{names.ENTRA_HOST}/{names.DOMAIN}{names.FEDERATION_METADATA_PATH}"
ACS_NAME, ENTRA_NAME = f"ACS - {names.TENANT}", f"EvoSts - {names.TENANT}"
TEAMS_SCHEDULER_ID = "7557eb47-c689-4224-abcf-aef9bd7573df"
CLOUD_VOICEMAIL_ID = "db7de2b5-2149-435e-8043-e080dd50afae"
_TEAMS_ACCOUNT = "TeamsIntegration-ApplicationAccount"


class HybridActions(TokenActions):
    """Entries of others in a hybrid organisation, on Exchange and on Lync."""

    def hybrid(self) -> None:
        """Exchange and Lync work with Microsoft's cloud, and have done so for long."""
        self.hybrid_exchange()
        self.run_hybrid_script_on_lync()
        self.domain.cms.settle()

    def hybrid_exchange(self) -> None:
        """The Hybrid Configuration Wizard, and the page on Teams: auth servers and applications; no restart."""
        domain = self.domain
        acs = self._auth_server(ACS_NAME, ACS_URL, None)
        entra = self._auth_server(ENTRA_NAME, ENTRA_URL, AuthServerType.AZURE_AD)
        entra = replace(entra, is_default_authorization_endpoint=True, domain_names=(names.DOMAIN,))
        for server in (acs, entra):
            domain.directory.write(server)
            self._by_hand("New-AuthServer", server.name)
        online = self._application("Exchange Online")
        domain.directory.write(replace(online, enabled=True))
        self._by_hand("Set-PartnerApplication", online.name)
        known = {entry.name for entry in domain.directory.find(PartnerApplication)}
        for entry in self._cloud_applications():
            if entry.name not in known:
                domain.directory.write(entry)
                self._by_hand("New-PartnerApplication", entry.name)
        domain.expire_caches()

    def _cloud_applications(self) -> list[PartnerApplication]:
        now = self.domain.clock.now()
        teams = User(
            _TEAMS_ACCOUNT,
            "TeamsIntegration-App",
            f"{_TEAMS_ACCOUNT}@{names.DOMAIN}",
            RecipientType.MAIL_USER,
        )
        self.domain.directory.write(teams)
        graph = PartnerApplication(
            "Microsoft Graph",
            names.GRAPH_ID,
            now,
            now,
            use_auth_server=True,
            accepts_security_identifiers=True,
            act_as_permissions=("Mail.Read", "Calendars.ReadWrite"),
        )
        legacy = PartnerApplication("SfBLegacy", names.LYNC_ID, now, now, use_auth_server=True)
        of_teams = [
            PartnerApplication(
                name,
                identifier,
                now,
                now,
                enabled=False,
                use_auth_server=True,
                linked_account=teams.guid,
            )
            for name, identifier in (
                ("TeamsScheduler", TEAMS_SCHEDULER_ID),
                ("CloudVoicemail", CLOUD_VOICEMAIL_ID),
            )
        ]
        return [graph, *of_teams, legacy]

    def clean_up_as_the_teams_page_has_it(self) -> None:
        """Remove every enabled application with Lync's identifier, of whatever kind."""
        for entry in self.domain.directory.find(PartnerApplication):
            if entry.enabled and entry.application_identifier == names.LYNC_ID:
                self.remove_exchange_entry(entry.name)

    def run_hybrid_script_on_lync(self, identity: str = "microsoft.exchange") -> None:
        """Microsoft's cross-premises script: whatever bears `identity` becomes a token server's entry.

        It makes `microsoft.sts` again when its URL is another, and from 2015 on points client logon at `evoSTS`.
        """
        state = self.domain.cms.state
        known = state.oauth_servers.get("microsoft.sts")
        if known is not None and known.metadata_url != ACS_URL:
            self.domain.cms.change(lambda s: without_oauth_server(s, "microsoft.sts"))
            self._by_hand("Remove-CsOAuthServer", "microsoft.sts")
        if known is None or known.metadata_url != ACS_URL:
            self.trust_token_server_on_lync("microsoft.sts", ACS_URL)
        self._turn_entry(state.applications.get(identity.casefold()), identity)
        if self.domain.switches[Name.LYNC_VERSION] != "Lync Server 2013":
            self.trust_token_server_on_lync("evoSTS", ENTRA_URL, "AzureAD")
            self.point_client_logon_at("evoSTS")

    def _turn_entry(self, entry: LyncApplication | None, identity: str) -> None:
        if entry is not None and entry.application_identifier == names.EXCHANGE_ID:
            turned = replace(
                entry,
                use_oauth_server=True,
                metadata_url="",
                certificates=(),
                trust_level="Full",
            )
            self._put_lync_entry("Set-CsPartnerApplication", turned)
            return
        if entry is not None:
            self.domain.cms.change(lambda state: without_application(state, identity))
            self._by_hand("Remove-CsPartnerApplication", identity)
        self.register_application_on_lync(identity, names.EXCHANGE_ID)
