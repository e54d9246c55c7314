"""What the core asks of a managed product: facts as values, rules as pure functions. Its folder answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from partner_operator.trust.conditions import shortened
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Entry,
    Observed,
    PartnerProfile,
    Product,
    RestartPolicy,
    Right,
    TokenServer,
)
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.status import MetadataStatus

SHORT = 24
"""Characters of an organisation's name in a column."""


class Activation(StrEnum):
    """How a change becomes active on the servers of a product."""

    RESTART = "Restart"
    """Hosts cache it until their IIS workers are restarted."""
    REPLICATION = "Replication"
    """Hosts have it when the store has reached them."""
    AT_ONCE = "AtOnce"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of the doctor finds in one answer of an organisation."""

    ok: bool
    message: str
    next_step: str = ""


class Proof(StrEnum):
    """What a connectivity test proves when it passes."""

    BOTH_WAYS = "BothWays"
    """Each side accepts the other's tokens."""
    BY_PARTNER = "ByPartner"
    """The partner accepts the server's tokens: that is what the object of the other direction declares."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a product can allow partners beside trusting them."""

    without: Mapping[Product, str]
    """Partners that may be given something, and what does not work for each that has nothing."""
    means: Mapping[Right, str]
    """What each right lets its holder do; read behind "that is"."""
    taking: str
    """A sentence: how people take one away."""


@dataclass(frozen=True, slots=True)
class TokenServers:
    """What a product that can trust partners through token servers has to say of them."""

    make: Callable[[str, str], str]
    """The command by which people make one, of its name and the address of its document."""
    enable: Callable[[TokenServer], str]
    """The command by which people enable one."""
    renew: Callable[[TokenServer], str]
    """What people do, in words, where one is not what its document says."""
    refused: Mapping[str, str]
    """Applications, by identifier, that are never registered so, and why."""
    reads_keys: Callable[[TokenServer], bool] = lambda found: False
    """Whether the product can be made to read this one's document again without changing anything else of it."""
    unlinkable: Callable[[str, int], Obstacle | None] = lambda name, count: None
    """Why applications cannot act with an account, of its name and of how many of that name there are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One managed product."""

    product: Product
    profile: PartnerProfile
    """What it is to those that trust it."""
    trusts: tuple[Product, ...]
    """Partners that the operator can register there, the likeliest first."""
    authentication: Authentication
    """The logon where an object declares none."""
    options: str
    """The block of a PartnerApplication's spec that belongs to its servers."""
    activation: Activation
    differences: Callable[[DesiredApplication, Entry, Observed], Iterable[Difference]]
    """What can differ beside what every entry has."""
    restart_policy: RestartPolicy = RestartPolicy.AUTOMATIC
    """Whether its hosts are restarted where an object declares nothing."""
    takes_over_within: timedelta | None = None
    """After this long its hosts have a change by themselves; None: nobody promises that."""
    challenges: bool = False
    """Whether its sessions ask a host whom its workers trust (`engine.ports.Challenges`)."""
    cold_start: timedelta = timedelta(0)
    """How much longer than usual its hosts need after a restart until they serve again."""
    immutable: frozenset[Field] = frozenset()
    """Fields that need an entry to be made anew."""
    unfinished: Callable[[Entry], bool] = lambda entry: False
    """Whether an entry was left by a change of ours that was broken off."""
    harmless: frozenset[Field] = frozenset()
    """Fields that are active at once, whatever `activation` is."""
    warnings: Callable[[Observed], tuple[str, ...]] = lambda observed: ()
    """Sentences for people; they stop nothing."""
    same_organization: Callable[[MetadataStatus | None, Observed], bool] = lambda known, observed: (
        False
    )
    """Whether an organisation with another name shows a sign that it is the one whose document is remembered. What
    is public proves nothing, so it is asked of a host only that has answered for the organisation before."""
    registered: str = ""
    """What must be said of every entry there."""
    activated: str = ""
    """Said when the store has reached a listed host."""
    not_activated: str = ""
    """Said while it has reached none."""
    tests: Mapping[Product, Proof] = field(default_factory=dict)
    """Partners with which its own connectivity test can be run, and what that proves."""
    asked: str = ""
    """What a human's request does beside a look where the last test failed; said of a failed test."""
    second_hop: str = ""
    """What an inner session of its own proves, where the scripts open one with the logon."""
    challenge_path: str = ""
    """Where a host says, without a logon, whom it trusts now."""
    newer_name: Callable[[str], str | None] = lambda version: None
    """What people call it in this version, where that is not the product's name."""
    short_name: Callable[[str], str] = lambda organization: shortened(organization, SHORT)
    """What people call an organisation, in at most SHORT characters: for a column."""
    permissions: Permissions | None = None
    """None: its partners have no permissions of their own."""
    token_servers: TokenServers | None = None
    """None: partners behind token servers are not registered there."""
    without_token_servers: str = ""
    """Why not."""
    owner: Callable[[Entry], str] = lambda entry: ""
    """To whom an entry belongs that is never touched, whatever an object says; empty: to nobody in particular."""
    no_challenge: str = ""
    """What to look at where it does not say so."""
    checks: tuple[tuple[str, Callable[[Observed], Finding]], ...] = ()
    """The doctor's checks of its organisations, by name."""

    def called(self, version: str | None) -> str:
        """The product's name in sentences. `version`: as the server told it; None: it is not known yet."""
        return (version and self.newer_name(version)) or str(self.product)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All managed products and all kinds of partner."""

    rules: Mapping[Product, Rules]
    partners: Mapping[Product, PartnerProfile]
