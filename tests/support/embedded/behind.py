"""Applications behind token servers, for both engines: worlds that they are tried in, and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from partner_operator.trust.model import (
    AllowedTokenServer,
    DesiredApplication,
    Entry,
    EntryKind,
    Observed,
    Product,
)
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.hybrid_people import HybridActions
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import AuthServer, PartnerApplication, RecipientType, User
from partner_simulator.world.switches import Name
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import HR_ID
from support.embedded.acts import in_turn
from support.embedded.lync_worlds import lync_trusts
from support.embedded.twins import EXCHANGE_HOST, LYNC_HOST, Act, Case, Driver
from support.embedded.worlds import CORRUPTED, LETTERS, Arrange, both, warning
from support.trust import worlds as trust_worlds

_CONTROLLER = names.DOMAIN_CONTROLLERS[0]
_REALM = names.TOKEN_REALM
ACCOUNT = f"{names.DOMAIN}/Users/HR"


class _People(HybridActions):
    """Whoever works on a domain by hand."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain


def people(*done: Callable[[_People], object]) -> Arrange:
    """What people did, long ago. The token server has its key: two domains could never make the same.

    Lync's replicas know of everything at once, so that what is seen of them depends on no haste.
    """

    def arrange(domain: Domain) -> None:
        domain.cms.delay_seconds = 0
        at_work = _People(domain)
        assert at_work.token_server().keys
        for each in done:
            each(at_work)
        domain.cms.settle()

    return arrange


def _two_accounts(domain: Domain) -> None:
    """Two accounts of the name, in two other domains of the forest."""
    for where in (names.CHILD_DOMAIN, f"apac.{names.DOMAIN}"):
        made = User("HR", where[:20], f"HR@{where}", RecipientType.MAIL_USER, domain=where)
        domain.directory.write(made)


def _own_keys(domain: Domain) -> None:
    """An entry for the application that is trusted by keys of its own."""
    now = domain.clock.now()
    url = "https://hr.litwareinc.com/metadata/json/1"
    entry = PartnerApplication("Other", HR_ID, now, now, auth_metadata_url=url)
    domain.directory.write(entry)


def _there_too(domain: Domain) -> None:
    """Whatever else there is, the application is there on both products."""
    at_work = _People(domain)
    if not any(
        e.application_identifier == HR_ID for e in domain.directory.find(PartnerApplication)
    ):
        at_work.register_application("Mine", HR_ID, realm=_REALM)
    if "hr" not in domain.cms.state.applications:
        at_work.register_application_on_lync("HR", HR_ID, realm=_REALM)
        domain.cms.settle()


def _there_in(worlds: dict[str, Arrange]) -> dict[str, Arrange]:
    return {f"there, {name}": both(arrange, _there_too) for name, arrange in worlds.items()}


untouched = people()
with_account = people(lambda they: they.make_linked_account("HR", "UserApplication"))
vouched = people(lambda they: they.trust_token_server("STS"))
on_exchange_there = people(
    lambda they: they.make_linked_account("HR"),
    lambda they: they.trust_token_server("STS"),
    lambda they: they.register_application("HR", HR_ID, realm=_REALM, linked_account=ACCOUNT),
)
_ON_EXCHANGE: dict[str, Arrange] = {
    "nothing there": untouched,
    "the account there": with_account,
    "the token server there": both(with_account, vouched),
    "the token server there, with a slash": both(
        with_account,
        people(
            lambda they: they.trust_token_server("STS"),
            lambda they: they.change_token_server(
                "STS", auth_metadata_url=f"{names.TOKEN_SERVER_METADATA_URL}/"
            ),
        ),
    ),
    "the token server's name taken": both(
        with_account,
        people(
            lambda they: they.trust_token_server(names.TOKEN_SERVER),
            lambda they: they.change_token_server(
                names.TOKEN_SERVER, auth_metadata_url="https://old.example/x"
            ),
        ),
    ),
    "already there": on_exchange_there,
    "there twice": both(
        on_exchange_there,
        people(lambda they: they.register_application("Again", HR_ID, realm=_REALM)),
    ),
    "there for another realm": both(
        with_account, people(lambda they: they.register_application("Other", HR_ID, realm="other"))
    ),
    "there for no realm": both(
        with_account, people(lambda they: they.register_application("Other", HR_ID))
    ),
    "there with keys of its own": both(with_account, untouched, _own_keys),
    "the name taken": both(
        with_account, people(lambda they: they.register_application("HR", names.GRAPH_ID))
    ),
    "two accounts": both(untouched, _two_accounts),
    "a hybrid": both(with_account, people(lambda they: they.hybrid())),
    "a document without issuer": both(
        with_account,
        people(lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)),
    ),
    "a document in XML": both(
        with_account, people(lambda they: they.publish_token_document(Shape.FEDERATION))
    ),
    "token servers that are warned about": warning(
        CORRUPTED.format("STS"), cmdlet="Get-AuthServer", there=both(with_account, vouched)
    ),
    "token servers that may be more": warning(
        "There are more.", cmdlet="Get-AuthServer", there=both(with_account, vouched)
    ),
    "a list that is not whole": warning("There are more.", there=with_account),
}
"""Where an application is registered, or changed, on Exchange."""

_KEYS: dict[str, Arrange] = {
    "of a token server there": on_exchange_there,
    "in a hybrid": both(on_exchange_there, people(lambda they: they.hybrid())),
    "without issuer": both(
        on_exchange_there,
        people(lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)),
    ),
}
"""Where the keys of a token server are read again."""

on_lync_there = people(
    lambda they: they.trust_token_server_on_lync("STS"),
    lambda they: they.register_application_on_lync("HR", HR_ID, realm=_REALM),
)
_ON_LYNC: dict[str, Arrange] = {
    "nothing there": untouched,
    "the token server there": people(lambda they: they.trust_token_server_on_lync("STS")),
    "the token server's name taken": people(
        lambda they: they.trust_token_server_on_lync(
            names.TOKEN_SERVER, f"{names.TOKEN_SERVER_METADATA_URL}?realm={_REALM}"
        )
    ),
    "already there": on_lync_there,
    "there under another name": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm=_REALM)
    ),
    "there under two names": both(
        on_lync_there,
        people(lambda they: they.register_application_on_lync("Other", HR_ID, realm=_REALM)),
    ),
    "there for another realm": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm="other")
    ),
    "made for another realm": people(
        lambda they: they.register_application_on_lync("HR", HR_ID, realm="other")
    ),
    "there with keys of its own": both(
        untouched, lync_trusts(identity="HR", application_identifier=HR_ID, realm=_REALM)
    ),
    "there for Lync's own realm": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm=names.DOMAIN)
    ),
    "the name taken": people(
        lambda they: they.register_application_on_lync("HR", names.GRAPH_ID, realm=_REALM)
    ),
    "odd letters": people(
        lambda they: they.register_application_on_lync(LETTERS, HR_ID, realm=_REALM)
    ),
    "a hybrid": people(lambda they: they.hybrid()),
    "a document without issuer": people(
        lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)
    ),
    "a document in XML": people(lambda they: they.publish_token_document(Shape.FEDERATION)),
    "token servers that are warned about": warning(
        CORRUPTED.format("STS"), cmdlet="Get-CsOAuthServer", there=on_lync_there
    ),
    "token servers that may be more": warning(
        "There are more.", cmdlet="Get-CsOAuthServer", there=on_lync_there
    ),
    "a list that is not whole": warning(
        "There are more.", cmdlet="Get-CsPartnerApplication", there=untouched
    ),
}
"""Where an application is registered, or changed, on Lync."""


def _seen(domain: Domain, product: Product, fields: tuple[Field, ...]) -> Observed:
    """What an observe run told. Who makes a token server saw none; somebody else may have been faster."""
    servers = [] if Field.TOKEN_SERVER in fields else domain.directory.find(AuthServer)
    known = (
        trust_worlds.token_server(
            each.name, each.auth_metadata_url, reference=str(each.guid), thumbprints=("AB",)
        )
        for each in servers
    )
    return trust_worlds.observed(
        product,
        host=EXCHANGE_HOST if product is Product.EXCHANGE else LYNC_HOST,
        domain_controller=_CONTROLLER,
        documents=[trust_worlds.sts(names.TOKEN_SERVER_METADATA_URL)],
        token_servers=tuple(known),
        default_realm=names.DOMAIN,
    )


def _entry(domain: Domain, product: Product, reference: str) -> Entry:
    """The application's entry, as an observe run told it."""
    if not reference:
        found = (
            str(each.guid)
            for each in domain.directory.find(PartnerApplication)
            if each.application_identifier == HR_ID
        )
        reference = next(found, "CN=gone")
    return trust_worlds.entry(
        Product.LYNC,
        on=product,
        reference=reference,
        identity="HR",
        application_identifier=HR_ID,
        realm=_REALM,
        metadata_url="",
        kind=EntryKind.TOKEN_SERVER,
    )


def _wanted(**declared: Any) -> DesiredApplication:
    plain = trust_worlds.hr(
        url=names.TOKEN_SERVER_METADATA_URL,
        realm=declared.pop("realm", _REALM),
        identifier=HR_ID,
    )
    return replace(plain, **({"identity": "HR"} | declared))


def on_exchange(kind: ChangeKind, *fields: Field, **declared: Any) -> Act:
    """One change of Exchange's entry for the application."""

    async def act(driver: Driver) -> Any:
        wanted = _wanted(**declared)
        entry = None
        if kind is not ChangeKind.REGISTER:
            entry = _entry(driver.domain, Product.EXCHANGE, "")
        seen = _seen(driver.domain, Product.EXCHANGE, fields)
        change = _change(kind, wanted, entry, fields)
        server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
        return await driver.exchange.on(server, logon, EXCHANGE_HOST).apply(seen, change, wanted)

    return act


def on_lync(kind: ChangeKind, *fields: Field, reference: str = "HR", **declared: Any) -> Act:
    """One change of Lync's entry for the application."""

    async def act(driver: Driver) -> Any:
        wanted = _wanted(**declared)
        entry = None
        if kind is not ChangeKind.REGISTER:
            entry = _entry(driver.domain, Product.LYNC, reference)
        seen = _seen(driver.domain, Product.LYNC, fields)
        change = _change(kind, wanted, entry, fields)
        server, logon = driver.server(Product.LYNC), driver.logon(Product.LYNC)
        return await driver.lync.on(server, logon, LYNC_HOST).apply(seen, change, wanted)

    return act


def _change(
    kind: ChangeKind, wanted: DesiredApplication, entry: Entry | None, fields: tuple[Field, ...]
) -> Change:
    differences = tuple(Difference(field, "old", "new") for field in fields)
    return Change(kind, wanted.key, entry, differences, True)


def _look(product: Product) -> Act:
    async def act(driver: Driver) -> Any:
        operations = driver.exchange if product is Product.EXCHANGE else driver.lync
        server, logon = driver.server(product), driver.logon(product)
        line = AllowedTokenServer("*", linked_accounts=(ACCOUNT, "HR", "nobody"))
        server = replace(server, allowed_token_servers=(line,))
        controller = _CONTROLLER if product is Product.EXCHANGE else None
        return await operations.on(server, logon, server.hosts[0]).observe((), controller)

    return act


LOOK_AT_EXCHANGE, LOOK_AT_LYNC = _look(Product.EXCHANGE), _look(Product.LYNC)
REGISTER = on_exchange(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER, linked_account=ACCOUNT)
REGISTER_PLAINLY = on_exchange(ChangeKind.REGISTER, Field.ENTRY, realm="")
UPDATE = on_exchange(
    ChangeKind.UPDATE,
    Field.REALM,
    Field.ENABLED,
    Field.LINKED_ACCOUNT,
    Field.IDENTITY,
    Field.TOKEN_SERVER,
    linked_account=ACCOUNT,
    identity="HR 2",
)
READ_KEYS_AGAIN = on_exchange(ChangeKind.UPDATE, Field.TOKEN_SERVER_KEYS)
REMOVE = on_exchange(ChangeKind.REMOVE)
REGISTER_ON_LYNC = on_lync(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER)
REGISTER_PLAINLY_ON_LYNC = on_lync(ChangeKind.REGISTER, Field.ENTRY, realm="")
RECREATE_ON_LYNC = on_lync(
    ChangeKind.RECREATE, Field.IDENTITY, Field.TOKEN_SERVER, identity="Other"
)
UPDATE_ON_LYNC = on_lync(
    ChangeKind.UPDATE, Field.TRUST_LEVEL, Field.ENABLED, Field.TOKEN_SERVER, trust_level="User"
)
REMOVE_ON_LYNC = on_lync(ChangeKind.REMOVE)

OPERATIONS: dict[str, tuple[Act, Arrange]] = {
    "exchange/register_behind": (REGISTER, with_account),
    "exchange/update_behind": (UPDATE, on_exchange_there),
    "lync/register_behind": (RECREATE_ON_LYNC, on_lync_there),
}


def _in(name: str, act: Act, worlds: dict[str, Arrange], *which: str) -> Iterator[Case]:
    for world in which or worlds:
        yield Case(f"{name}{world}", act, worlds[world])


_WARNED, _UNSURE = "token servers that are warned about", "token servers that may be more"
_SEEN = ("already there", "a hybrid", _WARNED, _UNSURE)
_STOPPED = ("nothing there", "there with keys of its own")


def cases() -> Iterator[Case]:
    """Every operation, in the worlds that change its answer."""
    yield from _cases_on_exchange()
    yield from _cases_on_lync()


def _cases_on_exchange() -> Iterator[Case]:
    there = ("already there", "there for no realm", "there twice", "a hybrid")
    mine = ("already there", "there twice", "there for another realm", "there with keys of its own")
    yield from _in(
        "exchange/observe: behind, ", LOOK_AT_EXCHANGE, _ON_EXCHANGE, *_SEEN, "two accounts"
    )
    yield from _in("exchange/register_behind: ", REGISTER, _ON_EXCHANGE)
    yield from _in("exchange/register_behind: plainly, ", REGISTER_PLAINLY, _ON_EXCHANGE, *there)
    yield from _in("exchange/update_behind: ", UPDATE, _ON_EXCHANGE, *_STOPPED)
    yield from _in("exchange/update_behind: ", UPDATE, _there_in(_ON_EXCHANGE))
    yield from _in("exchange/remove: behind, ", REMOVE, _ON_EXCHANGE, *mine)
    yield from _in("exchange/update_behind: keys, ", READ_KEYS_AGAIN, _KEYS)
    one_of_them = on_exchange(ChangeKind.REGISTER, Field.ENTRY, linked_account="HR")
    yield Case("exchange/register_behind: one of two", one_of_them, _ON_EXCHANGE["two accounts"])


def _cases_on_lync() -> Iterator[Case]:
    second, own_realm = "there under another name", "there for Lync's own realm"
    plainly = ("nothing there", "already there", second, own_realm)
    known = ("already there", "there under two names", "the name taken", "made for another realm")
    mine = (*known, "there with keys of its own")
    taken = "the token server's name taken"
    changed = _there_in({name: _ON_LYNC[name] for name in (taken, _WARNED, "a hybrid")})
    yield from _in("lync/observe: behind, ", LOOK_AT_LYNC, _ON_LYNC, *_SEEN)
    yield from _in("lync/register_behind: ", REGISTER_ON_LYNC, _ON_LYNC)
    yield from _in("lync/register_behind: plainly, ", REGISTER_PLAINLY_ON_LYNC, _ON_LYNC, *plainly)
    yield from _in("lync/register_behind: anew, ", RECREATE_ON_LYNC, _ON_LYNC)
    yield from _in("lync/update: behind, ", UPDATE_ON_LYNC, changed)
    stopped = ("already there", "the name taken", *_STOPPED)
    yield from _in("lync/update: behind, ", UPDATE_ON_LYNC, _ON_LYNC, *stopped)
    yield from _in("lync/remove: behind, ", REMOVE_ON_LYNC, _ON_LYNC, *mine)


_ISSUERLESS = people(
    lambda they: they.make_linked_account("HR"),
    lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER),
)
STORY: dict[str, tuple[Act, Arrange]] = {
    "exchange/observe behind": (LOOK_AT_EXCHANGE, on_exchange_there),
    "exchange/register_behind": (in_turn(REGISTER, LOOK_AT_EXCHANGE), with_account),
    "exchange/register_behind without issuer": (
        in_turn(REGISTER, LOOK_AT_EXCHANGE),
        _ISSUERLESS,
    ),
    "exchange/update_behind": (in_turn(UPDATE, LOOK_AT_EXCHANGE), on_exchange_there),
    "lync/observe behind": (LOOK_AT_LYNC, people(lambda they: they.hybrid())),
    "lync/register_behind": (in_turn(REGISTER_PLAINLY_ON_LYNC, LOOK_AT_LYNC), untouched),
    "lync/register_behind without issuer": (
        in_turn(REGISTER_ON_LYNC, LOOK_AT_LYNC),
        _ISSUERLESS,
    ),
}

SHOWN_BY: dict[Name, tuple[str, ...]] = {
    Name.AUTH_SERVER_CERTIFICATES: ("exchange/observe behind",),
    Name.AUTH_SERVER_TYPE: ("exchange/register_behind",),
    Name.AUTH_ADMIN_REFRESHES: (),
    Name.ISSUER_NEEDED: (
        "exchange/register_behind without issuer",
        "lync/register_behind without issuer",
    ),
    Name.CHALLENGE_APPLICATIONS: (),
    Name.LYNC_COPIES_SERVER_KEYS: (),
    Name.LYNC_UNSAID_REALM: ("lync/register_behind",),
}
"""Of guesses about token servers. Some show only in time, in tokens, or in a challenge that no operation looks at."""
