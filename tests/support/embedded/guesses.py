"""What the simulator only guesses: the operations whose answer can depend on it, with each other guess."""

from __future__ import annotations

from collections.abc import Iterator

from partner_operator.trust.model import Product
from partner_simulator.world.sharepoint_switches import SHAREPOINT_ROWS
from partner_simulator.world.switches import ROWS, Name
from support.embedded import behind, exchange_worlds, farms, worlds
from support.embedded.acts import (
    LOOK_AT_EXCHANGE,
    LOOK_AT_LYNC,
    LOOK_THERE,
    REGISTER,
    REGISTER_ON_LYNC,
    REMOVE,
    UPDATE,
    URLS,
    connect,
    in_turn,
    look,
    observe,
    replicate,
    restart,
)
from support.embedded.lync_worlds import full_trust, lync_trusts
from support.embedded.twins import Case
from support.embedded.worlds import both, trusted

_STORY = {
    "exchange/observe": (observe(Product.EXCHANGE, *URLS), trusted()),
    "exchange/register": (in_turn(REGISTER, LOOK_THERE), worlds.nothing),
    "exchange/register beside a mailbox": (REGISTER, exchange_worlds.second_account_there),
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


def switches() -> Iterator[Case]:
    for row in ROWS:
        for value in row.alternatives if row.flippable else ():
            for name in SHOWN_BY[row.name]:
                act, arrange = _STORY[name]
                yield Case(f"{name}: {row.name}={value}", act, arrange, {row.name: value})
