"""What is done in both engines: every operation, in every world that could change its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from partner_operator.engine.ports import Wanted
from partner_operator.trust.model import Authentication, ConnectivityTest, Observed, Product
from partner_operator.trust.plan import OF_TOKEN_SERVERS, Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from partner_simulator.world.sharepoint_switches import SHAREPOINT_ROWS
from partner_simulator.world.switches import ROWS, Name
from partner_simulator.world.token_server import HR_ID
from support.embedded import behind as behind
from support.embedded import farms as farms
from support.embedded import worlds as worlds
from support.embedded.twins import EXCHANGE_HOST, LYNC_HOST, Act, Case, Driver
from support.embedded.worlds import Arrange, both, entry_of, full_trust, lync_trusts, trusted
from support.trust import worlds as trust_worlds

URLS = (names.LYNC_METADATA_URL, names.EXCHANGE_METADATA_URL, f"https://{EXCHANGE_HOST}/nothing")
_ADDRESS = {
    Product.EXCHANGE: names.EXCHANGE_METADATA_URL,
    Product.LYNC: names.LYNC_METADATA_URL,
    Product.SHAREPOINT: names.SHAREPOINT_METADATA_URL,
}
_SIP = f"sip:kenmyer@{names.DOMAIN}"
_CONTROLLER = names.DOMAIN_CONTROLLERS[0]


def observe(
    product: Product,
    *urls: str,
    controller: str | None = None,
    authentication: Authentication | None = None,
    host: str | None = None,
) -> Act:
    """Read one organisation, as a pass begins."""

    async def act(driver: Driver) -> Any:
        operations = driver.exchange if product is Product.EXCHANGE else driver.lync
        server = driver.server(
            product, **({"authentication": authentication} if authentication else {})
        )
        where = host or server.hosts[0]
        return await operations.on(server, driver.logon(product), where).observe(urls, controller)

    return act


def _change(kind: ChangeKind, entry: Any, fields: tuple[Field, ...], on: Product) -> Change:
    differences = tuple(Difference(field, "old", "new") for field in fields)
    partner = Product.EXCHANGE if on is Product.LYNC else Product.LYNC
    return Change(kind, trust_worlds.application(partner).key, entry, differences, True)


def on_exchange(
    kind: ChangeKind,
    *fields: Field,
    partner: Product = Product.LYNC,
    controller: str = _CONTROLLER,
    **entry: Any,
) -> Act:
    """One change of Exchange's entry."""

    async def act(driver: Driver) -> Any:
        old = None if kind is ChangeKind.REGISTER else entry_of(driver.domain, **entry)
        wanted = _for(partner, str(partner), _change(kind, old, fields, Product.EXCHANGE))
        seen = _seen_on_exchange(controller)
        server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
        session = driver.exchange.on(server, logon, seen.host)
        return await session.apply(seen, wanted.change, wanted.application)

    return act


def _for(partner: Product, identity: str, change: Change) -> Wanted:
    url = _ADDRESS[partner]
    return Wanted(change, trust_worlds.application(partner, url=url, identity=identity))


def _seen_on_exchange(controller: str) -> Observed:
    partners = (Product.LYNC, Product.SHAREPOINT)
    return trust_worlds.observed(
        host=EXCHANGE_HOST,
        domain_controller=controller,
        documents=[trust_worlds.reading(partner, _ADDRESS[partner]) for partner in partners],
    )


async def several_on_exchange(driver: Driver) -> Any:
    """In one run: two registrations, one that is there by then, and a change of an entry that is not."""
    register = _change(ChangeKind.REGISTER, None, (Field.ENTRY,), Product.EXCHANGE)
    gone = trust_worlds.entry(Product.LYNC, reference="CN=gone")
    update = _change(ChangeKind.UPDATE, gone, (Field.ENABLED,), Product.EXCHANGE)
    hr = trust_worlds.hr(url=names.TOKEN_SERVER_METADATA_URL, realm=names.DOMAIN, identifier=HR_ID)
    wanted = [
        _for(Product.LYNC, "Lync", update),
        _for(Product.LYNC, "Lync", register),
        _for(Product.SHAREPOINT, "SharePoint", register),
        _for(Product.LYNC, "Lync 2", register),
        Wanted(register, replace(hr, identity="HR")),
    ]
    server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
    session = driver.exchange.on(server, logon, EXCHANGE_HOST)
    return await session.apply_all(_seen_on_exchange(_CONTROLLER), wanted)


def on_lync(
    kind: ChangeKind,
    *fields: Field,
    reference: str = "Exchange",
    partner: Product = Product.EXCHANGE,
    **declared: Any,
) -> Act:
    """One change of Lync's entry."""

    async def act(driver: Driver) -> Any:
        old = trust_worlds.entry(
            Product.EXCHANGE, on=Product.LYNC, reference=reference, identity=reference
        )
        seen = trust_worlds.observed(Product.LYNC, host=LYNC_HOST)
        change = _change(kind, None if kind is ChangeKind.REGISTER else old, fields, Product.LYNC)
        wanted = trust_worlds.application(partner, url=_ADDRESS[partner], **declared)
        server, logon = driver.server(Product.LYNC), driver.logon(Product.LYNC)
        return await driver.lync.on(server, logon, seen.host).apply(seen, change, wanted)

    return act


async def several_on_lync(driver: Driver) -> Any:
    """In one run: a change of an entry that is not there, and two registrations."""
    register = _change(ChangeKind.REGISTER, None, (Field.ENTRY,), Product.LYNC)
    gone = trust_worlds.entry(Product.EXCHANGE, on=Product.LYNC, reference="gone", identity="gone")
    update = _change(ChangeKind.UPDATE, gone, (Field.ENABLED,), Product.LYNC)
    wanted = [
        _for(Product.EXCHANGE, "gone", update),
        _for(Product.EXCHANGE, "Exchange", register),
        _for(Product.SHAREPOINT, "SharePoint", register),
    ]
    server, logon = driver.server(Product.LYNC), driver.logon(Product.LYNC)
    seen = trust_worlds.observed(Product.LYNC, host=LYNC_HOST)
    return await driver.lync.on(server, logon, LYNC_HOST).apply_all(seen, wanted)


async def several_on_sharepoint(driver: Driver) -> Any:
    """In one run: a change of an issuer that is not there, and two registrations."""
    register = _change(ChangeKind.REGISTER, None, (Field.ENTRY,), Product.SHAREPOINT)
    gone = trust_worlds.entry(Product.EXCHANGE, on=Product.SHAREPOINT, reference="gone")
    update = _change(ChangeKind.UPDATE, gone, (Field.METADATA_URL,), Product.SHAREPOINT)
    wanted = [
        _for(Product.EXCHANGE, "gone", update),
        _for(Product.EXCHANGE, "Exchange", register),
        _for(Product.LYNC, "Lync", register),
    ]
    server, logon = driver.server(Product.SHAREPOINT), driver.logon(Product.SHAREPOINT)
    partners = (Product.EXCHANGE, Product.LYNC)
    seen = trust_worlds.observed(
        Product.SHAREPOINT,
        host=server.hosts[0],
        documents=[trust_worlds.reading(partner, _ADDRESS[partner]) for partner in partners],
    )
    return await driver.sharepoint.on(server, logon, seen.host).apply_all(seen, wanted)


async def look(driver: Driver) -> Any:
    """At one IIS host."""
    server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
    return await driver.exchange.on(server, logon, EXCHANGE_HOST).host_state()


def restart_older(than: timedelta) -> Act:
    """One IIS host, where a worker started longer ago."""

    async def act(driver: Driver) -> Any:
        server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
        moment = datetime.now(UTC) - than
        await driver.exchange.on(server, logon, EXCHANGE_HOST).restart(moment)

    return act


async def replicate(driver: Driver) -> Any:
    """Lync's Central Management store."""
    server, logon = driver.server(Product.LYNC), driver.logon(Product.LYNC)
    return await driver.lync.on(server, logon, LYNC_HOST).replicate()


def connect(sip: str = _SIP, **wanted: Any) -> Act:
    """Test the connection."""

    async def act(driver: Driver) -> Any:
        server, logon = driver.server(Product.LYNC), driver.logon(Product.LYNC)
        test = ConnectivityTest(sip_uri=sip, **wanted)
        return await driver.lync.on(server, logon, LYNC_HOST).test(test)

    return act


def in_turn(*acts: Act) -> Act:
    """One after the other, on the same world."""

    async def act(driver: Driver) -> Any:
        for each in acts:
            await each(driver)

    return act


def _wrong_password(act: Act) -> Act:
    async def done(driver: Driver) -> Any:
        driver.password = "no-longer-right"
        return await act(driver)

    return done


def fetch(product: Product) -> Act:
    """Documents alone, on a host of the product."""

    async def act(driver: Driver) -> Any:
        operations: Any = {
            Product.EXCHANGE: driver.exchange,
            Product.LYNC: driver.lync,
            Product.SHAREPOINT: driver.sharepoint,
        }[product]
        server = driver.server(product)
        session = operations.on(server, driver.logon(product), server.hosts[0])
        await session.fetch(URLS, 60)

    return act


def _cramped(act: Act, size: int) -> Act:
    """With little room in each answer, for entries and for documents."""

    async def done(driver: Driver) -> Any:
        driver.parameters |= {"entryBytes": size, "answerBytes": 3 * size}
        return await act(driver)

    return done


def _hurried(act: Act) -> Act:
    """With one second for a document."""

    async def done(driver: Driver) -> Any:
        driver.parameters["documentSeconds"] = 1
        return await act(driver)

    return done


restart = restart_older(timedelta(0))
LOOK_AT_EXCHANGE, LOOK_AT_LYNC = observe(Product.EXCHANGE), observe(Product.LYNC)
LOOK_THERE = observe(Product.EXCHANGE, controller=_CONTROLLER)
"""As a read-back: what another controller shows meanwhile depends on how fast each engine is."""
READ_AGAIN = (Field.REALM, Field.ISSUER, Field.APPLICATION_IDENTIFIER)
REGISTER = on_exchange(ChangeKind.REGISTER, Field.ENTRY)
REMOVE = on_exchange(ChangeKind.REMOVE)
EVERYTHING = tuple(field for field in Field if field not in {Field.ENTRY, *OF_TOKEN_SERVERS})
UPDATE = on_exchange(ChangeKind.UPDATE, *EVERYTHING, linked_account=None)
REGISTER_ON_LYNC = on_lync(ChangeKind.REGISTER, Field.ENTRY)
RECREATE_ON_LYNC = on_lync(ChangeKind.RECREATE, Field.REALM)
UPDATE_ON_LYNC = on_lync(ChangeKind.UPDATE, *EVERYTHING)
REMOVE_ON_LYNC = on_lync(ChangeKind.REMOVE)


OPERATIONS: dict[str, tuple[Act, Arrange]] = {
    "exchange/observe": (LOOK_AT_EXCHANGE, trusted()),
    "exchange/register": (REGISTER, worlds.nothing),
    "exchange/update": (UPDATE, worlds.account_gone),
    "exchange/apply": (several_on_exchange, worlds.nothing),
    "exchange/remove": (REMOVE, trusted()),
    "exchange/host_state": (look, worlds.nothing),
    "exchange/restart": (restart, worlds.nothing),
    "lync/observe": (LOOK_AT_LYNC, lync_trusts()),
    "lync/register": (REGISTER_ON_LYNC, worlds.nothing),
    "lync/update": (UPDATE_ON_LYNC, lync_trusts()),
    "lync/apply": (several_on_lync, worlds.nothing),
    "sharepoint/apply": (several_on_sharepoint, worlds.nothing),
    "lync/remove": (REMOVE_ON_LYNC, lync_trusts()),
    "lync/replicate": (replicate, worlds.nothing),
    "lync/test": (connect(), full_trust),
    **{
        f"{product.lower()}/documents": (fetch(product), worlds.nothing)
        for product in (Product.EXCHANGE, Product.LYNC, Product.SHAREPOINT)
    },
    **farms.OPERATIONS,
    **behind.OPERATIONS,
}
"""By script: how it is asked for, in a world where it has most to do. A new script needs a row."""


def _in_worlds(name: str, act: Act, arrangements: dict[str, Arrange]) -> Iterator[Case]:
    for world, arrange in arrangements.items():
        yield Case(f"{name}: {world}", act, arrange)


def _worlds() -> Iterator[Case]:
    yield from _in_worlds(
        "exchange/observe", observe(Product.EXCHANGE, *URLS), worlds.ORGANISATIONS
    )
    yield from _in_worlds("exchange/register", REGISTER, worlds.REGISTERING)
    warned = {f"warned: {name}": worlds.warning(*said) for name, said in worlds.WARNED.items()}
    yield from _in_worlds("exchange/observe", LOOK_AT_EXCHANGE, warned)
    elsewhere = worlds.warning(*worlds.WARNED["another entry"], there=worlds.nothing)
    yield Case("exchange/register: warned about another entry", REGISTER, elsewhere)
    doubted = worlds.warning(*worlds.WARNED["the read"], there=worlds.nothing)
    yield Case("exchange/register: warned about the read", REGISTER, doubted)
    yield from _in_worlds("lync/observe", LOOK_AT_LYNC, worlds.LYNC_WARNED)
    for name in ("warned: the read", "warned: our entry"):
        yield Case(f"lync/register: {name}", REGISTER_ON_LYNC, worlds.LYNC_WARNED[name])
    yield from _in_worlds("exchange/update", UPDATE, worlds.DRIFTED)
    for world in ("as declared", "odd letters", "an auth server's", "several"):
        yield Case(f"exchange/remove: {world}", REMOVE, worlds.DRIFTED[world])
    yield Case("exchange/apply: nothing there", several_on_exchange)
    yield Case("exchange/apply: as declared", several_on_exchange, trusted())
    yield Case("lync/apply: nothing there", several_on_lync)
    yield Case("lync/apply: as declared", several_on_lync, lync_trusts())
    yield Case("sharepoint/apply: nothing there", several_on_sharepoint)
    yield from _in_worlds("exchange/host_state", look, worlds.HOSTS)
    yield from _in_worlds("exchange/restart", in_turn(restart, look), worlds.HOSTS)
    yield from _in_worlds("lync/observe", observe(Product.LYNC, *URLS), worlds.LYNC_DEPLOYMENTS)
    yield from _in_worlds("lync/register", REGISTER_ON_LYNC, worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/register", REGISTER_ON_LYNC, worlds.LYNC_DEPLOYMENTS)
    yield from _in_worlds("lync/recreate", RECREATE_ON_LYNC, worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/update", UPDATE_ON_LYNC, worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/remove", REMOVE_ON_LYNC, worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/test", connect(), worlds.TESTED)


def _special() -> Iterator[Case]:
    """What is asked for otherwise, or by somebody else."""
    for field in EVERYTHING:
        if field in READ_AGAIN:
            continue  # all of them are the same refresh of the document
        yield Case(
            f"exchange/update: only {field}", on_exchange(ChangeKind.UPDATE, field), trusted()
        )
        yield Case(f"lync/update: only {field}", on_lync(ChangeKind.UPDATE, field), lync_trusts())
    yield Case(
        "exchange/update: repaired at the default domain",
        UPDATE,
        both(worlds.account_gone, worlds.default_last),
    )
    yield Case(
        "exchange/update: repaired beside a wildcard",
        UPDATE,
        both(worlds.account_gone, worlds.wildcard),
    )
    yield Case(
        "exchange/update: repaired without a domain",
        UPDATE,
        both(worlds.account_gone, worlds.no_domains),
    )
    for controller in (*names.DOMAIN_CONTROLLERS, "gone.example"):
        seen = observe(Product.EXCHANGE, controller=controller)
        yield Case(f"exchange/observe: asked at {controller}", seen, trusted())
        at = on_exchange(ChangeKind.REGISTER, Field.ENTRY, controller=controller)
        yield Case(f"exchange/register: at {controller}", at)
    yield Case(
        "exchange/register: without a controller",
        on_exchange(ChangeKind.REGISTER, Field.ENTRY, controller=""),
    )
    yield Case(
        "exchange/register: for SharePoint",
        on_exchange(ChangeKind.REGISTER, Field.ENTRY, partner=Product.SHAREPOINT),
    )
    farm_on_lync = on_lync(ChangeKind.REGISTER, Field.ENTRY, partner=Product.SHAREPOINT)
    yield Case("lync/register: for SharePoint", farm_on_lync)
    for name, arrange in farms.AS_PARTNER.items():
        farm_on_exchange = on_exchange(ChangeKind.REGISTER, Field.ENTRY, partner=Product.SHAREPOINT)
        yield Case(f"exchange/register: for SharePoint, {name}", farm_on_exchange, arrange)
        yield Case(f"lync/register: for SharePoint, {name}", farm_on_lync, arrange)
    yield Case("exchange/observe: no Exchange there", observe(Product.EXCHANGE, host=LYNC_HOST))
    yield Case("lync/observe: no Lync there", observe(Product.LYNC, host=EXCHANGE_HOST))
    yield Case(
        "lync/observe: a network logon", observe(Product.LYNC, authentication=Authentication.NTLM)
    )
    yield Case("exchange/observe: a password that was changed", _wrong_password(LOOK_AT_EXCHANGE))
    yield Case(
        "lync/register: another trust level", on_lync(ChangeKind.REGISTER, trust_level="User")
    )
    yield Case("lync/register: another name", on_lync(ChangeKind.REGISTER, identity=worlds.LETTERS))
    yield Case(
        "lync/recreate: under a name that is taken",
        on_lync(ChangeKind.RECREATE, identity="Other"),
        worlds.LYNC_DRIFTED["several"],
    )
    yield Case("lync/replicate", replicate)
    yield Case("exchange/restart: young workers", restart_older(timedelta(days=1)))
    yield Case("lync/test: the item stays", connect(delete_item=False), full_trust)
    for folder in ("Inbox", "Dumpster"):
        yield Case(f"lync/test: into {folder}", connect(folder=folder), full_trust)
    yield Case("lync/test: nobody", connect("sip:nobody@litwareinc.com"), full_trust)
    yield Case("lync/test: no address", connect("kenmyer"), full_trust)


def _parts() -> Iterator[Case]:
    """What does not fit into one answer."""
    for size in (300, 1500):
        crowd = both(trusted(), worlds.several, worlds.odd_letters)
        act = _cramped(observe(Product.EXCHANGE, *URLS), size)
        yield Case(f"exchange/observe: in parts of {size}", act, crowd)
        act = _cramped(observe(Product.LYNC, *URLS), size)
        yield Case(f"lync/observe: in parts of {size}", act, worlds.every_lync_drift)
        act = _cramped(farms.observe(*URLS), size)
        yield Case(f"sharepoint/observe: in parts of {size}", act, farms.two_issuers)
    for product in (Product.EXCHANGE, Product.LYNC, Product.SHAREPOINT):
        yield Case(f"{product.lower()}/documents: some", fetch(product))
        act = _cramped(fetch(product), 1)
        yield Case(f"{product.lower()}/documents: without room", act)


def _faults() -> Iterator[Case]:
    """Documents that are wrong, wherever one is read."""
    random_keys = {DocumentFault.EXPIRED_CERTIFICATE, DocumentFault.WEAK_CERTIFICATE}
    faults = sorted(set(DocumentFault) - random_keys - {DocumentFault.SLOW})
    # Two sites can be wrong at a time, and both products' scripts read them by the same lines.
    for number, (one, other) in enumerate(zip(faults[::2], faults[1::2], strict=True)):
        product = (Product.EXCHANGE, Product.LYNC)[number % 2]
        yield Case(
            f"{product.lower()}/observe: {one}, {other}",
            observe(product, *URLS[:2]),
            faults={names.LYNC_POOL: one, names.AUTODISCOVER: other},
        )
    slow = {names.LYNC_POOL: DocumentFault.SLOW, names.AUTODISCOVER: DocumentFault.SLOW}
    yield Case("lync/observe: slow", _hurried(observe(Product.LYNC, *URLS[:2])), faults=slow)
    for fault in faults:
        exchange = {names.AUTODISCOVER: fault}
        yield Case(f"lync/recreate: {fault}", RECREATE_ON_LYNC, lync_trusts(), faults=exchange)
    for fault in (DocumentFault.HTML, DocumentFault.UNREACHABLE):
        lync, exchange = {names.LYNC_POOL: fault}, {names.AUTODISCOVER: fault}
        yield Case(f"exchange/register: {fault}", REGISTER, faults=lync)
        yield Case(f"exchange/update: {fault}", UPDATE, trusted(), faults=lync)
        yield Case(f"lync/register: {fault}", REGISTER_ON_LYNC, faults=exchange)
        yield Case(f"lync/update: {fault}", UPDATE_ON_LYNC, lync_trusts(), faults=exchange)


_STORY = {
    "exchange/observe": (observe(Product.EXCHANGE, *URLS), trusted()),
    "exchange/register": (in_turn(REGISTER, LOOK_THERE), worlds.nothing),
    "exchange/register beside a mailbox": (REGISTER, worlds.second_account_there),
    "exchange/observe elsewhere": (LOOK_AT_EXCHANGE, both(worlds.elsewhere, trusted())),
    "exchange/register elsewhere": (in_turn(REGISTER, LOOK_AT_EXCHANGE), worlds.elsewhere),
    "exchange/update elsewhere": (in_turn(UPDATE, LOOK_AT_EXCHANGE), worlds.elsewhere_and_unlinked),
    "exchange/register again": (in_turn(REGISTER, REGISTER), worlds.nothing),
    "exchange/update": (in_turn(UPDATE, LOOK_THERE), worlds.account_gone),
    "exchange/remove": (in_turn(REMOVE, LOOK_AT_EXCHANGE), trusted()),
    "exchange/remove of nothing": (REMOVE, worlds.nothing),
    "exchange/restart": (in_turn(restart, look), worlds.nothing),
    "lync/observe": (observe(Product.LYNC, *URLS), lync_trusts()),
    "lync/register": (in_turn(REGISTER_ON_LYNC, LOOK_AT_LYNC), worlds.nothing),
    "lync/replicate": (in_turn(REGISTER_ON_LYNC, replicate), worlds.nothing),
    "lync/test": (connect(), full_trust),
    **farms.STORY,
    **behind.STORY,
}

SHOWN_BY: dict[Name, tuple[str, ...]] = {
    Name.UNKNOWN_IDENTITY_SHOWS_ALL: ("exchange/remove of nothing",),
    Name.DUPLICATES_REJECTED: ("exchange/register again",),
    Name.READS_ASK: ("exchange/observe", "exchange/register", "exchange/register_behind"),
    Name.DIRECTORY_LAG_SECONDS: (
        "exchange/register",
        "exchange/register_behind",
        "exchange/update",
        "exchange/update_behind",
        "exchange/remove",
    ),
    Name.CMS_DELAY_SECONDS: ("lync/replicate",),
    Name.ISSUER_IDENTIFIER_STORED: ("exchange/register", "exchange/update"),
    Name.SFB_LEGACY_PRESENT: ("exchange/observe",),
    Name.LYNC_COPIES_CERTIFICATES: ("lync/test",),
    Name.AUTH_TOKEN_PREFIX: ("lync/observe",),
    Name.TEST_PASSED_TEXT: ("lync/test",),
    Name.X5T_ALPHABET: ("exchange/observe", "lync/observe"),
    Name.TEST_RESULT: ("lync/test",),
    Name.ENUM_FORM: (
        "exchange/observe behind",
        "exchange/observe",
        "exchange/register again",
        "lync/observe",
    ),
    Name.IMPORTED_VALUES: (
        "exchange/observe behind",
        "exchange/observe",
        "exchange/register beside a mailbox",
        "exchange/update",
    ),
    Name.EXCHANGE_VERSION: ("exchange/observe", "exchange/register"),
    Name.LYNC_VERSION: ("lync/observe", "lync/observe behind"),
    Name.LYNC_MODULE_PLACE: ("lync/observe",),
    Name.ASSIGNMENT_NAME: ("exchange/register",),
    Name.WORKERS_REFRESH_MINUTES: ("lync/test",),
    Name.WORKERS_READ: ("lync/test",),
    Name.TOKEN_SKEW_SECONDS: ("lync/test",),
    Name.SNAPIN_NEEDS_SECOND_HOP: ("exchange/observe",),
    Name.CHALLENGE_FOLDED: ("lync/test",),
    Name.CHALLENGE_SLASH: ("lync/test",),
    Name.NAMED_CONTROLLER_SEES: (
        "exchange/observe elsewhere",
        "exchange/register elsewhere",
        "exchange/update elsewhere",
    ),
    **{row.name: () for row in SHAREPOINT_ROWS if row.flippable and row.alternatives},
    **farms.SHOWN_BY,
    **behind.SHOWN_BY,
}
"""The operations whose answer can depend on a guess. A new guess needs a row."""


def _switches() -> Iterator[Case]:
    for row in ROWS:
        for value in row.alternatives if row.flippable else ():
            for name in SHOWN_BY[row.name]:
                act, arrange = _STORY[name]
                yield Case(f"{name}: {row.name}={value}", act, arrange, {row.name: value})


CASES: tuple[Case, ...] = (
    *_worlds(),
    *_special(),
    *_parts(),
    *_faults(),
    *_switches(),
    *farms.cases(),
    *behind.cases(),
    *farms.proofs(),
)
