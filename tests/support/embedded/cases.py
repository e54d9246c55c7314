"""Every operation, in every world that could change its answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from partner_operator.trust.model import Authentication, Product
from partner_operator.trust.plan import Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from support.embedded import behind, exchange_worlds, farms, host_worlds, lync_worlds, worlds
from support.embedded.acts import (
    EVERYTHING,
    LOOK_AT_EXCHANGE,
    LOOK_AT_LYNC,
    READ_AGAIN,
    RECREATE_ON_LYNC,
    REGISTER,
    REGISTER_ON_LYNC,
    REMOVE,
    REMOVE_ON_LYNC,
    UPDATE,
    UPDATE_ON_LYNC,
    URLS,
    connect,
    cramped,
    fetch,
    hurried,
    in_turn,
    look,
    observe,
    on_exchange,
    on_lync,
    replicate,
    restart,
    restart_older,
    several_on_exchange,
    several_on_lync,
    several_on_sharepoint,
    wrong_password,
)
from support.embedded.guesses import switches
from support.embedded.lync_worlds import full_trust, lync_trusts
from support.embedded.twins import EXCHANGE_HOST, LYNC_HOST, Act, Case
from support.embedded.worlds import Arrange, both, trusted

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
        "exchange/observe", observe(Product.EXCHANGE, *URLS), exchange_worlds.ORGANISATIONS
    )
    yield from _in_worlds("exchange/register", REGISTER, exchange_worlds.REGISTERING)
    warned = {f"warned: {name}": worlds.warning(*said) for name, said in worlds.WARNED.items()}
    yield from _in_worlds("exchange/observe", LOOK_AT_EXCHANGE, warned)
    elsewhere = worlds.warning(*worlds.WARNED["another entry"], there=worlds.nothing)
    yield Case("exchange/register: warned about another entry", REGISTER, elsewhere)
    doubted = worlds.warning(*worlds.WARNED["the read"], there=worlds.nothing)
    yield Case("exchange/register: warned about the read", REGISTER, doubted)
    yield from _in_worlds("lync/observe", LOOK_AT_LYNC, lync_worlds.LYNC_WARNED)
    for name in ("warned: the read", "warned: our entry"):
        yield Case(f"lync/register: {name}", REGISTER_ON_LYNC, lync_worlds.LYNC_WARNED[name])
    yield from _in_worlds("exchange/update", UPDATE, exchange_worlds.DRIFTED)
    for world in ("as declared", "odd letters", "an auth server's", "several"):
        yield Case(f"exchange/remove: {world}", REMOVE, exchange_worlds.DRIFTED[world])
    yield Case("exchange/apply: nothing there", several_on_exchange)
    yield Case("exchange/apply: as declared", several_on_exchange, trusted())
    yield Case("lync/apply: nothing there", several_on_lync)
    yield Case("lync/apply: as declared", several_on_lync, lync_trusts())
    yield Case("sharepoint/apply: nothing there", several_on_sharepoint)
    yield from _in_worlds("exchange/host_state", look, host_worlds.HOSTS)
    yield from _in_worlds("exchange/restart", in_turn(restart, look), host_worlds.HOSTS)
    yield from _in_worlds(
        "lync/observe", observe(Product.LYNC, *URLS), lync_worlds.LYNC_DEPLOYMENTS
    )
    yield from _in_worlds("lync/register", REGISTER_ON_LYNC, lync_worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/register", REGISTER_ON_LYNC, lync_worlds.LYNC_DEPLOYMENTS)
    yield from _in_worlds("lync/recreate", RECREATE_ON_LYNC, lync_worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/update", UPDATE_ON_LYNC, lync_worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/remove", REMOVE_ON_LYNC, lync_worlds.LYNC_DRIFTED)
    yield from _in_worlds("lync/test", connect(), lync_worlds.TESTED)


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
        both(worlds.account_gone, exchange_worlds.default_last),
    )
    yield Case(
        "exchange/update: repaired beside a wildcard",
        UPDATE,
        both(worlds.account_gone, exchange_worlds.wildcard),
    )
    yield Case(
        "exchange/update: repaired without a domain",
        UPDATE,
        both(worlds.account_gone, exchange_worlds.no_domains),
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
    yield Case("exchange/observe: a password that was changed", wrong_password(LOOK_AT_EXCHANGE))
    yield Case(
        "lync/register: another trust level", on_lync(ChangeKind.REGISTER, trust_level="User")
    )
    yield Case("lync/register: another name", on_lync(ChangeKind.REGISTER, identity=worlds.LETTERS))
    yield Case(
        "lync/recreate: under a name that is taken",
        on_lync(ChangeKind.RECREATE, identity="Other"),
        lync_worlds.LYNC_DRIFTED["several"],
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
        crowd = both(trusted(), exchange_worlds.several, exchange_worlds.odd_letters)
        act = cramped(observe(Product.EXCHANGE, *URLS), size)
        yield Case(f"exchange/observe: in parts of {size}", act, crowd)
        act = cramped(observe(Product.LYNC, *URLS), size)
        yield Case(f"lync/observe: in parts of {size}", act, lync_worlds.every_lync_drift)
        act = cramped(farms.observe(*URLS), size)
        yield Case(f"sharepoint/observe: in parts of {size}", act, farms.two_issuers)
    for product in (Product.EXCHANGE, Product.LYNC, Product.SHAREPOINT):
        yield Case(f"{product.lower()}/documents: some", fetch(product))
        act = cramped(fetch(product), 1)
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
    yield Case("lync/observe: slow", hurried(observe(Product.LYNC, *URLS[:2])), faults=slow)
    for fault in faults:
        exchange = {names.AUTODISCOVER: fault}
        yield Case(f"lync/recreate: {fault}", RECREATE_ON_LYNC, lync_trusts(), faults=exchange)
    for fault in (DocumentFault.HTML, DocumentFault.UNREACHABLE):
        lync, exchange = {names.LYNC_POOL: fault}, {names.AUTODISCOVER: fault}
        yield Case(f"exchange/register: {fault}", REGISTER, faults=lync)
        yield Case(f"exchange/update: {fault}", UPDATE, trusted(), faults=lync)
        yield Case(f"lync/register: {fault}", REGISTER_ON_LYNC, faults=exchange)
        yield Case(f"lync/update: {fault}", UPDATE_ON_LYNC, lync_trusts(), faults=exchange)


CASES: tuple[Case, ...] = (
    *_worlds(),
    *_special(),
    *_parts(),
    *_faults(),
    *switches(),
    *farms.cases(),
    *behind.cases(),
    *farms.proofs(),
)
