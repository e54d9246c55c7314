"""What is done in both engines: how each operation is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from partner_operator.engine.ports import Wanted
from partner_operator.trust.model import Authentication, ConnectivityTest, Observed, Product
from partner_operator.trust.plan import OF_TOKEN_SERVERS, Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.world import names
from partner_simulator.world.token_server import HR_ID
from support.embedded.twins import EXCHANGE_HOST, LYNC_HOST, Act, Driver
from support.embedded.worlds import entry_of
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


def wrong_password(act: Act) -> Act:
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


def cramped(act: Act, size: int) -> Act:
    """With little room in each answer, for entries and for documents."""

    async def done(driver: Driver) -> Any:
        driver.parameters |= {"entryBytes": size, "answerBytes": 3 * size}
        return await act(driver)

    return done


def hurried(act: Act) -> Act:
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
