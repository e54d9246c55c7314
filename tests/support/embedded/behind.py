"""Applications behind token servers, for both engines: how each operation is asked for, and in which worlds."""

from __future__ import annotations

from collections.abc import Iterator
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
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import AuthServer, PartnerApplication
from partner_simulator.world.switches import Name
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import HR_ID
from support.embedded.acts import in_turn
from support.embedded.behind_worlds import (
    ACCOUNT,
    KEYS,
    ON_EXCHANGE,
    ON_LYNC,
    REALM,
    on_exchange_there,
    on_lync_there,
    people,
    there_in,
    untouched,
    with_account,
)
from support.embedded.twins import EXCHANGE_HOST, LYNC_HOST, Act, Case, Driver
from support.embedded.worlds import Arrange
from support.trust import worlds as trust_worlds

_CONTROLLER = names.DOMAIN_CONTROLLERS[0]


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
        realm=REALM,
        metadata_url="",
        kind=EntryKind.TOKEN_SERVER,
    )


def _wanted(**declared: Any) -> DesiredApplication:
    plain = trust_worlds.hr(
        url=names.TOKEN_SERVER_METADATA_URL,
        realm=declared.pop("realm", REALM),
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
        "exchange/observe: behind, ", LOOK_AT_EXCHANGE, ON_EXCHANGE, *_SEEN, "two accounts"
    )
    yield from _in("exchange/register_behind: ", REGISTER, ON_EXCHANGE)
    yield from _in("exchange/register_behind: plainly, ", REGISTER_PLAINLY, ON_EXCHANGE, *there)
    yield from _in("exchange/update_behind: ", UPDATE, ON_EXCHANGE, *_STOPPED)
    yield from _in("exchange/update_behind: ", UPDATE, there_in(ON_EXCHANGE))
    yield from _in("exchange/remove: behind, ", REMOVE, ON_EXCHANGE, *mine)
    yield from _in("exchange/update_behind: keys, ", READ_KEYS_AGAIN, KEYS)
    one_of_them = on_exchange(ChangeKind.REGISTER, Field.ENTRY, linked_account="HR")
    yield Case("exchange/register_behind: one of two", one_of_them, ON_EXCHANGE["two accounts"])


def _cases_on_lync() -> Iterator[Case]:
    second, own_realm = "there under another name", "there for Lync's own realm"
    plainly = ("nothing there", "already there", second, own_realm)
    known = ("already there", "there under two names", "the name taken", "made for another realm")
    mine = (*known, "there with keys of its own")
    taken = "the token server's name taken"
    changed = there_in({name: ON_LYNC[name] for name in (taken, _WARNED, "a hybrid")})
    yield from _in("lync/observe: behind, ", LOOK_AT_LYNC, ON_LYNC, *_SEEN)
    yield from _in("lync/register_behind: ", REGISTER_ON_LYNC, ON_LYNC)
    yield from _in("lync/register_behind: plainly, ", REGISTER_PLAINLY_ON_LYNC, ON_LYNC, *plainly)
    yield from _in("lync/register_behind: anew, ", RECREATE_ON_LYNC, ON_LYNC)
    yield from _in("lync/update: behind, ", UPDATE_ON_LYNC, changed)
    stopped = ("already there", "the name taken", *_STOPPED)
    yield from _in("lync/update: behind, ", UPDATE_ON_LYNC, ON_LYNC, *stopped)
    yield from _in("lync/remove: behind, ", REMOVE_ON_LYNC, ON_LYNC, *mine)


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
