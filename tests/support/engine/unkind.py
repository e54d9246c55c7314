"""Mishaps that a theatre can be asked for: kills, lost answers, refusals, in any order and at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from partner_operator.trust.model import Entry, Mode, Product
from support.engine.axes import PATIENCE, ask_again
from support.engine.invariants import HUMAN
from support.engine.people import PRODUCTS, faults, heir_of, organisation
from support.engine.stage import Step
from support.engine.theatre import Theatre
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values


@dataclass
class Unkind:
    """A theatre in which anything may happen."""

    theatre: Theatre
    kill_in: int | None = None
    """Steps until the operator is killed."""
    lose_in: int | None = None
    """Remote runs until an answer is lost."""
    slow: timedelta = timedelta(seconds=2)
    _started: int = 0
    _objects: int = 0

    def __post_init__(self) -> None:
        """Watch every step."""
        stage = self.theatre.stage
        stage.before.append(self._before)
        stage.duration = lambda step: self.slow
        stage.loses_answer = self._loses
        self.theatre.declare()
        self.operator_starts()

    # ---- what befalls operators

    def operator_starts(self) -> None:
        """One more operator."""
        self._started += 1
        self.theatre.call(f"operator-{self._started}")

    def kill(self) -> None:
        """SIGKILL to the oldest operator."""
        for engine in list(self.theatre.engines)[:1]:
            self.theatre.kill(engine)

    def _before(self, step: Step) -> None:
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in < 0:
                self.kill_in = None
                self.theatre.kill(step.engine)
                return

    def _loses(self, step: Step) -> bool:
        if self.lose_in is None:
            return False
        self.lose_in -= 1
        if self.lose_in >= 0:
            return False
        self.lose_in = None
        return True

    def play(self, length: timedelta) -> None:
        """Time goes on; a killed operator is started again afterwards."""
        self.theatre.play(length)
        if not self.theatre.engines:
            self.operator_starts()

    # ---- what people declare

    def objects(self, product: Product, *, deleting: bool = False) -> list[str]:
        """Objects on this product's server."""
        return [
            name
            for name, found in self.theatre.cluster.applications.items()
            if found.server_name == product.lower() and found.deleting is deleting
        ]

    def apply(self, product: Product) -> None:
        """`kubectl apply` of what is not there."""
        if self.objects(product):
            return
        name = LYNC_ON_EXCHANGE if product is Product.EXCHANGE else EXCHANGE_ON_LYNC
        if name in self.theatre.cluster.applications:
            return
        make = lync_on_exchange if product is Product.EXCHANGE else exchange_on_lync
        self._objects += 1
        made = make()
        key = replace(made.key, uid=f"uid-{name}-{self._objects}")
        self.theatre.cluster.add(replace(made, key=key, created_at=self.theatre.clock.now()))
        self.theatre.hear()

    def rename(self, product: Product, gap: timedelta | None) -> None:
        """A new object for the same trust; with a `gap` the old one goes first, by so long."""
        living = self.objects(product)
        if not living:
            return
        self._objects += 1
        heir = heir_of(self.theatre, living[0], f"heir-{self._objects}")
        if gap is None:
            self.theatre.cluster.add(heir)
        self.theatre.cluster.delete(living[0])
        self.theatre.hear()
        if gap is not None:
            self.theatre.play(gap)
            self.theatre.cluster.add(replace(heir, created_at=self.theatre.clock.now()))
            self.theatre.hear()

    def delete(self, product: Product) -> None:
        """`kubectl delete`."""
        for name in self.objects(product):
            self.theatre.cluster.delete(name)
        self.theatre.hear()

    def change_mode(self, product: Product, mode: Mode) -> None:
        """`kubectl apply` of another mode."""
        for name in self.objects(product):
            if self.theatre.cluster.applications[name].mode is not mode:
                self.theatre.cluster.change(name, mode=mode)
        self.theatre.hear()

    def annotate(self, product: Product, release: str) -> None:
        """`kubectl annotate` with release and this value, on whatever is being deleted."""
        for name in self.objects(product, deleting=True):
            found = self.theatre.cluster.applications[name]
            self.theatre.cluster.applications[name] = replace(found, release_requested=release)
        self.theatre.hear()

    # ---- what people do on servers

    def disable(self, product: Product) -> None:
        """Somebody disables the entries."""
        there = organisation(self.theatre, product)
        there.put(*(replace(entry, enabled=False) for entry in there.model.entries))

    def replace_by_hand(self, product: Product) -> None:
        """Somebody removes an entry and makes another one like it, under another name."""
        there = organisation(self.theatre, product)
        for entry in there.model.entries[:1]:
            there.replace_by_hand(entry, self._by_hand(product))

    def add_by_hand(self, product: Product) -> None:
        """Somebody makes an entry for the same partner beside what is there."""
        there = organisation(self.theatre, product)
        there.put(*there.model.entries, self._by_hand(product))

    def drop_by_hand(self, product: Product) -> None:
        """Somebody removes everything."""
        organisation(self.theatre, product).put()

    def _by_hand(self, product: Product) -> Entry:
        self._objects += 1
        partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
        url = values.URLS[partner]
        documents = organisation(self.theatre, product).model.documents
        document = next(found.document for found in documents if found.url == url)
        assert document is not None
        made = values.entry(partner, product)
        name = f"by-hand-{self._objects}"
        return replace(
            made,
            identity=name,
            reference=name,
            thumbprints=None if product is Product.LYNC else document.thumbprints,
        )

    # ---- the end

    def calm(self) -> list[str]:
        """Nothing befalls anybody any more, and people do what conditions ask. What is wrong then?"""
        theatre = self.theatre
        self.kill_in = self.lose_in = None
        self.theatre.cluster.refusals.clear()
        self.slow = timedelta(seconds=2)
        while len(theatre.engines) > 1:
            self.kill()
        if not theatre.engines:
            self.operator_starts()
        theatre.lync.unreachable.clear()
        for host in EXCHANGE_HOSTS:
            theatre.exchange.heal(host)
        theatre.play(timedelta(minutes=20))
        for product in PRODUCTS:
            self.apply(product)
            self.change_mode(product, Mode.ENFORCE)
            self._tidy(product)
        found: list[str] = []
        for _ in range(3):
            ask_again(theatre)
            if not theatre.comes_to_rest(PATIENCE):
                return ["never comes to rest:", *(what for _, what in theatre.effects[-6:])]
            found = faults(theatre)
            if not found or theatre.judge.violations:
                return found
            # What a budget or a day of lesser health holds back comes by itself.
            theatre.play(timedelta(hours=25))
            for product in PRODUCTS:
                self.apply(product)
                self._tidy(product)
        return found

    def _adopted(self, name: str) -> bool:
        """What Lync has read of an entry that was made without this object is known to nobody."""
        registration = self.theatre.cluster.status(name).registration
        return registration is None or not registration.created_by_us

    def _tidy(self, product: Product) -> None:
        """People take away what they made beside the operator's entry, and let what is theirs read again."""
        there = organisation(self.theatre, product)
        if any(self._adopted(name) for name in self.objects(product)):
            there.read_again()
        makers = self.theatre.judge.makers
        ours = [
            entry
            for entry in there.model.entries
            if makers.get((product, entry.reference.casefold()), HUMAN) != HUMAN
        ]
        keep = ours[:1] or list(there.model.entries[:1])
        if len(there.model.entries) > 1:
            there.put(*keep)
