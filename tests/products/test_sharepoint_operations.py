"""SharePoint's operations on the simulated farm, behind a real PowerShell and behind the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from partner_operator.oauth.identifiers import EXCHANGE, LYNC
from partner_operator.trust.model import Authentication, Permission, Product, Right
from partner_operator.trust.plan import Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_simulator.views import SharePointEntry
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.misbehaviour import Misbehaviour
from partner_simulator.world.switches import Name
from support.embedded import farms
from support.embedded.twins import Act, Case, Rounds, rounds
from support.embedded.worlds import Arrange, both, misbehaving, nothing
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh
ISSUER = f"{EXCHANGE}@{names.DOMAIN}"


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    with rounds(find_pwsh(), tmp_path_factory.mktemp("farms"), pairs=1) as running:
        yield running


class Farm:
    """What an act leaves in a farm, and what the operator makes of it; the same in both engines."""

    def __init__(self, play: Rounds) -> None:
        self._play = play

    def allowed(self, act: Act, arrange: Arrange) -> tuple[Any, list[tuple[str, bool]]]:
        """The outcome, and what the principals of the issuers may do, in both engines the same."""
        each = self._play.ask(Case("one", act, arrange)).result()
        told = [
            (one.outcome, [(i.right, i.app_only) for i in one.effects["sharepoint"]])
            for one in each
        ]
        assert all(other == told[0] for other in told)
        return told[0]

    def after(
        self,
        act: Act,
        arrange: Arrange = nothing,
        faults: Mapping[str, DocumentFault] = MappingProxyType({}),
        **switches: Any,
    ) -> tuple[Any, list[tuple[str, str, bool, str]]]:
        """The outcome, and the issuers: name, registered name, whether it is a broker, URL."""
        chosen = {Name[name.upper()]: value for name, value in switches.items()}
        each = self._play.ask(Case("one", act, arrange, chosen, faults)).result()
        ((first, issuers), *others) = ((told.outcome, told.effects["sharepoint"]) for told in each)
        shown = [_shown(issuer) for issuer in issuers]
        assert all(
            (outcome, [_shown(issuer) for issuer in entries]) == (first, shown)
            for outcome, entries in others
        )
        return first, shown


def _shown(issuer: SharePointEntry) -> tuple[str, str, bool, str]:
    known = (issuer.name, issuer.registered_issuer_name)
    return (*known, not issuer.is_self_issuer, issuer.metadata_end_point)


@pytest.fixture
def farm(play: Rounds) -> Farm:
    return Farm(play)


OURS = ("Exchange", ISSUER, False, names.EXCHANGE_METADATA_URL)


@pytest.mark.parametrize(
    "version",
    [
        "SharePoint Server 2013",
        "SharePoint Server 2019",
        "SharePoint Server Subscription Edition",
    ],
)
def test_a_partner_is_trusted_by_its_document_and_is_no_broker(farm: Farm, version: str) -> None:
    made, issuers = farm.after(farms.REGISTER, sharepoint_version=version)
    assert made == "<guid>"
    assert issuers == [OURS]
    lync = farms.change(
        ChangeKind.REGISTER, Field.ENTRY, partner=Product.LYNC, identity="Skype for Business"
    )
    _, issuers = farm.after(lync, farms.issuer(), sharepoint_version=version)
    registered = f"{LYNC}@{names.DOMAIN}"
    assert issuers == [OURS, ("Skype for Business", registered, False, names.LYNC_METADATA_URL)]


@pytest.mark.parametrize("there", ["by its address with a slash", "by its realm, as a broker"])
def test_what_older_instructions_made_is_found_and_kept(farm: Farm, there: str) -> None:
    """Content decides, not the name; a second issuer of the same name for tokens would be refused."""
    arrange = farms.STORED[there]
    _, before = farm.after(farms.observe(), arrange)
    made, issuers = farm.after(farms.REGISTER, arrange)
    assert (made, issuers) == ("", before)


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("no App Management", Reason.SERVICE_APPLICATION_MISSING),
        ("conflict", Reason.FARM_BUSY),
        ("in no farm", Reason.FORBIDDEN),
        ("no shell admin", Reason.FORBIDDEN),
    ],
)
def test_nothing_is_made_where_something_is_in_the_way(
    farm: Farm, there: str, reason: Reason
) -> None:
    failed, issuers = farm.after(farms.REGISTER, {**farms.FARMS, **farms.STORED}[there])
    assert (failed["obstacle"].reason, issuers) == (reason, [])


def test_a_list_that_the_second_count_contradicts_is_no_knowledge(farm: Farm) -> None:
    failed, issuers = farm.after(farms.REGISTER, farms.FARMS["hidden from the list"])
    assert "shows 0 issuers, and the security token service has 1" in failed["obstacle"].message
    assert issuers == [OURS]


@pytest.mark.parametrize("second_hop", ["error", "nothing"])
def test_a_logon_that_stays_on_the_host_shows_no_farm(farm: Farm, second_hop: str) -> None:
    """Cmdlets that load, and show nothing, prove nothing."""
    look = farms.observe(authentication=Authentication.NTLM)
    failed, _ = farm.after(look, sharepoint_second_hop=second_hop)
    assert failed["obstacle"].reason is Reason.FORBIDDEN
    assert failed["nothing_ran"]
    assert "CredSSP" in failed["obstacle"].message


@pytest.mark.parametrize("fetch", ["error", "nothing"])
def test_a_document_that_cannot_be_had_makes_nothing(farm: Farm, fetch: str) -> None:
    """New may end without a word: then nobody is told that something was made."""
    spoiled = {names.AUTODISCOVER: DocumentFault.HTML}
    made, issuers = farm.after(farms.REGISTER, faults=spoiled, sharepoint_fetch_failure=fetch)
    assert issuers == []
    assert made is None if fetch == "nothing" else made["obstacle"].reason is Reason.REMOTE_ERROR


@pytest.mark.parametrize("arrange", [farms.OLD, farms.UNFINISHED], ids=["whole", "broken off"])
def test_another_realm_is_another_issuer_in_the_place_of_the_old_one(
    farm: Farm, arrange: Arrange
) -> None:
    """A run that was broken off between the two is finished."""
    made, issuers = farm.after(farms.RECREATE, arrange)
    assert (made, issuers) == ("<guid>", [OURS])


def test_an_issuer_that_was_made_into_another_one_is_left_alone(farm: Farm) -> None:
    other = farms.issuer("Exchange", f"{LYNC}@{names.DOMAIN}", names.LYNC_METADATA_URL)
    for act in (farms.RECREATE, farms.EVERYTHING, farms.REMOVE):
        _, issuers = farm.after(act, other)
        assert issuers == [("Exchange", f"{LYNC}@{names.DOMAIN}", False, names.LYNC_METADATA_URL)]


@pytest.mark.parametrize("flips", [True, False])
def test_an_update_leaves_the_flag_of_a_broker_as_it_is(farm: Farm, flips: bool) -> None:
    arrange = farms.issuer(url="https://old.litwareinc.com/", is_self_issuer=False)
    _, issuers = farm.after(farms.EVERYTHING, arrange, sharepoint_set_flips_broker=flips)
    assert issuers == [("Mail", ISSUER, True, names.EXCHANGE_METADATA_URL)]


def test_what_a_broken_replacement_left_goes_with_its_issuer(farm: Farm) -> None:
    removal = farms.change(ChangeKind.REMOVE, entry=farms.stored(realm="old"))
    _, issuers = farm.after(removal, farms.UNFINISHED)
    assert issuers == []


def test_a_spoiled_issuer_gives_way_to_a_good_one(farm: Farm) -> None:
    """By certificate, in the farm's own realm and as a broker: what Microsoft's KB 4010011 makes of it."""
    own = "0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804"
    spoiled = farms.issuer(registered=f"{EXCHANGE}@{own}", url="", is_self_issuer=False)
    again = farms.change(
        ChangeKind.RECREATE, Field.REALM, entry=farms.stored(realm=own, metadata_url="")
    )
    made, issuers = farm.after(again, spoiled)
    assert (made, issuers) == ("<guid>", [OURS])


def test_only_our_own_issuer_is_removed(farm: Farm) -> None:
    others = farms.FARMS["others"]
    _, left = farm.after(farms.observe(), others)
    ours = farms.issuer(id=farms.SECOND)
    removal = farms.change(ChangeKind.REMOVE, entry=farms.stored(reference=str(farms.SECOND)))
    _, issuers = farm.after(removal, both(others, ours))
    assert issuers == left


EVERYTHING, NOTHING = ("FullControl", True), ("", False)


@pytest.mark.parametrize(
    ("aim", "there", "left"),
    [
        (farms.EVERYTHING_ALLOWED, farms.NOTHING, EVERYTHING),
        (farms.EVERYTHING_ALLOWED, farms.READ, EVERYTHING),
        (farms.NOTHING, farms.EVERYTHING_ALLOWED, NOTHING),
        (farms.READ, farms.EVERYTHING_ALLOWED, ("Read", False)),
        (Permission(Right.NONE, app_only=True), farms.EVERYTHING_ALLOWED, ("", True)),
        (Permission(Right.WRITE, app_only=True), farms.EVERYTHING_ALLOWED, ("Write", True)),
    ],
)
def test_a_principal_is_allowed_what_is_asked_and_no_more(
    farm: Farm, aim: Permission, there: Permission, left: tuple[str, bool]
) -> None:
    arrange = both(farms.issuer(), farms.holds(there.right, app_only=there.app_only))
    assert farm.allowed(farms.allow(aim, there), arrange) == (None, [left])


@pytest.mark.parametrize("kind", [ChangeKind.UPDATE, ChangeKind.REMOVE])
def test_what_somebody_else_changed_meanwhile_is_left(farm: Farm, kind: ChangeKind) -> None:
    arrange = both(farms.issuer(), farms.holds(Right.FULL_CONTROL))
    seen = Permission(Right.READ, app_only=True)
    failed, left = farm.allowed(farms.allow(farms.NOTHING, seen, kind), arrange)
    assert "was changed by somebody else meanwhile" in failed["obstacle"].message
    assert failed["nothing_ran"]
    assert left == [EVERYTHING]


REASONS = {"no site": Reason.ROOT_SITE_MISSING, "no databases": Reason.FORBIDDEN}


@pytest.mark.parametrize("there", REASONS)
def test_where_a_permission_cannot_be_given_nothing_is_made(farm: Farm, there: str) -> None:
    arrange = farms.ALLOWED[there]
    first = farms.change(ChangeKind.REGISTER, Field.ENTRY, declared=Right.READ)
    failed, issuers = farm.after(first, arrange)
    assert (failed["obstacle"].reason, issuers) == (REASONS[there], [])
    assert failed["obstacle"].message.startswith("Nothing is made yet")
    assert failed["nothing_ran"]
    _, issuers = farm.after(farms.REGISTER, arrange)
    assert issuers == [OURS], "where none is asked, none of that matters"


@pytest.mark.parametrize("there", REASONS)
def test_an_issuer_that_is_there_is_told_apart_from_its_permission(farm: Farm, there: str) -> None:
    failed, issuers = farm.after(farms.GIVE, both(farms.issuer(), farms.ALLOWED[there]))
    assert failed["obstacle"].message.startswith(
        "The token issuer is there, and its permission was not changed"
    )
    assert (failed["obstacle"].reason, issuers) == (REASONS[there], [OURS])
    removed, issuers = farm.after(
        farms.allow(farms.NOTHING, farms.EVERYTHING_ALLOWED, ChangeKind.REMOVE),
        both(farms.issuer(), farms.ALLOWED[there]),
    )
    assert (removed["obstacle"].reason, issuers) == (REASONS[there], [OURS])


def test_what_is_made_anew_takes_the_old_ones_permission_first(farm: Farm) -> None:
    """The old principal is not found without its issuer; the new one is given nothing yet."""
    _, left = farm.allowed(farms.ALLOWED_ANEW, farms.OLD_ALLOWED)
    assert left == [NOTHING]


@pytest.mark.parametrize("how", [Misbehaviour.FAILS_AT_ONCE, Misbehaviour.FAILS_AFTERWARDS])
def test_a_permission_that_is_refused_may_have_been_given(farm: Farm, how: Misbehaviour) -> None:
    """So what is there is read again before anything is said of it."""
    refusing = misbehaving("Set-SPAppPrincipalPermission", how)
    failed, left = farm.allowed(farms.GIVE, both(farms.issuer(), refusing))
    assert failed["obstacle"].message.startswith("The token issuer is there, and its permission")
    assert not failed["nothing_ran"]
    assert left == [NOTHING if how is Misbehaviour.FAILS_AT_ONCE else EVERYTHING]


def test_a_conflict_says_that_the_issuer_is_there(farm: Farm) -> None:
    failed, left = farm.allowed(farms.GIVE, both(farms.issuer(), farms.ALLOWED["a conflict"]))
    assert failed["obstacle"].reason is Reason.FARM_BUSY
    assert failed["obstacle"].message.startswith("The token issuer is there, and its permission")
    assert left == [NOTHING]


@pytest.mark.parametrize(
    ("there", "passed", "words"),
    [
        ("full trust", True, "the partner accepts Exchange's tokens"),
        ("one side only", False, "No partner application is configured"),
        ("an old key", False, "3000006: Token contains invalid signature. SharePoint has an old"),
        ("no permission", False, "3002002: App principal does not exist"),
        ("no bearer challenge", False, "is the web application one for HTTPS?"),
        ("out of reach", False, "Unable to connect to the remote server"),
    ],
)
def test_exchanges_test_says_what_the_farm_makes_of_its_token(
    farm: Farm, there: str, passed: bool, words: str
) -> None:
    report, _ = farm.after(farms.prove(), farms.PROVEN[there])
    assert (report["passed"], words in report["message"]) == (passed, True), report["message"]


def test_a_site_that_does_not_exist_is_a_failed_test(farm: Farm) -> None:
    nowhere = f"https://{names.PORTAL}/_vti_bin/nothing.svc"
    report, _ = farm.after(farms.prove(url=nowhere), farms.accepts_exchange)
    assert not report["passed"]
    assert "404" in report["message"]


def test_who_is_no_shell_administrator_is_told_how_to_become_one(farm: Farm) -> None:
    failed, issuers = farm.after(farms.observe(), farms.FARMS["no shell admin"])
    assert failed["nothing_ran"]
    assert "Add-SPShellAdmin" in failed["obstacle"].message
    assert issuers == []
