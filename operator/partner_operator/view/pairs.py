"""Who trusts whom, in both directions: parties, and what stands between two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from partner_operator.trust.match import normal_url
from partner_operator.view.servers import Server
from partner_operator.view.states import State
from partner_operator.view.trusts import PartnerKind, Trust


class PartyKind(Enum):
    """What a party is. The value is the word for it."""

    SERVER = "PartnerServer"
    MISSING = "no such PartnerServer"
    BY_URL = "partner by URL"
    APPLICATION = "behind a token server"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who trusts or is trusted."""

    key: str
    """The same for the same party, whoever names it."""
    kind: PartyKind
    label: str
    namespace: str
    """Of a PartnerServer; empty for who stands in none."""
    product: str
    detail: str
    """The organisation, or the URL."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parties with at least one trust between them."""

    one: Party
    other: Party
    there: tuple[Trust, ...]
    """`one` trusts `other`: mostly one object, two while one is renamed or in conflict."""
    back: tuple[Trust, ...]
    """`other` trusts `one`."""

    @property
    def state(self) -> State:
        """The worst of both directions."""
        return worst((*self.there, *self.back))


def worst(trusts: Sequence[Trust]) -> State:
    """The worst state of some trusts; Unknown where there are none."""
    states = (trust.told.state for trust in trusts)
    return min(states, key=lambda state: state.rank, default=State.UNKNOWN)


class Parties:
    """The parties that servers and trusts name."""

    def __init__(self, servers: Sequence[Server]) -> None:
        """`servers` are all that can be seen: a partner by URL may be one of them, in another namespace too."""
        self._by_name = {(server.namespace, server.name): _of_server(server) for server in servers}
        by_url: dict[str, list[Party]] = defaultdict(list)
        for server in servers:
            by_url[normal_url(server.url)].append(self._by_name[server.namespace, server.name])
        self._by_url = {url: found[0] for url, found in by_url.items() if len(found) == 1 and url}

    def who_trusts(self, trust: Trust) -> Party:
        """The party of `serverRef`."""
        return self._named(trust.namespace, trust.server)

    def who_is_trusted(self, trust: Trust) -> Party:
        """The party of `partnerRef` or `partner`."""
        partner = trust.partner
        if partner.kind is PartnerKind.NAMED:
            return self._named(trust.namespace, partner.label)
        url = normal_url(partner.url)
        if partner.kind is PartnerKind.BEHIND_TOKEN_SERVER:
            key = f"application {url} {partner.label}"
            return Party(key, PartyKind.APPLICATION, partner.label, "", "", partner.url)
        known = self._by_url.get(url)
        if known is not None:
            return known
        key = f"url {url or trust.name}"
        return Party(key, PartyKind.BY_URL, partner.label, "", partner.product, partner.url)

    def _named(self, namespace: str, name: str) -> Party:
        missing = Party(
            f"server {namespace}/{name}", PartyKind.MISSING, name or "?", namespace, "", ""
        )
        return self._by_name.get((namespace, name), missing)


def pairs_of(servers: Sequence[Server], trusts: Sequence[Trust]) -> tuple[Pair, ...]:
    """All pairs, the worst first, then by their names."""
    parties = Parties(servers)
    known: dict[str, Party] = {}
    found: dict[tuple[str, str], list[Trust]] = defaultdict(list)
    for trust in trusts:
        one, other = parties.who_trusts(trust), parties.who_is_trusted(trust)
        known[one.key], known[other.key] = one, other
        found[one.key, other.key].append(trust)
    ends = {(min(key), max(key)) for key in found}
    pairs = [
        Pair(
            known[one],
            known[other],
            tuple(found.get((one, other), ())),
            tuple(found.get((other, one), ())) if one != other else (),
        )
        for one, other in (_turned(key, found) for key in ends)
    ]
    return tuple(
        sorted(
            pairs,
            key=lambda pair: (pair.state.rank, pair.one.label, pair.other.label, pair.one.key),
        )
    )


def _turned(key: tuple[str, str], found: dict[tuple[str, str], list[Trust]]) -> tuple[str, str]:
    """So that `there` is never empty."""
    return key if key in found else (key[1], key[0])


def _of_server(server: Server) -> Party:
    return Party(
        key=f"server {server.namespace}/{server.name}",
        kind=PartyKind.SERVER,
        label=server.name,
        namespace=server.namespace,
        product=server.product,
        detail=server.organization,
    )
