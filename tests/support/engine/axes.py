"""Four ways in which the world is unkind: it refuses for good, it is slow, clocks differ, and there are two of us.

Each plays a chapter once and says what was wrong: while it lasted, and after it is over and all came to rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import Reason
from support.engine.people import (
    Chapter,
    faults,
    heir_of,
    object_on,
    organisation,
    restarted,
    stage_for,
)
from support.engine.stage import Step, StepKind, seeded
from support.engine.theatre import Theatre
from support.engine.world import LYNC_HOSTS
from support.proof import LONG

PATIENCE = timedelta(hours=40)
"""Longer than anything that a status counts: a day's budget, a day of lesser health."""


def share(count: int, keep: int, start: int = 0) -> range:
    """Every `keep`-th of so many, or all of them where there is time."""
    return range(count) if LONG else range(start % keep, count, keep)


def dry(chapter: Chapter) -> list[Step]:
    """The steps of a chapter that nothing disturbs: remote runs, and writes that write something."""
    theatre = stage_for(chapter)
    before = len(theatre.stage.steps)
    chapter.happen(theatre, chapter.product)
    theatre.comes_to_rest(PATIENCE)
    theatre.close()
    return [
        step
        for step in theatre.stage.steps[before:]
        if step.kind is not StepKind.WRITE or step.number in theatre.wrote
    ]


def ended(theatre: Theatre, chapter: Chapter, registered: int) -> list[str]:
    """What is wrong when nothing disturbs any more, and people answered what is asked."""
    if not theatre.comes_to_rest(PATIENCE):
        return ["never comes to rest:", *(what for _, what in theatre.effects[-6:])]
    ask_again(theatre)
    if not theatre.comes_to_rest(PATIENCE):
        return ["never comes to rest:", *(what for _, what in theatre.effects[-6:])]
    found = faults(theatre)
    made = organisation(theatre, chapter.product).counts["registered"]
    if not chapter.touches and made != registered:
        found.append(f"what stays was registered {made - registered} times more")
    return found


def ask_again(theatre: Theatre) -> None:
    """A person sets the annotation that each condition names."""
    for name, application in theatre.cluster.applications.items():
        if not application.deleting:
            theatre.cluster.request(name, f"again-{len(theatre.stage.steps)}")
    for name, server in theatre.cluster.servers.items():
        asked = f"again-{len(theatre.stage.steps)}"
        theatre.cluster.servers[name] = replace(server, reconcile_requested_at=asked)
    theatre.hear()


def refused(chapter: Chapter) -> Iterator[tuple[str, list[str]]]:
    """Each write of each object is refused from its first, second … time on, and one day no more."""
    places = [step for step in dry(chapter) if step.kind is StepKind.WRITE]
    for index in share(len(places), 12, len(places)):
        first = places[index]
        label = f"{first.what} of {first.about} refused from step {first.number}"
        yield label, _refuse(chapter, first)


def _refuse(chapter: Chapter, first: Step) -> list[str]:
    theatre = stage_for(chapter)
    registered = organisation(theatre, chapter.product).counts["registered"]

    def refuse(step: Step) -> None:
        same = (step.what, step.about) == (first.what, first.about)
        if same and step.number >= first.number:
            theatre.cluster.refusals.add((step.what, step.about))

    theatre.stage.before.append(refuse)
    chapter.happen(theatre, chapter.product)
    found = []
    if not theatre.comes_to_rest(timedelta(hours=9)):
        found = ["never rests while refused:", *(what for _, what in theatre.effects[-6:])]
    if theatre.cluster.refused and not theatre.cluster.told(Reason.NOT_WRITTEN):
        found.append("nobody is told of the refusal")
    theatre.stage.before.remove(refuse)
    theatre.cluster.refusals.clear()
    found += ended(theatre, chapter, registered)
    theatre.close()
    return found


Happening = Callable[[Theatre, Chapter], None]


def _an_heir_comes(theatre: Theatre, chapter: Chapter) -> None:
    name = object_on(chapter.product)
    old = theatre.cluster.applications.get(name)
    if old is not None and not old.deleting:
        theatre.cluster.add(heir_of(theatre, name, f"{name}-heir"))
        theatre.cluster.delete(name)


def _it_is_deleted(theatre: Theatre, chapter: Chapter) -> None:
    for name, found in list(theatre.cluster.applications.items()):
        if name.startswith(object_on(chapter.product)) and not found.deleting:
            theatre.cluster.delete(name)


def _it_is_suspended(theatre: Theatre, chapter: Chapter) -> None:
    for name, found in list(theatre.cluster.applications.items()):
        if name.startswith(object_on(chapter.product)) and not found.deleting:
            theatre.cluster.change(name, mode=Mode.SUSPEND)


def _another_makes_its_own(theatre: Theatre, chapter: Chapter) -> None:
    there = organisation(theatre, chapter.product)
    for entry in there.model.entries[:1]:
        other = replace(entry, identity="by hand", reference="CN=by hand")
        there.replace_by_hand(entry, other)


def _another_adds_one(theatre: Theatre, chapter: Chapter) -> None:
    there = organisation(theatre, chapter.product)
    for entry in there.model.entries[:1]:
        there.put(
            *there.model.entries,
            replace(entry, identity="beside", reference="CN=beside"),
        )


def _an_administrator_resets(theatre: Theatre, chapter: Chapter) -> None:
    there = restarted(theatre, chapter.product)
    for host in there.hosts:
        if host not in there.restarting:
            there.iisreset(host)


def _the_neighbour_breaks(theatre: Theatre, chapter: Chapter) -> None:
    there = restarted(theatre, chapter.product)
    there.break_host(there.hosts[1])


MEANWHILE: dict[str, Happening] = {
    "an heir comes": _an_heir_comes,
    "it is deleted": _it_is_deleted,
    "it is suspended": _it_is_suspended,
    "another replaces it": _another_makes_its_own,
    "another adds one": _another_adds_one,
    "an administrator resets": _an_administrator_resets,
    "the neighbour breaks": _the_neighbour_breaks,
}
HARMFUL_ONLY = frozenset({"another adds one", "it is suspended"})
"""After these a person has to say more, so only harm is judged."""


def slow(chapter: Chapter, turn: int) -> Iterator[tuple[str, list[str]]]:
    """Each remote run in turn takes more than a minute, and meanwhile people go on."""
    calls = [step for step in dry(chapter) if step.kind is StepKind.REMOTE][:14]
    places = [(nth, name) for nth in range(len(calls)) for name in MEANWHILE]
    for index in share(len(places), 40, turn):
        nth, name = places[index]
        call = calls[nth]
        label = f"{name} while {call.what} on {call.about} is slow (run {nth})"
        yield label, _slow(chapter, nth, name)


def _slow(chapter: Chapter, nth: int, name: str) -> list[str]:
    theatre = stage_for(chapter)
    seen, lengths = -1, (70, 200, 540)

    def duration(step: Step) -> timedelta:
        nonlocal seen
        seen += 1
        if seen != nth:
            return timedelta(seconds=2)
        length = timedelta(seconds=lengths[nth % 3])
        theatre.stage.at(theatre.clock.now() + length / 2, happen)
        return length

    def happen() -> None:
        MEANWHILE[name](theatre, chapter)
        theatre.hear()

    theatre.stage.duration = duration
    chapter.happen(theatre, chapter.product)
    rests = theatre.comes_to_rest(PATIENCE)
    found = list(theatre.judge.violations)
    if not rests:
        found += ["never comes to rest:", *(what for _, what in theatre.effects[-6:])]
    there = restarted(theatre, chapter.product)
    for host in there.hosts:
        there.heal(host)
    if name not in HARMFUL_ONLY:
        ask_again(theatre)
        theatre.comes_to_rest(PATIENCE)
        found = faults(theatre)
    theatre.close()
    return found


_MORE_SKEWS = (
    (0, 4, 0),
    (-4, 0, 0),
    (0, 0, -10),
    (4, 0, 0),
    (0, -4, 0),
    (10, 0, 0),
    (0, 10, 0),
    (0, -10, 0),
    (0, 0, 10),
)
SKEWS = ((-10, 10, 0), (4, -4, -10), *(((4, -4, 4), *_MORE_SKEWS) if LONG else ()))
"""Minutes by which the clocks of two hosts with IIS and of the Front Ends are ahead."""


def skewed(chapter: Chapter) -> Iterator[tuple[str, list[str]]]:
    """Each host has a clock of its own."""
    for minutes in SKEWS:
        theatre = stage_for(chapter, gap=timedelta(minutes=1))
        there = restarted(theatre, chapter.product)
        hosts = (*there.hosts, *LYNC_HOSTS)
        for host, ahead in zip(hosts, (*minutes, minutes[2]), strict=True):
            theatre.organisation_of(host).set_clock(host, timedelta(minutes=ahead))
        registered = organisation(theatre, chapter.product).counts["registered"]
        restarts = there.restarts.total()
        chapter.happen(theatre, chapter.product)
        ask_again(theatre)
        found = ended(theatre, chapter, registered)
        if there.restarts.total() - restarts > 2 * len(there.hosts):
            found.append(f"restarted again and again: {there.restarts}")
        theatre.close()
        yield f"clocks {minutes}", found


def two(chapter: Chapter, seeds: Iterable[int]) -> Iterator[tuple[str, list[str]]]:
    """Two operators work at once on one cluster and one domain; each step is somebody's."""
    for seed in seeds:
        theatre = stage_for(chapter, choose=seeded(seed))
        registered = organisation(theatre, chapter.product).counts["registered"]
        there = restarted(theatre, chapter.product)
        restarts = dict(there.restarts)
        theatre.call("b")
        chapter.happen(theatre, chapter.product)
        found = ended(theatre, chapter, registered)
        again = {
            host: count
            for host, count in there.restarts.items()
            if count - restarts.get(host, 0) > 1
        }
        if again:
            found.append(f"restarted twice for one change: {again}")
        theatre.close()
        yield f"schedule {seed}", found
