"""All that the operator told of some namespaces, in the order in which people need it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from partner_operator.view.certificates import Certificate
from partner_operator.view.pairs import Pair, Parties, PartyKind, pairs_of
from partner_operator.view.raw import parts
from partner_operator.view.servers import Server, server_of
from partner_operator.view.states import State
from partner_operator.view.trusts import Trust, trust_of
from partner_operator.view.waits import Wait, Who


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is waited for, and by whom."""

    subject: Server | Trust
    wait: Wait
    also: tuple[str, ...]
    """Trusts that wait for the very same thing of this server."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose certificates these are."""

    label: str
    namespace: str
    product: str
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything, at one moment."""

    now: datetime
    servers: tuple[Server, ...]
    """The worst first."""
    trusts: tuple[Trust, ...]
    """The worst first."""
    pairs: tuple[Pair, ...]
    waiting: tuple[Waiting, ...]
    """What people can end first."""
    holders: tuple[Holder, ...]
    """By the certificate that ends next."""
    tests: tuple[Trust, ...]
    """Trusts with a test, the failed ones first, then the latest."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where the objects are."""
        return tuple(sorted({each.namespace for each in self.objects}))

    @property
    def told_at(self) -> datetime | None:
        """When the operator last wrote something new about any of them."""
        times = (each.told.written_at for each in self.objects)
        return max((each for each in times if each is not None), default=None)

    @property
    def objects(self) -> tuple[Server | Trust, ...]:
        """All of both kinds."""
        return (*self.servers, *self.trusts)

    def about(self, name: str, kinds: tuple[type[Server | Trust], ...]) -> Overview:
        """Only what concerns the objects of this name and of these kinds: a server's pairs, a trust with its pair."""
        servers = tuple(each for each in self.servers if each.name == name and Server in kinds)
        asked = [each for each in self.trusts if each.name == name and Trust in kinds]
        keys = {f"server {each.namespace}/{each.name}" for each in servers}
        pairs = tuple(
            pair
            for pair in self.pairs
            if keys & {pair.one.key, pair.other.key}
            or any(trust in asked for trust in (*pair.there, *pair.back))
        )
        kept = {id(trust) for pair in pairs for trust in (*pair.there, *pair.back)}
        trusts = tuple(trust for trust in self.trusts if id(trust) in kept)
        return replace(
            self,
            servers=servers,
            trusts=trusts,
            pairs=pairs,
            waiting=tuple(each for each in self.waiting if each.subject in (*servers, *trusts)),
            holders=tuple(
                each
                for each in self.holders
                if any((each.namespace, each.label) == (s.namespace, s.name) for s in servers)
            ),
            tests=tuple(trust for trust in self.tests if id(trust) in kept),
        )


def overview_of(servers: Iterable[object], trusts: Iterable[object], now: datetime) -> Overview:
    """Values of PartnerServers and PartnerApplications as the API server gives them. Raises nothing.

    What is no object at all is left out.
    """
    declared = sorted((server_of(body, now) for body in parts(list(servers))), key=_place)
    told = sorted((trust_of(body, now) for body in parts(list(trusts))), key=_place)
    return Overview(
        now=now,
        servers=tuple(declared),
        trusts=tuple(told),
        pairs=pairs_of(declared, told),
        waiting=_waiting(declared, told),
        holders=_holders(declared, told),
        tests=tuple(sorted((trust for trust in told if trust.test), key=_test_place)),
    )


def counts(objects: Iterable[Server | Trust]) -> list[tuple[State, int]]:
    """How many are in which state, the worst first."""
    counted = Counter(each.told.state for each in objects)
    return [(state, counted[state]) for state in State if counted[state]]


def _waiting(servers: Sequence[Server], trusts: Sequence[Trust]) -> tuple[Waiting, ...]:
    by_server = {(server.namespace, server.name): server for server in servers}
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    alone = []
    for trust in trusts:
        server = by_server.get((trust.namespace, trust.server))
        if trust.wait is None:
            continue
        if server is not None and server.wait and server.told.reason == trust.told.reason:
            same[trust.namespace, trust.server].append(trust.name)
        else:
            alone.append(Waiting(trust, trust.wait, ()))
    of_servers = [
        Waiting(server, server.wait, tuple(same[server.namespace, server.name]))
        for server in servers
        if server.wait is not None
    ]
    order = list(Who)
    return tuple(sorted((*of_servers, *alone), key=lambda each: order.index(each.wait.who)))


def _holders(servers: Sequence[Server], trusts: Sequence[Trust]) -> tuple[Holder, ...]:
    """Servers, and partners whose certificates no server here shows."""
    parties = Parties(servers)
    shown = {
        (f"server {server.namespace}/{server.name}", each.thumbprint)
        for server in servers
        for each in server.certificates
    }
    others: dict[tuple[str, str], dict[str, Certificate]] = defaultdict(dict)
    products = {}
    for trust in trusts:
        party = parties.who_is_trusted(trust)
        certificate = trust.certificate
        if certificate is None or (party.key, certificate.thumbprint) in shown:
            continue
        # One that a server published before it rolled is not its own any more.
        if party.kind is PartyKind.SERVER and any(key == party.key for key, _ in shown):
            continue
        others[party.label, party.namespace][certificate.thumbprint] = certificate
        products[party.label, party.namespace] = party.product
    found = [
        *(
            Holder(s.name, s.namespace, s.product, s.certificates)
            for s in servers
            if s.certificates
        ),
        *(
            Holder(label, namespace, products[label, namespace], tuple(each.values()))
            for (label, namespace), each in others.items()
        ),
    ]
    return tuple(sorted(found, key=_holder_place))


def _holder_place(holder: Holder) -> tuple[str, str, str]:
    ends = (each.ends.isoformat() for each in holder.certificates if each.ends is not None)
    return min(ends, default="~"), holder.label, holder.namespace


def _place(each: Server | Trust) -> tuple[int, str, str]:
    return each.told.state.rank, each.namespace, each.name


def _test_place(trust: Trust) -> tuple[int, float]:
    assert trust.test is not None
    order = {False: 0, None: 1, True: 2}[trust.test.passed]
    return order, -trust.test.at.timestamp() if trust.test.at is not None else 0.0
