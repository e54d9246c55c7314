"""The HR application: with its token server's token it opens a mailbox, or is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from partner_simulator.hybrid_people import ACS_URL, HybridActions
from partner_simulator.web import third_party
from partner_simulator.world import names, tokens
from partner_simulator.world.machines import Role
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import OWN_ID, ThirdApplication
from support.world.farm import EWS, EXCHANGE, KENMYER, Web, web_of

STS, HR = "Litware STS", "HR"


@dataclass
class Place:
    """A domain with its sites, and people who change it."""

    web: Web
    people: HybridActions

    def refused(
        self,
        server: Role = Role.EXCHANGE,
        *,
        application: ThirdApplication | None = None,
        for_user: bool = False,
    ) -> str | None:
        domain = self.web.domain
        who = application or domain.hr_application
        return third_party.refused(domain, who, server, KENMYER, for_user=for_user)

    def let_in(self, **registered: str) -> None:
        """All that Exchange needs, by hand."""
        account = self.people.make_linked_account("HR-ApplicationAccount", "UserApplication")
        self.people.trust_token_server(STS)
        self.people.register_application(
            HR, self.people.hr_application.identifier, **{"linked_account": account, **registered}
        )

    def let_in_on_lync(self, **registered: str) -> None:
        self.people.trust_token_server_on_lync(STS)
        identifier = self.people.hr_application.identifier
        self.people.register_application_on_lync(HR, identifier, **registered)
        self.web.domain.cms.settle()


def place_of(web: Web) -> Place:
    """Restarts take no time there."""
    for machine in web.domain.machines.values():
        machine.behaviour.seconds = 0
    people = HybridActions()
    people.domain = web.domain
    return Place(web, people)


@pytest.fixture
def place() -> Iterator[Place]:
    with web_of() as web:
        yield place_of(web)


def test_nobody_is_let_in_by_a_stock_organisation(place: Place) -> None:
    assert "2000011" in str(place.refused())
    assert "trusts the issuer" in str(place.refused(Role.FRONT_END))


def test_token_server_application_and_account_open_a_mailbox(place: Place) -> None:
    place.let_in()
    assert place.refused() is None
    assert place.refused(for_user=True) is None
    challenge = place.web.post("").header("WWW-Authenticate")
    assert f"{OWN_ID}@{names.TOKEN_REALM}" in challenge
    assert "authorization_uri" not in challenge


def test_each_of_the_three_is_needed(place: Place) -> None:
    """The token server alone knows the application, but Exchange does not; and so on."""
    place.people.trust_token_server(STS)
    assert "2000012" in str(place.refused())
    place.people.register_application(HR, place.people.hr_application.identifier)
    assert "missing a linked account for RBAC roles" in str(place.refused())
    assert place.refused(for_user=True) is None, "a user's own rights count"


def test_a_role_that_is_taken_away_is_missed(place: Place) -> None:
    account = place.people.make_linked_account("HR-ApplicationAccount", "ArchiveApplication")
    place.people.trust_token_server(STS)
    identifier = place.people.hr_application.identifier
    place.people.register_application(HR, identifier, linked_account=account)
    assert "missing a linked account" in str(place.refused())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda people: people.change_token_server(STS, enabled=False), "2000011"),
        (lambda people: people.remove_token_server(STS), "2000011"),
        (lambda people: people.change_token_server(STS, realm="other.example"), "2000011"),
        (lambda people: people.change_exchange_entry(HR, enabled=False), "2000012"),
        (lambda people: people.change_exchange_entry(HR, realm="other.example"), "2000012"),
        (lambda people: people.remove_exchange_entry(HR), "2000012"),
    ],
    ids=["disabled", "removed", "other-issuer", "application-off", "other-realm", "no-application"],
)
def test_drift_locks_it_out(place: Place, change: object, code: str) -> None:
    place.let_in()
    assert callable(change)
    change(place.people)
    assert code in str(place.refused())


def test_a_realm_that_is_set_is_the_only_one(place: Place) -> None:
    place.let_in(realm=names.TOKEN_REALM)
    assert place.refused() is None
    place.people.token_server().realm = "apps.example"
    place.people.change_token_server(STS, realm="apps.example")
    assert "2000012" in str(place.refused())
    place.people.change_exchange_entry(HR, realm="")
    assert place.refused() is None


def test_a_rolled_key_is_an_invalid_signature_until_the_document_is_read_again(
    place: Place,
) -> None:
    """Read again, and then known to the workers: 15 minutes, or a restart."""
    place.let_in()
    place.people.roll_token_server_key()
    assert place.refused() is None, "the first key still signs"
    place.people.activate_rolled_token_key()
    assert "2000000" in str(place.refused())
    place.people.refresh_token_server(STS)
    assert "2000000" in str(place.refused()), "workers have the old copy"
    place.web.domain.clock.advance(timedelta(minutes=15))
    assert place.refused() is None


@pytest.mark.parametrize(
    ("realm", "is_taken"),
    [(names.TOKEN_REALM, True), (names.DOMAIN, True), ("other.example", False)],
)
def test_without_a_realm_it_is_of_the_servers_or_of_an_accepted_domain(
    place: Place, realm: str, is_taken: bool
) -> None:
    place.let_in()
    domain, home = place.web.domain, place.people.token_server()
    token = tokens.actor(
        home.keys[0],
        issuer=f"{OWN_ID}@{names.TOKEN_REALM}",
        subject=f"{place.people.hr_application.identifier}@{realm}",
        audience=f"{names.EXCHANGE_ID}/{EXCHANGE}@{names.DOMAIN}",
        now=domain.clock.seconds(),
    )
    assert (place.web.post(token).status == 200) is is_taken


def test_an_entry_with_keys_of_its_own_is_no_token_servers() -> None:
    """Lync's identifier, known at the token server too: the entry on the premises stays its own."""
    with web_of(sfb_legacy_present=False) as web:
        place = place_of(web)
        place.people.token_server().realm = names.DOMAIN
        web.trust()
        place.people.trust_token_server(STS)
        place.people.trust_token_server_on_lync(STS)
        for identifier, server in (
            (names.LYNC_ID, Role.EXCHANGE),
            (names.EXCHANGE_ID, Role.FRONT_END),
        ):
            double = ThirdApplication("double", identifier, "secret")
            place.people.token_server().register(double)
            web.domain.cms.settle()
            told = str(place.refused(server, application=double, for_user=True))
            assert "artner application that uses" in told
        assert web.why_not() is None
        place.people.register_application("cloud", names.LYNC_ID)
        double = ThirdApplication("double", names.LYNC_ID, "secret")
        assert place.refused(application=double, for_user=True) is None
        assert web.why_not() is None


def test_every_trusted_token_server_vouches_for_every_application(place: Place) -> None:
    """So one that is added widens the trust of all: here ACS speaks as the HR application."""
    place.let_in()
    elsewhere = replace(place.people.hr_application, token_server=names.ACS_HOST)
    place.people.token_server(names.ACS_HOST).register(elsewhere)
    assert "2000011" in str(place.refused(application=elsewhere))
    place.people.trust_token_server("ACS", ACS_URL)
    assert place.refused(application=elsewhere) is None
    place.people.change_exchange_entry(HR, realm=names.TOKEN_REALM)
    assert "2000012" in str(place.refused(application=elsewhere)), "a realm narrows it again"
    assert place.refused() is None


def test_an_issuer_without_its_realm_is_trusted_too(place: Place) -> None:
    place.people.publish_token_document(Shape.BARE_ISSUER)
    place.let_in()
    assert place.refused() is None


def test_a_token_server_with_the_domains_own_realm_looks_like_lyncs_entry(place: Place) -> None:
    """SfBLegacy shows in the challenge with the token server's realm, and Exchange trusts no key of Lync."""
    place.people.token_server().realm = names.DOMAIN
    place.let_in()
    lync = names.issuer(names.LYNC_ID, names.DOMAIN)
    assert lync in place.web.post("").header("WWW-Authenticate")
    assert place.web.post(place.web.token()).status == 401


def test_or_the_challenge_lists_no_application_of_a_token_server() -> None:
    with web_of(challenge_applications=False) as web:
        place = place_of(web)
        place.let_in()
        assert place.refused() is None
        challenge = web.post("").header("WWW-Authenticate")
        assert f"{OWN_ID}@{names.TOKEN_REALM}" in challenge
        assert place.people.hr_application.identifier not in challenge
        assert names.LYNC_ID not in challenge


def test_exchange_reads_documents_again_by_itself_in_some_worlds() -> None:
    """Every eight hours those of Type AzureAD, or all."""
    for which, is_stale in (("AzureAD", True), ("all", False)):
        with web_of(auth_admin_refreshes=which) as web:
            place = place_of(web)
            place.let_in()
            place.people.roll_token_server_key()
            place.people.activate_rolled_token_key()
            web.domain.clock.advance(timedelta(hours=8))
            place.refused()
            web.domain.clock.advance(timedelta(minutes=15))
            assert ("2000000" in str(place.refused())) is is_stale


def test_lync_lets_it_in_by_its_replicas(place: Place) -> None:
    place.people.trust_token_server_on_lync(STS)
    place.web.domain.cms.settle()
    assert "No partner application that uses" in str(place.refused(Role.FRONT_END))
    place.let_in_on_lync()
    assert place.refused(Role.FRONT_END) is None
    assert place.refused(Role.FRONT_END, for_user=True) is None
    place.people.remove_lync_token_server(STS)
    assert place.refused(Role.FRONT_END) is None, "the replicas follow later"
    place.web.domain.clock.advance(timedelta(seconds=5))
    assert "trusts the issuer" in str(place.refused(Role.FRONT_END))


@pytest.mark.parametrize(
    ("level", "alone", "for_user"), [("Application", True, False), ("User", False, True)]
)
def test_lyncs_trust_level_says_for_whom_it_speaks(
    place: Place, level: str, alone: bool, for_user: bool
) -> None:
    place.let_in_on_lync(level=level)
    assert (place.refused(Role.FRONT_END) is None) is alone
    assert (place.refused(Role.FRONT_END, for_user=True) is None) is for_user


def test_lyncs_realm_is_compared_when_it_was_given(place: Place) -> None:
    place.let_in_on_lync(realm="other.example")
    assert "No partner application" in str(place.refused(Role.FRONT_END))


@pytest.mark.parametrize("copies", [True, False])
def test_lync_keeps_the_token_servers_keys_or_reads_them_again(copies: bool) -> None:
    with web_of(lync_copies_server_keys=copies) as web:
        place = place_of(web)
        place.let_in_on_lync()
        place.people.roll_token_server_key()
        place.people.activate_rolled_token_key()
        assert (place.refused(Role.FRONT_END) is not None) is copies


def test_without_its_token_server_there_is_no_token(place: Place) -> None:
    place.let_in()
    place.web.domain.network.unreachable.add(names.TOKEN_SERVER)
    assert str(place.refused()).startswith(f"{names.TOKEN_SERVER}: Unable to connect")


def test_trusts_of_the_products_do_not_need_it(place: Place) -> None:
    """A token server beside them changes nothing for tokens that Lync signs."""
    place.web.trust()
    place.let_in()
    assert place.web.why_not() is None
    assert place.web.post(place.web.token(), EWS).status == 200
