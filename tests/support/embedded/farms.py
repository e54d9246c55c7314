"""SharePoint's operations for both engines: farms that they are tried in, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from partner_operator.oauth.identifiers import EXCHANGE, LYNC, SHAREPOINT
from partner_operator.products.sharepoint.rules import INTERIM
from partner_operator.trust.model import (
    Authentication,
    Entry,
    Permission,
    Product,
    Right,
    ServiceTest,
)
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.certificates import self_signed
from partner_simulator.world import names
from partner_simulator.world.cms import LyncApplication, with_application
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import AuthConfig, PartnerApplication
from partner_simulator.world.sharepoint_farm import (
    CONFIG_DATABASE,
    Issuer,
    Kind,
    Scope,
    StsFlags,
    with_issuer,
    with_permission,
)
from partner_simulator.world.sharepoint_farm import Permission as SimulatedPermission
from partner_simulator.world.sharepoint_farm import Right as SimulatedRight
from partner_simulator.world.switches import Name
from support.embedded.twins import EXCHANGE_HOST, SHAREPOINT_HOST, Act, Case, Driver
from support.embedded.worlds import LETTERS, Arrange, both, nothing
from support.trust import worlds as trust_worlds

OURS = UUID("11111111-2222-4333-8444-555555555555")
SECOND = UUID("66666666-7777-4888-8999-000000000000")
_URL = {Product.EXCHANGE: names.EXCHANGE_METADATA_URL, Product.LYNC: names.LYNC_METADATA_URL}
_OTHER = self_signed("other").der


def issuer(
    name: str = "Exchange",
    registered: str = f"{EXCHANGE}@{names.DOMAIN}",
    url: str = names.EXCHANGE_METADATA_URL,
    **changes: Any,
) -> Arrange:
    """The farm has this issuer too."""
    given: dict[str, Any] = {"id": OURS, "certificates": (_OTHER,)} | changes
    made = Issuer(name=name, registered_issuer_name=registered, metadata_end_point=url, **given)
    return lambda domain: domain.sharepoint.change(lambda state: with_issuer(state, made))


def two_issuers(domain: Domain) -> None:
    """The farm trusts Exchange and Lync."""
    both(issuer(), issuer("Lync", f"{LYNC}@{names.DOMAIN}", names.LYNC_METADATA_URL, id=SECOND))(
        domain
    )


def stored(product: Product = Product.EXCHANGE, **changes: Any) -> Entry:
    """The entry that an observation made of it."""
    good: dict[str, Any] = {
        "reference": str(OURS),
        "identity": "Exchange",
        "application_identifier": EXCHANGE if product is Product.EXCHANGE else LYNC,
        "realm": names.DOMAIN,
        "metadata_url": _URL[product],
    }
    return trust_worlds.entry(product, on=Product.SHAREPOINT, **(good | changes))


def _hidden(domain: Domain) -> None:
    issuer()(domain)
    domain.sharepoint.hidden.add(OURS)


def _left(domain: Domain) -> None:
    domain.sharepoint.left.add(SHAREPOINT_HOST)


def _no_proxy(domain: Domain) -> None:
    farm = domain.sharepoint
    farm.applications = [a for a in farm.applications if a.kind is not Kind.APP_MANAGEMENT]


def _no_admin(domain: Domain) -> None:
    domain.sharepoint.shell_admins.clear()


def _flags(domain: Domain) -> None:
    flags = StsFlags(oauth_over_http=True)
    domain.sharepoint.change(lambda state: type(state)(**(_fields(state) | {"flags": flags})))


def _fields(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in type(state).__dataclass_fields__}


def holds(
    right: Right, *, app_only: bool = True, of: str = f"{EXCHANGE}@{names.DOMAIN}"
) -> Arrange:
    """The principal of this name has a permission on all sites."""

    def arrange(domain: Domain) -> None:
        key = (Scope.SITE_SUBSCRIPTION, "")
        rights = {} if right is Right.NONE else {key: SimulatedRight(right)}
        held = SimulatedPermission(MappingProxyType(rights), app_only)
        domain.sharepoint.change(lambda state: with_permission(state, of, held))

    return arrange


def _no_site(domain: Domain) -> None:
    domain.sharepoint.sites = [site for site in domain.sharepoint.sites if site.host_named]


def _no_databases(domain: Domain) -> None:
    """Add-SPShellAdmin without -database."""
    everyone = domain.sharepoint.shell_admins
    everyone.update({name: frozenset({CONFIG_DATABASE}) for name in everyone})


FARMS: dict[str, Arrange] = {
    "new": nothing,
    "trusted": issuer(),
    "hidden from the list": _hidden,
    "in no farm": _left,
    "no App Management": _no_proxy,
    "no shell admin": _no_admin,
    "OAuth over HTTP": _flags,
    "others": both(
        issuer("ACS", "00000001-0000-0000-c000-000000000000@*", "", is_self_issuer=False),
        issuer("wfm", "", "https://wf/", id=UUID(int=7)),
        issuer(LETTERS, f"{LYNC}@contoso.com", names.LYNC_METADATA_URL, id=UUID(int=8)),
    ),
}
ALLOWED: dict[str, Arrange] = {
    "nothing": nothing,
    "to read": holds(Right.READ, app_only=False),
    "everything": holds(Right.FULL_CONTROL),
    "app-only alone": holds(Right.NONE),
    "no site": _no_site,
    "no databases": _no_databases,
    "a conflict": lambda domain: domain.sharepoint.plan_conflicts(),
}
"""What Exchange's principal is allowed, and what is in the way."""
STORED: dict[str, Arrange] = {
    "by its address with a slash": issuer(
        "by hand", f"{EXCHANGE}@other", f"{names.EXCHANGE_METADATA_URL}/"
    ),
    "by its realm, as a broker": issuer(
        "by hand", f"/{EXCHANGE.upper()}/@{names.DOMAIN.upper()}", "", is_self_issuer=False
    ),
    "another one's name": issuer("Exchange", f"{LYNC}@{names.DOMAIN}", names.LYNC_METADATA_URL),
    "another organisation's": issuer("other", f"{EXCHANGE}@contoso.com", "https://contoso.com/"),
    "of another address": issuer(url="https://old.litwareinc.com/"),
    "with an unfinished one": issuer(f"Exchange{INTERIM}", id=SECOND),
    "conflict": lambda domain: domain.sharepoint.plan_conflicts(),
}


def _as_partner(url: str) -> Arrange:
    """Exchange and Lync trust a farm with the realm of ours at this address."""

    def arrange(domain: Domain) -> None:
        realm = domain.sharepoint.state.realm
        now = domain.clock.now()
        domain.directory.write(
            PartnerApplication("by hand", SHAREPOINT, now, now, auth_metadata_url=url, realm=realm)
        )
        entry = LyncApplication("microsoft.sharepoint", SHAREPOINT, realm, metadata_url=url)
        domain.cms.change(lambda state: with_application(state, entry))
        domain.cms.settle()

    return arrange


AS_PARTNER: dict[str, Arrange] = {
    "trusted with a slash": _as_partner(f"{names.SHAREPOINT_METADATA_URL}/"),
    "another farm of its realm": _as_partner("https://recovery/_layouts/15/metadata/json/1"),
}


def observe(
    *urls: str, authentication: Authentication | None = None, host: str = SHAREPOINT_HOST
) -> Act:
    """Read the farm."""

    async def act(driver: Driver) -> Any:
        changes = {"authentication": authentication} if authentication else {}
        server = driver.server(Product.SHAREPOINT, **changes)
        logon = driver.logon(Product.SHAREPOINT)
        return await driver.sharepoint.on(server, logon, host).observe(urls, None)

    return act


def change(
    kind: ChangeKind,
    *fields: Field,
    partner: Product = Product.EXCHANGE,
    identity: str | None = "Exchange",
    entry: Entry | None = None,
    permission: Permission | None = None,
    declared: Right = Right.NONE,
) -> Act:
    """One change of the farm's issuers, and what their principals are allowed then."""

    async def act(driver: Driver) -> Any:
        url = _URL[partner]
        seen = trust_worlds.observed(
            Product.SHAREPOINT,
            host=SHAREPOINT_HOST,
            documents=[trust_worlds.reading(partner, url)],
        )
        wanted = trust_worlds.application(partner, url=url, identity=identity, permission=declared)
        old = None if kind is ChangeKind.REGISTER else entry or stored()
        differences = tuple(Difference(field, "old", "new") for field in fields)
        made = Change(kind, wanted.key, old, differences, needs_restart=True, permission=permission)
        server, logon = driver.server(Product.SHAREPOINT), driver.logon(Product.SHAREPOINT)
        return await driver.sharepoint.on(server, logon, SHAREPOINT_HOST).apply(seen, made, wanted)

    return act


async def look(driver: Driver) -> Any:
    """At one IIS host."""
    server, logon = driver.server(Product.SHAREPOINT), driver.logon(Product.SHAREPOINT)
    return await driver.sharepoint.on(server, logon, SHAREPOINT_HOST).host_state()


async def challenge(driver: Driver) -> Any:
    """Whom its workers trust."""
    server, logon = driver.server(Product.SHAREPOINT), driver.logon(Product.SHAREPOINT)
    await driver.sharepoint.on(server, logon, SHAREPOINT_HOST).challenge()


async def restart(driver: Driver) -> Any:
    """One IIS host."""
    server, logon = driver.server(Product.SHAREPOINT), driver.logon(Product.SHAREPOINT)
    await driver.sharepoint.on(server, logon, SHAREPOINT_HOST).restart(datetime.now(UTC))


REGISTER = change(ChangeKind.REGISTER, Field.ENTRY)
RECREATE = change(ChangeKind.RECREATE, Field.REALM, entry=stored(realm="old"))
EVERYTHING = change(ChangeKind.UPDATE, Field.CERTIFICATES, Field.IDENTITY, identity="Mail")
REMOVE = change(ChangeKind.REMOVE)
OLD = issuer(registered=f"{EXCHANGE}@old")
UNFINISHED = both(OLD, issuer(f"Exchange{INTERIM}", id=SECOND))

NOTHING, READ = Permission(), Permission(Right.READ)
EVERYTHING_ALLOWED = Permission(Right.FULL_CONTROL, app_only=True)


def allow(
    aim: Permission, there: Permission = NOTHING, kind: ChangeKind = ChangeKind.UPDATE
) -> Act:
    """What Exchange's principal is allowed becomes this, if it is still what was seen."""
    return change(kind, Field.PERMISSION, entry=stored(permission=there), permission=aim)


GIVE = allow(EVERYTHING_ALLOWED)
TAKE = allow(NOTHING, EVERYTHING_ALLOWED)
PERMISSIONS: dict[str, Act] = {
    "sharepoint/observe": observe(),
    "sharepoint/update: give": GIVE,
    "sharepoint/update: take": TAKE,
    "sharepoint/update: back": allow(READ, EVERYTHING_ALLOWED),
    "sharepoint/update: less": allow(Permission(Right.READ, app_only=True), EVERYTHING_ALLOWED),
    "sharepoint/remove: take": allow(NOTHING, EVERYTHING_ALLOWED, ChangeKind.REMOVE),
}

ALL_AT_ONCE = change(
    ChangeKind.UPDATE,
    *(Field.CERTIFICATES, Field.IDENTITY, Field.PERMISSION),
    identity="Mail",
    entry=stored(permission=EVERYTHING_ALLOWED),
    permission=READ,
)
ALLOWED_ANEW = change(
    ChangeKind.RECREATE,
    Field.REALM,
    entry=stored(realm="old", permission=EVERYTHING_ALLOWED),
    permission=NOTHING,
    declared=Right.READ,
)
OLD_ALLOWED = both(OLD, holds(Right.FULL_CONTROL, of=f"{EXCHANGE}@old"))

SERVICE = f"https://{names.PORTAL}/_vti_bin/client.svc"


def prove(mailbox: str | None = f"kenmyer@{names.DOMAIN}", url: str = SERVICE) -> Act:
    """Exchange shows the farm a token."""

    async def act(driver: Driver) -> Any:
        server, logon = driver.server(Product.EXCHANGE), driver.logon(Product.EXCHANGE)
        test = ServiceTest(url, mailbox)
        return await driver.exchange.on(server, logon, EXCHANGE_HOST).test(test)

    return act


def accepts_exchange(domain: Domain) -> None:
    """Both sides trust each other, the farm permits everything, and all workers know it."""
    AS_PARTNER["trusted with a slash"](domain)
    config = domain.directory.find(AuthConfig)[0]
    own = domain.exchange_certificates[config.current_thumbprint].der
    issuer(certificates=(own,))(domain)
    rights = MappingProxyType({(Scope.SITE_SUBSCRIPTION, ""): SimulatedRight.FULL_CONTROL})
    name = f"{EXCHANGE}@{names.DOMAIN}"
    domain.sharepoint.change(
        lambda state: with_permission(state, name, SimulatedPermission(rights, True))
    )
    domain.sharepoint.settle()


def _forbids(domain: Domain) -> None:
    accepts_exchange(domain)
    name = f"{EXCHANGE}@{names.DOMAIN}"
    domain.sharepoint.change(lambda state: with_permission(state, name, None))
    domain.sharepoint.settle()


def _has_an_old_key(domain: Domain) -> None:
    accepts_exchange(domain)
    issuer()(domain)
    domain.sharepoint.settle()


def _http_only(domain: Domain) -> None:
    accepts_exchange(domain)
    domain.sharepoint.offers_bearer = False


def _gone(domain: Domain) -> None:
    accepts_exchange(domain)
    domain.network.unreachable.add(names.PORTAL)


PROVEN: dict[str, Arrange] = {
    "full trust": accepts_exchange,
    "no trust": nothing,
    "one side only": issuer(),
    "an old key": _has_an_old_key,
    "no permission": _forbids,
    "no bearer challenge": _http_only,
    "out of reach": _gone,
}
"""What Test-OAuthConnectivity can find."""

OPERATIONS: dict[str, tuple[Act, Arrange]] = {
    "sharepoint/observe": (observe(), issuer()),
    "sharepoint/register": (ALLOWED_ANEW, OLD_ALLOWED),
    "sharepoint/update": (ALL_AT_ONCE, both(issuer(), holds(Right.FULL_CONTROL))),
    "sharepoint/remove": (
        PERMISSIONS["sharepoint/remove: take"],
        both(issuer(), holds(Right.FULL_CONTROL)),
    ),
    "sharepoint/challenge": (challenge, issuer()),
    "sharepoint/host_state": (look, nothing),
    "sharepoint/restart": (restart, nothing),
    "exchange/test": (prove(), accepts_exchange),
}


def cases() -> Iterator[Case]:
    """Every operation, in every farm that could change its answer."""
    urls = (names.EXCHANGE_METADATA_URL, names.LYNC_METADATA_URL, names.SHAREPOINT_METADATA_URL)
    for name, arrange in {**FARMS, **STORED}.items():
        yield Case(f"sharepoint/observe: {name}", observe(*urls), arrange)
        yield Case(f"sharepoint/register: {name}", REGISTER, arrange)
    for name, arrange in STORED.items():
        yield Case(f"sharepoint/recreate: {name}", RECREATE, both(OLD, arrange))
        yield Case(f"sharepoint/update: {name}", EVERYTHING, both(issuer(), arrange))
        yield Case(f"sharepoint/remove: {name}", REMOVE, both(issuer(), arrange))
    for name, arrange in ALLOWED.items():
        for what, act in PERMISSIONS.items():
            yield Case(f"{what}: {name}", act, both(issuer(), arrange))
        first = change(ChangeKind.REGISTER, Field.ENTRY, declared=Right.FULL_CONTROL)
        yield Case(f"sharepoint/register: to be allowed something, {name}", first, arrange)
    for field in (Field.IDENTITY, Field.CERTIFICATES, Field.METADATA_URL):
        renamed = change(ChangeKind.UPDATE, field, identity=LETTERS[:20])
        yield Case(f"sharepoint/update: only {field}", renamed, issuer())
    yield Case(
        "sharepoint/register: for Lync",
        change(ChangeKind.REGISTER, Field.ENTRY, partner=Product.LYNC, identity=None),
    )
    ntlm = observe(authentication=Authentication.NTLM)
    yield Case("sharepoint/observe: a network logon", ntlm)
    yield Case("sharepoint/observe: no SharePoint there", observe(host=names.FRONT_ENDS[0]))
    yield Case("sharepoint/host_state: new", look)
    yield Case("sharepoint/restart: new", restart)
    for name in ("new", "trusted"):
        yield Case(f"sharepoint/challenge: {name}", challenge, FARMS[name])


def proofs() -> Iterator[Case]:
    """Exchange's test of the farm."""
    for name, arrange in PROVEN.items():
        yield Case(f"exchange/test: {name}", prove(), arrange)
    yield Case("exchange/test: for Exchange alone", prove(None), accepts_exchange)
    yield Case("exchange/test: nobody", prove("nobody@litwareinc.com"), accepts_exchange)
    yield Case("exchange/test: no site", prove(url=f"https://{names.PORTAL}/no"), accepts_exchange)
    yield Case("exchange/test: no host", prove(url="https://no.litwareinc.com/"), accepts_exchange)


STORY: dict[str, tuple[Act, Arrange]] = {
    "sharepoint/observe": (observe(), issuer()),
    "sharepoint/observe over the network": (
        observe(authentication=Authentication.NTLM),
        nothing,
    ),
    "sharepoint/register": (REGISTER, nothing),
    "sharepoint/register beside": (REGISTER, STORED["by its address with a slash"]),
    "sharepoint/recreate": (RECREATE, OLD),
    "sharepoint/update": (EVERYTHING, issuer(is_self_issuer=False)),
    "sharepoint/challenge": (challenge, issuer()),
    "sharepoint/observe without the databases": (observe(), both(issuer(), _no_databases)),
    "sharepoint/remove": (REMOVE, both(issuer(), holds(Right.READ))),
    "exchange/test": (prove(), accepts_exchange),
}
SHOWN_BY: dict[Name, tuple[str, ...]] = {
    Name.SHAREPOINT_VERSION: ("sharepoint/observe", "sharepoint/recreate", "sharepoint/update"),
    Name.SHAREPOINT_LATENCY_HOURS: ("sharepoint/challenge",),
    Name.SHAREPOINT_SECOND_HOP: ("sharepoint/observe over the network",),
    Name.SHAREPOINT_SERVER_NAMES: ("sharepoint/observe",),
    Name.SHAREPOINT_TYPE_NAMES: ("sharepoint/observe",),
    Name.SHAREPOINT_UNIQUE: ("sharepoint/register beside",),
    Name.SHAREPOINT_NEW_ASKS: ("sharepoint/register",),
    Name.SHAREPOINT_NAME_IS_IDENTITY: ("sharepoint/recreate",),
    Name.SHAREPOINT_SET_FLIPS_BROKER: ("sharepoint/update",),
    Name.SHAREPOINT_PERMISSION_DATABASES: ("sharepoint/observe without the databases",),
    Name.SHAREPOINT_PERMISSION_SURVIVES: ("sharepoint/remove",),
    Name.SHAREPOINT_HYBRID_FLAG: ("exchange/test",),
}
"""The operations whose answer can depend on a guess; the others are about tokens."""
