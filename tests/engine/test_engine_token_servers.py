"""A partner behind a token server: registered, kept, removed; the token server is used, told of, and never ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    AllowedTokenServer,
    DeletionPolicy,
    DesiredApplication,
    DocumentFault,
    DocumentReading,
    EntryKind,
    LinkedAccount,
    Mode,
    Product,
    TokenServer,
    TrustLevel,
    behind_token_server,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import TokenServerStatus
from support.engine.crash import Fault
from support.engine.meanwhile import when
from support.engine.world import EXCHANGE_ON_LYNC, World, exchange_on_lync
from support.trust import worlds as values
from support.trust.worlds import HR, STS_URL, ModelServer

TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
READY = (TRUE, Reason.SUCCEEDED)
NAME = "hr"
ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
EITHER = pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
TENANT = "6f1c0000-1111-2222-3333-444455556666"
ACS = "https://accounts.accesscontrol.windows.net"


@dataclass
class StsWorld(World):
    """A server that may trust an application behind a token server which answers."""

    product: Product = Product.EXCHANGE
    create: bool = False
    host: str = "sts.litwareinc.com"
    accounts: tuple[str, ...] = ()
    there: tuple[TokenServer, ...] = field(default_factory=lambda: (values.token_server(),))

    def __post_init__(self) -> None:
        super().__post_init__()
        model = self.model
        model.documents = (*model.documents, values.sts())
        model.token_servers = self.there
        if self.product is Product.EXCHANGE:
            model.entries = values.STOCK
            self.exchange.running = dict.fromkeys(self.exchange.hosts, values.STOCK)
        self.allow(create=self.create)

    @property
    def server(self) -> str:
        return self.product.lower()

    @property
    def model(self) -> ModelServer:
        return self.organisations[self.product].model

    @property
    def changes(self) -> int:
        return self.organisations[self.product].changes

    @property
    def ours(self) -> list[Any]:
        """Entries that are not stock."""
        return [entry for entry in self.model.entries if entry not in values.STOCK]

    def allow(self, *, create: bool = False) -> None:
        line = AllowedTokenServer(self.host, create, self.accounts)
        self.cluster.change_server(self.server, allowed_token_servers=(line,))

    def ask(self, name: str = NAME, **changes: Any) -> None:
        self.cluster.add(values.hr(name, server_name=self.server, **changes))

    def message(self, name: str = NAME, kind: ConditionType = ConditionType.READY) -> str:
        found = find(self.cluster.status(name).conditions, kind)
        assert found is not None
        return found.message

    def publish(self, reading: DocumentReading) -> None:
        """What the server gets from now on under this address."""
        others = (each for each in self.model.documents if each.url != reading.url)
        self.model.documents = (*others, reading)

    def set_there(self, *there: TokenServer) -> None:
        """Somebody removes or makes token servers by hand."""
        self.model.token_servers = there

    @property
    def addresses(self) -> list[str]:
        """Of the token servers that the server trusts."""
        return [each.metadata_url for each in self.model.token_servers]

    def set(self, **changes: Any) -> None:
        """Somebody changes the token server by hand."""
        self.model.token_servers = tuple(
            replace(each, **changes) for each in self.model.token_servers
        )


def registered(product: Product = Product.EXCHANGE, **changes: Any) -> StsWorld:
    world = StsWorld(product=product, **changes)
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY, world.message()
    return world


# ---- the application


@EITHER
@pytest.mark.parametrize("realm", ["", "litwareinc.com"])
def test_it_is_registered_and_what_cannot_be_seen_is_said_once(
    product: Product, realm: str
) -> None:
    world = StsWorld(product=product)
    before = world.model.token_servers
    world.ask(realm=realm, trust_level=TrustLevel.APPLICATION)
    world.settle()
    [entry] = world.ours
    assert (entry.kind, entry.application_identifier) == (EntryKind.TOKEN_SERVER, HR)
    assert (entry.realm, entry.enabled) == (realm, True)
    assert world.model.token_servers == before
    assert world.cluster.ready(NAME) == READY
    connected = find(world.cluster.status(NAME).conditions, ConditionType.CONNECTED)
    assert connected is not None
    assert connected.reason is Reason.NOT_TESTED
    assert "cannot be seen from here" in world.message()
    writes = world.cluster.writes
    world.run_round()
    assert (world.changes, world.cluster.writes) == (1, writes)
    assert bool(world.exchange.restarts) is (product is Product.EXCHANGE)


@EITHER
def test_the_inventory_has_token_servers_and_kinds(product: Product) -> None:
    world = registered(product)
    status = world.cluster.server_statuses[world.cluster.servers[world.server].key.uid]
    assert status.token_servers == (
        TokenServerStatus("sts", STS_URL, "litwareinc.com", "", enabled=True),
    )
    if product is Product.EXCHANGE:
        assert {each.kind for each in status.undeclared} == {EntryKind.TOKEN_SERVER}
    registration = world.cluster.status(NAME).registration
    assert registration is not None
    assert registration.kind is EntryKind.TOKEN_SERVER


def _disable(world: StsWorld) -> None:
    world.model.entries = tuple(
        replace(entry, enabled=False) if entry in world.ours else entry
        for entry in world.model.entries
    )


def _remove(world: StsWorld) -> None:
    world.model.entries = tuple(entry for entry in world.model.entries if entry not in world.ours)


def _move(world: StsWorld) -> None:
    world.model.entries = tuple(
        replace(entry, realm="contoso.com") if entry in world.ours else entry
        for entry in world.model.entries
    )


@pytest.mark.parametrize(
    ("product", "drift"),
    [
        (Product.EXCHANGE, _disable),
        (Product.EXCHANGE, _remove),
        (Product.EXCHANGE, _move),
        (Product.LYNC, _disable),
        (Product.LYNC, _remove),
    ],
)
def test_drift_of_the_application_is_repaired_as_everywhere(
    product: Product, drift: Callable[[StsWorld], None]
) -> None:
    world = registered(product)
    drift(world)
    world.settle()
    kept = [each for each in world.ours if each.realm == ""]
    assert [each.enabled for each in kept] == [True]
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == world.there


@EITHER
def test_deleted_it_is_gone_and_the_token_server_still_there(product: Product) -> None:
    world = registered(product, create=True, there=())
    assert len(world.model.token_servers) == 1
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.ours == []
    assert len(world.model.token_servers) == 1


def test_one_application_may_have_an_entry_for_each_of_its_realms() -> None:
    """An empty realm is a realm like any other."""
    world = StsWorld()
    for name, realm in (("all", ""), ("a", "a.example"), ("b", "b.example")):
        world.ask(name, realm=realm)
    world.settle()
    assert world.all_ready()
    assert {entry.realm for entry in world.ours} == {"", "a.example", "b.example"}
    world.cluster.delete("a")
    world.settle()
    assert {entry.realm for entry in world.ours} == {"", "b.example"}


def test_two_objects_for_one_application_and_realm_are_in_conflict() -> None:
    world = registered()
    world.ask("twin", identity="other")
    world.settle()
    assert world.cluster.ready("twin") == (FALSE, Reason.CONFLICT)
    assert len(world.ours) == 1


def test_an_entry_that_is_there_is_adopted_and_stays() -> None:
    world = registered()
    world.cluster.applications[NAME] = replace(
        world.cluster.applications[NAME], has_finalizer=False
    )
    world.cluster.recreate(NAME)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.changes == 1
    world.cluster.applications[NAME] = replace(world.cluster.applications[NAME], has_finalizer=True)
    world.cluster.delete(NAME)
    world.settle()
    assert len(world.ours) == 1


def _began(chapter: str) -> StsWorld:
    """A world in which the next pass makes, mends or removes something."""
    if chapter == "first":
        world = StsWorld(create=True, there=())
        world.ask()
        return world
    world = registered(create=True)
    if chapter == "roll-over":
        world.publish(values.sts(certificates=(values.certificate(values.ROLLED),)))
        _disable(world)
    elif chapter == "token server gone":
        world.set_there()
    else:
        world.cluster.delete(NAME)
    world.crash.steps.clear()
    world.crash.calls.clear()
    return world


def _ended(world: StsWorld, chapter: str) -> None:
    """However it was broken off: one application, one token server, and what the object made goes with it."""
    world.settle()
    if chapter != "deletion":
        assert world.cluster.ready(NAME) == READY
        assert [entry.enabled for entry in world.ours] == [True]
        [there] = world.model.token_servers
        document = values.sts().document if chapter != "roll-over" else None
        assert there.thumbprints == (document.thumbprints if document else (values.ROLLED,))
        world.cluster.delete(NAME)
        world.settle()
    assert NAME not in world.cluster.applications
    assert world.model.entries == values.STOCK
    assert world.addresses == [STS_URL]


CHAPTERS = ("first", "roll-over", "token server gone", "deletion")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_killed_at_any_step_there_is_one_of_each(chapter: str) -> None:
    world = _began(chapter)
    world.run_pass("exchange")
    steps = len(world.crash.steps)
    assert steps > 5
    for at in range(1, steps + 1):
        world = _began(chapter)
        world.crash.at = at
        world.run_pass("exchange")
        _ended(world, chapter)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("done", [True, False])
def test_a_run_whose_answer_is_lost_leaves_the_same(chapter: str, done: bool) -> None:
    world = _began(chapter)
    world.run_pass("exchange")
    for at in range(1, len(world.crash.calls) + 1):
        world = _began(chapter)
        failure = OperationFailed(Reason.OUTCOME_UNKNOWN, "No answer.", outcome_unknown=True)
        world.crash.fault = Fault(at, failure, done_all_the_same=done)
        world.run_pass("exchange")
        _ended(world, chapter)


def test_on_lync_an_entry_may_get_lyncs_own_realm_where_none_is_given() -> None:
    """Which of the two Lync does is not known: both are the same declaration come true."""
    world = StsWorld(product=Product.LYNC)
    world.model.default_realm = "litwareinc.com"
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.realm for entry in world.ours] == ["litwareinc.com"]
    world.ask("twin", realm="litwareinc.com", identity="twin")
    world.settle(3)
    assert world.cluster.ready("twin") == (FALSE, Reason.CONFLICT)
    world.cluster.delete(NAME)
    world.settle()
    assert world.all_ready()
    assert [entry.identity for entry in world.ours] == ["twin"]


# ---- the token server


def test_one_that_is_absent_and_not_to_be_made_is_told_with_the_command() -> None:
    for product, command in (
        (
            Product.EXCHANGE,
            f"New-AuthServer -Name 'sts.litwareinc.com' -AuthMetadataUrl '{STS_URL}'",
        ),
        (
            Product.LYNC,
            f"New-CsOAuthServer -Identity 'sts.litwareinc.com' -MetadataUrl '{STS_URL}'",
        ),
    ):
        world = StsWorld(product=product, there=())
        world.ask()
        world.settle()
        assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_MISSING)
        assert command in world.message()
        world.cluster.change(NAME, mode=Mode.OBSERVE)
        world.run_round()
        plan = world.cluster.status(NAME).plan
        # What nobody may do is no plan.
        restart = ["restart"] if product is Product.EXCHANGE else []
        assert [line.partition(":")[0] for line in plan] == ["entry", *restart]
        world.cluster.change(NAME, mode=Mode.ENFORCE)
        assert world.changes == 0
        world.model.token_servers = (values.token_server("made by hand"),)
        world.settle()
        assert world.cluster.ready(NAME) == READY


@EITHER
def test_one_that_may_be_made_is_made_first_and_the_plan_says_whom_it_vouches_for(
    product: Product,
) -> None:
    world = StsWorld(product=product, create=True, there=())
    world.ask(mode=Mode.OBSERVE)
    world.settle(3)
    plan = "\n".join(world.cluster.status(NAME).plan)
    assert f"tokenServer: (none) -> {STS_URL}" in plan
    assert "vouches for all applications that use token servers" in plan
    assert ("SfBLegacy" in plan) is (product is Product.EXCHANGE)
    assert "vouch for every application" in world.message()
    assert (world.changes, world.model.token_servers) == (0, ())
    world.cluster.change(NAME, mode=Mode.ENFORCE)
    world.settle()
    assert world.addresses == [STS_URL]
    assert world.cluster.ready(NAME) == READY
    assert len(world.model.writes) == 1


def test_it_is_made_again_where_somebody_removed_it_and_iis_is_restarted() -> None:
    world = registered(create=True)
    restarts = sum(world.exchange.restarts.values())
    world.set_there()
    world.settle()
    assert world.addresses == [STS_URL]
    assert world.cluster.ready(NAME) == READY
    assert sum(world.exchange.restarts.values()) == restarts + 2


@EITHER
@pytest.mark.parametrize("spelled", [f"{STS_URL}/", f"{STS_URL}?realm=litwareinc.com"])
def test_two_objects_that_spell_one_token_server_otherwise_make_one(
    product: Product, spelled: str
) -> None:
    world = StsWorld(product=product, create=True, there=())
    world.publish(values.sts(spelled))
    world.ask("one")
    world.ask("other", url=spelled, identifier=HR.replace("0", "1"))
    world.settle()
    assert world.all_ready()
    assert len(world.addresses) == 1
    assert len(world.ours) == 2


def test_those_of_clouds_are_never_made() -> None:
    url = f"{ACS}/{TENANT}/metadata/json/1"
    world = StsWorld(create=True, host="accounts.accesscontrol.windows.net", there=())
    world.publish(values.sts(url, TENANT))
    world.ask(url=url)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_MISSING)
    assert "hybrid set-up" in world.message()
    assert world.changes == 0


def test_a_disabled_one_is_told_and_never_enabled() -> None:
    world = registered(create=True)
    world.set(enabled=False)
    stored = world.model.token_servers
    _disable(world)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_DISABLED)
    assert "Set-AuthServer -Identity 'sts' -Enabled $true" in world.message()
    assert world.model.token_servers == stored
    # While it is so, the application is not opened to the others.
    assert [entry.enabled for entry in world.ours] == [False]
    world.set(enabled=True)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.enabled for entry in world.ours] == [True]


@EITHER
@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({"realm": "old.example"}, "realm old.example, not litwareinc.com"),
        ({"issuer": "https://old.example/"}, "issuer https://old.example, not "),
        (
            {"realm": "old.example", "issuer": TENANT},
            f"realm old.example, not litwareinc.com and issuer {TENANT}, not ",
        ),
    ],
)
def test_one_that_is_not_what_its_document_says_is_told_and_never_mended(
    product: Product, kept: dict[str, str], told: str
) -> None:
    """Whatever else it would need: neither its keys are read again, nor is the application opened to the others."""
    world = registered(product, create=True)
    world.set(**kept, thumbprints=("EE" * 20,))
    stored = world.model.token_servers
    _disable(world)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_DIFFERS)
    assert told in world.message()
    command = "Set-AuthServer" if product is Product.EXCHANGE else "Remove-CsOAuthServer"
    assert f"{command} -Identity 'sts'" in world.message()
    assert world.model.token_servers == stored
    assert [entry.enabled for entry in world.ours] == [False]
    world.set_there(values.token_server())
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.enabled for entry in world.ours] == [True]


@pytest.mark.parametrize(
    "kept",
    [
        {"realm": "", "issuer": ""},
        {"realm": "*"},
        {"realm": "LITWAREINC.com", "issuer": values.STS_ID.upper()},
        {"issuer": f"{values.STS_ID}@other.example"},
    ],
)
@EITHER
def test_what_is_not_said_or_spelled_otherwise_is_no_difference(
    product: Product, kept: dict[str, str]
) -> None:
    assert registered(product, there=(values.token_server(**kept),)).changes == 1


def test_lyncs_own_realm_is_what_it_may_have_put_in_by_itself() -> None:
    world = StsWorld(product=Product.LYNC, there=(values.token_server(realm="lync.example"),))
    world.model.default_realm = "lync.example"
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY


def test_without_its_document_nothing_is_known_to_differ() -> None:
    world = registered()
    world.set(realm="old.example")
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.settle()
    assert world.cluster.ready(NAME) == READY


def test_beside_one_that_is_as_its_document_says_another_one_does_not_matter() -> None:
    old = values.token_server("a", realm="old.example", thumbprints=("EE" * 20,))
    world = registered(there=(old, values.token_server("b")))
    rolled = values.certificate(values.ROLLED)
    world.publish(values.sts(certificates=(rolled,)))
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers[0] == old
    assert world.model.token_servers[1].thumbprints == (values.ROLLED,)


def test_any_enabled_match_is_enough() -> None:
    """A page's name beside the wizard's is normal."""
    there = (values.token_server("one", enabled=False), values.token_server("two"))
    assert registered(there=there).model.token_servers == there


@EITHER
@pytest.mark.parametrize("create", [False, True])
def test_a_tenant_that_nobody_can_tell_is_neither_there_nor_missing(
    product: Product, create: bool
) -> None:
    url = "https://sts.litwareinc.com/litwareinc.com/metadata/json/1"
    other = f"https://sts.litwareinc.com/{TENANT}/metadata/json/1"
    there = (values.token_server("sts", other, realm=""),)
    world = StsWorld(product=product, create=create, there=there)
    world.publish(DocumentReading(url, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask(url=url)
    world.settle(3)
    ready = world.cluster.ready(NAME)
    assert ready == (FALSE, Reason.METADATA_UNREACHABLE)
    assert "may be there as sts, or not" in world.message()
    assert (world.changes, world.model.token_servers) == (0, there)
    world.publish(values.sts(url, TENANT))
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == there


def test_a_document_out_of_reach_is_not_needed_where_the_token_server_is_there() -> None:
    """Servers fetch it through a proxy that the operator's script does not take."""
    world = StsWorld()
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert len(world.ours) == 1
    world = StsWorld(create=True, there=())
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_UNREACHABLE)
    assert world.changes == 0


@pytest.mark.parametrize("detail", ["The URL gave an HTML or XML page.", "It has no serviceName."])
def test_a_document_of_another_form_stops_it_and_says_which_is_needed(detail: str) -> None:
    world = StsWorld()
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.INVALID, detail=detail))
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_INVALID)
    assert "Of a token server only the JSON document can be used" in world.message()
    assert world.changes == 0


def test_a_products_own_document_is_no_token_servers() -> None:
    world = StsWorld(host="*.litwareinc.com")
    world.ask(url=values.LYNC_URL)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_WRONG_PRODUCT)


def test_a_list_that_is_not_whole_proves_no_absence() -> None:
    world = StsWorld(create=True, there=())
    world.model.token_servers_fault = "Get-AuthServer warned: careful"
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.INCOMPLETE_READ)
    assert world.addresses == []


def test_several_that_vanish_together_are_not_absent_until_a_human_says_so() -> None:
    """Else an account that loses a part of its view makes a second token server."""
    there = (values.token_server(), values.token_server("other", "https://other.example/"))
    world = registered(create=True, there=there)
    world.set_there()
    world.clock.instant += timedelta(minutes=11)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.INCOMPLETE_READ)
    assert "missing together: other, sts" in world.message()
    assert world.addresses == []
    server = world.cluster.servers["exchange"]
    world.cluster.servers["exchange"] = replace(server, reconcile_requested_at="they were removed")
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.addresses == [STS_URL]


def test_a_roll_over_makes_exchange_read_it_again_without_a_restart() -> None:
    world = registered()
    restarts = dict(world.exchange.restarts)
    rolled = values.certificate(values.ROLLED)
    world.publish(values.sts(certificates=(rolled,)))
    world.settle()
    assert world.model.token_servers[0].thumbprints == (values.ROLLED,)
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.ready(NAME) == READY


@pytest.mark.parametrize("kind", ["AzureAD", "azuread", "ADFS"])
def test_those_that_users_log_on_through_are_not_even_read_again(kind: str) -> None:
    world = StsWorld(there=(values.token_server(type=kind, thumbprints=("EE" * 20,)),))
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == world.there


def test_keys_that_are_not_shown_are_read_again_when_a_human_asks_once() -> None:
    world = registered(there=(values.token_server(thumbprints=None),))
    changes = world.changes
    world.cluster.request(NAME, "now")
    world.settle()
    world.clock.instant += timedelta(minutes=11)
    world.settle()
    assert world.changes == changes + 1
    assert world.cluster.ready(NAME) == READY


# ---- whose word it is


def test_what_the_owner_does_not_name_is_neither_fetched_nor_registered() -> None:
    world = StsWorld(host="other.litwareinc.com")
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
    assert (
        "spec.allowedTokenServers of the server names no host sts.litwareinc.com" in world.message()
    )
    assert world.changes == 0


def test_allowed_partners_name_no_token_servers() -> None:
    world = StsWorld(host="other.litwareinc.com")
    world.cluster.change_server("exchange", allowed_partners=values.OURS)
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)


@pytest.mark.parametrize("accounts", [(), ("litwareinc.com/Users/Other",)])
def test_an_account_needs_the_owners_word(accounts: tuple[str, ...]) -> None:
    world = StsWorld(accounts=accounts)
    world.ask(linked_account=ACCOUNT)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
    assert f"to act with the account {ACCOUNT}" in world.message()
    assert world.changes == 0


def test_an_allowed_account_is_linked_and_kept() -> None:
    world = StsWorld(accounts=(ACCOUNT.upper(),))
    world.ask(linked_account=ACCOUNT)
    world.settle()
    [entry] = world.ours
    assert entry.linked_account == LinkedAccount(ACCOUNT, ())
    other = replace(entry, linked_account=LinkedAccount("litwareinc.com/Users/Admin", ()))
    world.model.entries = (*values.STOCK, other)
    world.settle()
    assert world.ours[0].linked_account.canonical_name == ACCOUNT
    assert world.cluster.ready(NAME) == READY


@pytest.mark.parametrize(
    ("count", "reason"), [(0, Reason.LINKED_ACCOUNT_MISSING), (2, Reason.AMBIGUOUS)]
)
def test_an_account_that_cannot_be_linked_stops_before_anything_is_made(
    count: int, reason: Reason
) -> None:
    """A human makes it when he likes; then the next pass goes on."""
    world = StsWorld(accounts=(ACCOUNT,), create=True, there=())
    world.model.accounts = {ACCOUNT.upper(): count}
    world.ask(linked_account=ACCOUNT)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, reason)
    assert ACCOUNT in world.message()
    stalled = find(world.cluster.status(NAME).conditions, ConditionType.STALLED)
    assert stalled is not None
    writes = world.cluster.writes
    world.run_round()
    assert (world.changes, world.addresses, world.cluster.writes) == (0, [], writes)
    world.model.accounts = {ACCOUNT: 1}
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.ours[0].linked_account.canonical_name == ACCOUNT


def test_an_account_that_is_gone_stops_what_needs_it_and_nothing_else() -> None:
    world = StsWorld(accounts=(ACCOUNT,))
    world.ask(linked_account=ACCOUNT)
    world.settle()
    world.model.accounts = {ACCOUNT: 0}
    _disable(world)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    lost = replace(world.ours[0], linked_account=None)
    world.model.entries = (*values.STOCK, lost)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.LINKED_ACCOUNT_MISSING)
    assert world.ours == [lost]


def test_without_a_declared_account_whichever_it_has_is_left() -> None:
    world = registered()
    entry = replace(world.ours[0], linked_account=LinkedAccount(ACCOUNT, ("UserApplication",)))
    world.model.entries = (*values.STOCK, entry)
    world.settle()
    assert world.ours == [entry]


def test_an_owners_word_that_is_taken_back_meanwhile_is_heard_before_the_registration() -> None:
    world = StsWorld()
    world.ask()
    when(
        world,
        "Exchange observe done",
        lambda: world.cluster.change_server("exchange", allowed_token_servers=()),
    )
    world.settle(3)
    assert world.ours == []
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)


# ---- what others own


def behind(identifier: str, realm: str = "", **changes: Any) -> DesiredApplication:
    partner = behind_token_server(identifier, realm, STS_URL)
    return replace(values.hr(server_name="exchange"), partner=partner, **changes)


@pytest.mark.parametrize("policy", [None, DeletionPolicy.REMOVE])
def test_what_a_hybrid_set_up_made_is_neither_changed_nor_removed(
    policy: DeletionPolicy | None,
) -> None:
    """SfBLegacy has Lync's identifier and no realm; an object may name just that."""
    world = StsWorld(accounts=(ACCOUNT,))
    lync = values.metadata(Product.LYNC).application_identifier
    world.cluster.add(behind(lync, linked_account=ACCOUNT, deletion_policy=policy))
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert "SfBLegacy belongs to the hybrid set-up" in world.message()
    world.cluster.applications[NAME] = replace(world.cluster.applications[NAME], has_finalizer=True)
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.model.entries == values.STOCK
    assert world.changes == 0


@pytest.mark.parametrize("registered_before", [False, True])
@pytest.mark.parametrize(
    ("product", "name"),
    [
        (Product.EXCHANGE, "sfblegacy"),
        (Product.EXCHANGE, "TeamsScheduler"),
        (Product.LYNC, "microsoft.exchange"),
    ],
)
def test_a_name_of_the_hybrid_set_up_is_given_to_nothing(
    product: Product, name: str, registered_before: bool
) -> None:
    """Its scripts would take the entry for theirs, and the operator could never remove it."""
    world = StsWorld(product=product)
    world.model.entries = stock = values.STOCK[:1] if product is Product.EXCHANGE else ()
    identifier = HR
    if product is Product.LYNC:
        identifier = values.metadata(Product.EXCHANGE).application_identifier
    wanted = replace(behind(identifier, "online.example"), server_name=world.server)
    if registered_before:
        world.cluster.add(wanted)
        world.settle()
        assert world.cluster.ready(NAME) == READY
        stock = world.model.entries
        world.cluster.change(NAME, identity=name)
    else:
        world.cluster.add(replace(wanted, identity=name))
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert f"{name} is a name of the hybrid set-up" in world.message()
    assert world.model.entries == stock


def test_beside_a_stock_entry_the_one_that_a_human_made_is_meant() -> None:
    """A page of Microsoft's has people make one for Skype for Business Online, without a realm."""
    world = StsWorld()
    lync = values.metadata(Product.LYNC).application_identifier
    by_hand = replace(values.STOCK[1], reference="by-hand", identity="SfBOnline")
    world.model.entries = (*values.STOCK, by_hand)
    world.cluster.add(behind(lync))
    world.settle()
    assert world.cluster.ready(NAME) == READY, world.message()
    registration = world.cluster.status(NAME).registration
    assert registration is not None
    assert (registration.identity, registration.created_by_us) == ("SfBOnline", False)
    assert world.changes == 0


@EITHER
def test_an_identifier_of_a_product_is_never_mixed_up_with_the_entry_on_premises(
    product: Product,
) -> None:
    world = StsWorld(product=product)
    other = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    identifier = values.metadata(other).application_identifier
    on_premises = values.application(
        other, "product", server_name=world.server, has_finalizer=False
    )
    world.cluster.add(replace(behind(identifier, "online.example"), server_name=world.server))
    world.cluster.add(on_premises)
    world.settle()
    assert world.all_ready()
    assert {(entry.kind, entry.realm) for entry in world.ours} == {
        (EntryKind.TOKEN_SERVER, "online.example"),
        (EntryKind.OWN_KEYS, "litwareinc.com"),
    }
    world.cluster.delete(NAME)
    world.settle()
    assert [entry.kind for entry in world.ours] == [EntryKind.OWN_KEYS]


@pytest.mark.parametrize("name", ["Exchange", "microsoft.exchange"])
def test_a_trust_that_a_hybrid_script_turned_is_told_and_never_turned_back(name: str) -> None:
    world = World()
    old = values.entry(Product.EXCHANGE, Product.LYNC, reference=name, identity=name)
    world.lync.model.entries = (old,)
    world.cluster.add(exchange_on_lync(connectivity_test=None))
    world.settle()
    assert world.all_ready()
    turned = replace(old, kind=EntryKind.TOKEN_SERVER, metadata_url="")
    world.lync.model.entries = (turned,)
    world.clock.instant += timedelta(minutes=11)
    world.settle(3)
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (FALSE, Reason.CONFLICT)
    found = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.READY)
    assert found is not None
    assert "gets its tokens from a token server now" in found.message
    assert world.lync.model.entries == (turned,)
    assert not world.cluster.told(Reason.VANISHED)
    world.lync.model.entries = (old,)
    world.settle()
    assert world.all_ready()


def test_an_entry_of_ours_that_got_keys_of_its_own_is_told() -> None:
    world = registered()
    turned = replace(world.ours[0], kind=EntryKind.OWN_KEYS, metadata_url="https://evil.example/")
    world.model.entries = (*values.STOCK, turned)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert world.ours == [turned]
    world.cluster.delete(NAME)
    world.settle()
    assert world.ours == [turned]
