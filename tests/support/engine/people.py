"""What people do: chapters of an application's life, and the same for either product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from partner_operator.trust.conditions import find
from partner_operator.trust.model import DesiredApplication, Product, RestartPolicy, RestartRules
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.field import FieldOrganisation
from support.engine.invariants import HUMAN, wrong
from support.engine.theatre import Theatre
from support.engine.world import EXCHANGE_ON_LYNC, EXCHANGE_ON_SHAREPOINT, LYNC_ON_EXCHANGE
from support.trust import worlds as values

SOON = timedelta(seconds=3)
"""Between two objects of one `kubectl apply`, or a prune and the apply after it."""


@dataclass(frozen=True)
class Chapter:
    """Something that people do to a trust that stands, and whether it stands in the end."""

    name: str
    product: Product
    happen: Callable[[Theatre, Product], None]
    fresh: bool = False
    """True: nothing is declared before."""
    touches: bool = True
    """False: nothing may be changed on the server."""
    never: bool = False
    """True: restart.policy is Never."""

    @property
    def id(self) -> str:
        """For test ids."""
        return f"{self.name} on {self.product}"


def object_on(product: Product) -> str:
    """The name of the object on this product's server."""
    return OBJECTS[product]


def organisation(theatre: Theatre, product: Product) -> FieldOrganisation:
    """Its organisation."""
    return {
        Product.EXCHANGE: theatre.exchange,
        Product.LYNC: theatre.lync,
        Product.SHAREPOINT: theatre.sharepoint,
    }[product]


def restarted(theatre: Theatre, product: Product) -> FieldOrganisation:
    """Whose hosts are restarted in a chapter about this product."""
    return theatre.sharepoint if product is Product.SHAREPOINT else theatre.exchange


def declare(theatre: Theatre, product: Product) -> None:
    """`kubectl apply -f examples/`."""
    del product
    theatre.declare()
    theatre.hear()


def disable(theatre: Theatre, product: Product) -> None:
    """Somebody disables the entries by hand."""
    there = organisation(theatre, product)
    there.put(*(replace(entry, enabled=False) for entry in there.model.entries))


def take_out(theatre: Theatre, product: Product) -> None:
    """Somebody removes the entries by hand."""
    organisation(theatre, product).put()


def roll(theatre: Theatre, product: Product) -> None:
    """This product's signing certificate is replaced."""
    theatre.roll(product, values.ROLLED, values.THUMBPRINT)


def another_realm(theatre: Theatre, product: Product) -> None:
    """The partner gets another realm, which an issuer on SharePoint cannot be given."""
    del product
    moved = values.reading(Product.EXCHANGE, realm="fabrikam.example")
    for there in theatre.organisations.values():
        there.model.documents = tuple(
            moved if one.url == moved.url else one for one in there.model.documents
        )


def roll_partner(theatre: Theatre, product: Product) -> None:
    """The signing certificate of the product's partner is replaced."""
    del product
    theatre.roll(Product.EXCHANGE, values.ROLLED, values.THUMBPRINT)


def heir_of(theatre: Theatre, name: str, heir: str) -> DesiredApplication:
    """An object with another name for the same trust."""
    old = theatre.cluster.applications[name]
    uid = f"uid-{heir}-{len(theatre.appeared)}"
    return replace(
        old,
        key=replace(old.key, name=heir, uid=uid),
        created_at=theatre.clock.now(),
        has_finalizer=False,
        deleting=False,
        generation=1,
    )


def rename(theatre: Theatre, product: Product) -> None:
    """The new object comes, then the old one goes."""
    name = object_on(product)
    theatre.cluster.add(heir_of(theatre, name, f"{name}-2"))
    theatre.cluster.delete(name)
    theatre.hear()


def prune_first(theatre: Theatre, product: Product) -> None:
    """A rename as Argo CD makes it: the old object goes, the new one comes some seconds later."""
    name = object_on(product)
    heir = heir_of(theatre, name, f"{name}-2")
    delete(theatre, product)
    theatre.play(SOON)
    theatre.cluster.add(replace(heir, created_at=theatre.clock.now()))
    theatre.hear()


def delete(theatre: Theatre, product: Product) -> None:
    """`kubectl delete`."""
    theatre.cluster.delete(object_on(product))
    theatre.hear()


def delete_and_apply(theatre: Theatre, product: Product) -> None:
    """`kubectl delete`, wait until it is gone, and `kubectl apply` of the same."""
    name = object_on(product)
    anew = heir_of(theatre, name, name)
    delete(theatre, product)
    theatre.play(timedelta(hours=1), lambda: name not in theatre.cluster.applications)
    if name in theatre.cluster.applications:
        return
    theatre.cluster.add(replace(anew, created_at=theatre.clock.now()))
    theatre.hear()


OBJECTS = {
    Product.EXCHANGE: LYNC_ON_EXCHANGE,
    Product.LYNC: EXCHANGE_ON_LYNC,
    Product.SHAREPOINT: EXCHANGE_ON_SHAREPOINT,
}
PRODUCTS = (Product.EXCHANGE, Product.LYNC)
"""That have one another as partners; a farm has its chapters alone."""
CHAPTERS = (
    Chapter("story", Product.EXCHANGE, declare, fresh=True),
    *(
        Chapter(name, product, happen, touches=happen not in (rename, prune_first))
        for name, happen in {
            "disabled": disable,
            "removed by hand": take_out,
            "roll-over": roll,
            "rename": rename,
            "prune first": prune_first,
            "deletion": delete,
            "delete and apply": delete_and_apply,
        }.items()
        for product in PRODUCTS
    ),
    Chapter("story", Product.SHAREPOINT, declare, fresh=True),
    Chapter("story that nobody restarts", Product.SHAREPOINT, declare, fresh=True, never=True),
    Chapter("roll-over", Product.SHAREPOINT, roll_partner),
    Chapter("another realm", Product.SHAREPOINT, another_realm),
    Chapter("deletion", Product.SHAREPOINT, delete),
)


def stage_for(
    chapter: Chapter, *, gap: timedelta = timedelta(minutes=20), **theatre: Any
) -> Theatre:
    """A theatre in which the chapter is about to happen, with one operator at work."""
    if chapter.never:
        theatre["rules"] = RestartRules(RestartPolicy.NEVER, timedelta(0))
    built = Theatre(farm=chapter.product is Product.SHAREPOINT, **theatre)
    if not chapter.fresh:
        built.declare()
    built.call("a")
    if not chapter.fresh:
        built.play(timedelta(hours=6), built.all_ready)
        assert built.all_ready()
        built.play(gap)
    assert built.judge.violations == []
    return built


def faults(theatre: Theatre) -> list[str]:
    """What is not as declared when all is at rest: on the servers, and in what is said of them."""
    found = list(theatre.judge.violations)
    declared = {application.server_name for application in theatre.cluster.applications.values()}
    for name, application in theatre.cluster.applications.items():
        found += [f"{name}: {fault}" for fault in _faults_of(theatre, application, declared)]
    for product in OBJECTS:
        there = organisation(theatre, product)
        ours = [
            entry.reference
            for entry in there.model.entries
            if theatre.judge.makers.get((product, entry.reference.casefold())) not in {None, HUMAN}
        ]
        if len(ours) > len({product.lower()} & declared):
            found.append(f"{product} has {ours}")
    if len(declared) == 2 and not theatre.trusted():
        found.append("no token is accepted")
    return found


def _faults_of(
    theatre: Theatre, application: DesiredApplication, declared: set[str]
) -> Iterator[str]:
    ready = theatre.cluster.ready(application.key.name)
    told = f"{ready[0]}/{ready[1]}" if ready else "nothing"
    if application.deleting:
        yield f"is still there: {told}"
    elif ready is None or ready[0] is not ConditionStatus.TRUE:
        # With one direction alone no token is accepted on both sides, and the test says so.
        if len(declared) == 2 or ready is None or ready[1] is not Reason.CONNECTIVITY_TEST_FAILED:
            yield f"{told}: {_message(theatre, application)}"
    else:
        model = organisation(
            theatre, theatre.cluster.servers[application.server_name].product
        ).model
        fault = wrong(application, model.entries, model.documents)
        if fault:
            yield f"Ready, and {fault}"


def _message(theatre: Theatre, application: DesiredApplication) -> str:
    ready = find(theatre.cluster.statuses[application.key.uid].conditions, ConditionType.READY)
    return ready.message if ready else ""
