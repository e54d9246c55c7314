"""C38: a refused logon is tried again by a human's word, exactly once for each, else once a day; logons are counted
at the far side. Every pass is one of a new operator, which knows nothing but what the status says.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import Credentials, LogonRefused, RunFailed, ServerName
from partner_operator.engine.worker import Worker
from partner_operator.kube.client import ApiFailure
from partner_operator.trust.allowed import Bounds
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Authentication
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ServerStatus
from support.engine.crash import Crash, Killed
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World
from support.trust.worlds import OURS

SERVERS = ("exchange", "lync")
NAMES = {"exchange": LYNC_ON_EXCHANGE, "lync": EXCHANGE_ON_LYNC}
LOCKED = LogonRefused(
    "ex1 refused the logon: the account is locked out (0xC0000234).", nothing_ran=True
)
TOLD = (ConditionStatus.FALSE, Reason.CREDENTIALS_REJECTED)
MINUTES = timedelta(minutes=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Refusing(list[RunFailed]):
    """The same failure for every operation."""

    def pop(self, index: object = 0) -> RunFailed:
        """It stays."""
        return self[0]


class Place:
    """One organisation whose account is refused, and the passes over it."""

    def __init__(self, server: str, crash: Crash | None = None) -> None:
        self.world = World(crash=crash or Crash())
        self.world.declare()
        self.server, self.name = server, NAMES[server]
        self.organisation: FakeOrganisation = (
            self.world.exchange if server == "exchange" else self.world.lync
        )
        self.refuse()

    def refuse(self) -> None:
        """Every logon is refused from now on."""
        self.organisation.failures = Refusing([LOCKED])

    def mend(self) -> None:
        """The account is unlocked."""
        self.organisation.failures = []

    @property
    def logons(self) -> int:
        """How many logons the hosts saw."""
        return len(self.organisation.seen_passwords)

    def passes(self, length: timedelta, every: timedelta = MINUTES) -> int:
        """New operators work for so long, when they are due and when rung. Returns how many logons that made."""
        before, end = self.logons, self.world.clock.now() + length
        while self.world.clock.now() < end:
            now, due = self.world.clock.now(), self.world.due.get(self.server)
            rung = now + every
            asked = rung if due is None else max(due, now + timedelta(seconds=1))
            self.world.clock.instant = min(rung, asked)
            self.world.run_pass(self.server)
        return self.logons - before

    def annotate(self, word: str) -> None:
        """`kubectl annotate pserver`."""
        servers = self.world.cluster.servers
        servers[self.server] = replace(servers[self.server], reconcile_requested_at=word)

    def declare(self, **changes: object) -> None:
        """`kubectl apply` of a change of spec."""
        self.world.cluster.change_server(self.server, **changes)

    def other_port(self) -> None:
        """Another port, which the operator may log on to."""
        known = self.world.cluster.credentials_by_server[self.server]
        assert isinstance(known, Credentials)
        wider = replace(known, bounds=Bounds(ports=frozenset({5986, 5987})))
        self.world.cluster.credentials_by_server[self.server] = wider
        self.declare(port=5987)

    def secret(self, digest: str) -> None:
        """Other data in the Secret."""
        credentials = Credentials("admin", "geheim", digest, OURS)
        self.world.cluster.credentials_by_server[self.server] = credentials

    @property
    def status(self) -> ServerStatus:
        """Of the PartnerServer."""
        return self.world.cluster.server_statuses[self.world.cluster.servers[self.server].key.uid]

    def message(self) -> str:
        """What the server says."""
        ready = find(self.status.conditions, ConditionType.READY)
        assert ready is not None
        return ready.message


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest) -> Place:
    """Refused once, and at rest."""
    made = Place(request.param)
    assert made.passes(HOUR) == 1
    assert made.world.cluster.ready(made.name) == TOLD
    return made


WORDS: dict[str, Callable[[Place], None]] = {
    "annotation": lambda place: place.annotate("please"),
    "Secret": lambda place: place.secret("another"),
    "authentication": lambda place: place.declare(authentication=Authentication.KERBEROS),
    "port": lambda place: place.other_port(),
    "CA bundle": lambda place: place.declare(ca_bundle="another"),
    "first host": lambda place: place.declare(
        hosts=place.world.cluster.servers[place.server].hosts[::-1]
    ),
}


@pytest.mark.parametrize("word", WORDS)
def test_a_humans_word_is_exactly_one_more_try(place: Place, word: str) -> None:
    WORDS[word](place)
    assert place.passes(12 * HOUR) == 1
    assert place.world.cluster.ready(place.name) == TOLD


@pytest.mark.parametrize("word", WORDS)
def test_after_a_word_that_helped_all_goes_on(place: Place, word: str) -> None:
    place.mend()
    assert place.passes(6 * HOUR) == 0
    WORDS[word](place)
    place.passes(HOUR)
    assert place.status.logon is not None
    assert place.status.logon.accepted
    assert place.organisation.counts["registered"] == 1
    place.world.settle()
    assert place.world.all_ready()


def test_each_word_counts_once_and_old_ones_never(place: Place) -> None:
    place.annotate("one")
    assert place.passes(HOUR) == 1
    place.annotate("two")
    assert place.passes(HOUR) == 1
    place.declare(interval=timedelta(minutes=5))
    assert place.passes(HOUR) == 0, "this does not bear on the logon"
    place.world.cluster.request(place.name, "on the application")
    assert place.passes(HOUR) == 0


def test_the_same_data_in_a_new_secret_is_no_word(place: Place) -> None:
    """C03: a sync tool makes the same Secret again and again."""
    digest = f"{place.server}-1"
    for number in range(6):
        place.world.cluster.credentials_by_server[place.server] = Credentials(
            "admin", "geheim", digest, OURS, version=f"{number}"
        )
        assert place.passes(HOUR) == 0


def test_of_a_logon_that_was_accepted_nothing_can_be_guessed() -> None:
    """Many may read a status; a digest of the right password would let them try guesses at home."""
    place = Place("exchange")
    assert place.passes(HOUR) == 1
    assert place.status.logon is not None
    assert place.status.logon.digest is not None
    place.mend()
    place.secret("right")
    place.passes(HOUR)
    accepted = place.status.logon
    place.world.cluster.credentials_by_server["exchange"] = Credentials(
        "admin", "geheim", "another digest", OURS, version="right"
    )
    assert accepted is not None
    assert (accepted.accepted, accepted.digest) == (True, None)
    place.passes(HOUR)
    assert place.status.logon == accepted, "it is told by the Secret's version alone"


def test_a_word_from_before_the_refusal_is_no_word(place: Place) -> None:
    del place
    made = Place("exchange")
    made.annotate("long ago")
    assert made.passes(12 * HOUR) == 1


@pytest.mark.parametrize("server", SERVERS)
def test_without_a_word_at_most_one_a_day(server: str) -> None:
    place = Place(server)
    assert place.passes(HOUR) == 1
    assert place.passes(22 * HOUR) == 0
    assert place.passes(7 * DAY, every=HOUR) == 7


def test_an_account_that_was_unlocked_is_back_within_a_day(place: Place) -> None:
    place.mend()
    place.passes(DAY)
    place.world.settle()
    assert place.world.all_ready()


def test_a_daily_try_that_is_refused_begins_another_day(place: Place) -> None:
    assert place.passes(DAY) == 1
    assert place.passes(DAY - 2 * HOUR) == 0
    assert place.passes(4 * HOUR) == 1


def test_the_message_says_which_it_was_and_how_to_go_on(place: Place) -> None:
    text = place.message()
    assert "the account is locked out" in text
    assert "Secret trust/" in text
    assert "keys username and password" in text
    assert "partner-operator.io/reconcile-requested-at" in text
    assert "once a day" in text
    ready = find(place.world.cluster.status(place.name).conditions, ConditionType.READY)
    assert ready is not None
    assert ready.message == text


def test_a_parked_refusal_writes_nothing_and_tells_once(place: Place) -> None:
    writes, events = place.world.cluster.writes, len(place.world.cluster.events)
    place.passes(20 * HOUR)
    assert (place.world.cluster.writes, len(place.world.cluster.events)) == (writes, events)


def test_a_host_that_is_away_uses_no_word_up(place: Place) -> None:
    """No try was made: when the host is back, the word still holds, once."""
    hosts = place.world.cluster.servers[place.server].hosts
    place.organisation.unreachable.update(hosts)
    place.annotate("please")
    place.passes(2 * HOUR)
    place.organisation.unreachable.clear()
    assert place.passes(12 * HOUR) == 1


def test_a_first_logon_may_be_tried_until_a_host_judges_it() -> None:
    """Hosts that are away for long are no refusal."""
    place = Place("exchange")
    place.mend()
    hosts = place.world.cluster.servers["exchange"].hosts
    place.organisation.unreachable.update(hosts)
    place.passes(12 * HOUR)
    place.organisation.unreachable.clear()
    place.passes(HOUR)
    assert place.organisation.counts["registered"] == 1


@pytest.mark.parametrize("word", WORDS)
def test_an_operator_that_is_killed_in_the_try_has_used_the_word_up(word: str) -> None:
    """Whatever is lost: the try was written down before."""
    place = Place("exchange")
    place.passes(HOUR)
    WORDS[word](place)
    kill_in_each_observe(place)
    assert place.passes(12 * HOUR) == 1


def test_operators_that_are_killed_again_and_again_lock_no_account() -> None:
    """The very first logon: nobody ever sees the end of a try."""
    place = Place("exchange")
    kill_in_each_observe(place)
    assert place.passes(20 * HOUR) <= 3
    assert "not known" in place.message()
    del place.world.exchange.observe  # the real one again
    place.mend()
    place.annotate("please")
    place.passes(HOUR)
    assert place.organisation.counts["registered"] == 1


def kill_in_each_observe(place: Place) -> None:
    """Each operator dies while the host refuses."""
    organisation = place.organisation

    async def observe(server: object, credentials: Credentials, host: str, *_: object) -> None:
        organisation.seen_passwords.append(credentials.digest)
        raise Killed("observe")

    organisation.observe = observe  # type: ignore[method-assign,assignment]


def unwritable(place: Place) -> None:
    """An admission policy refuses every status of the server."""

    async def refuse(*_: object) -> None:
        raise ApiFailure(422, "every object needs the label cost-center")

    place.world.cluster.server_status = refuse  # type: ignore[method-assign,assignment]


def broken_passes(place: Place, length: timedelta) -> int:
    """Passes of new operators that may break off. Returns how many logons that made."""
    before = place.logons
    for _ in range(int(length / MINUTES)):
        place.world.clock.instant += MINUTES
        try:
            place.world.run_pass(place.server)
        except ApiFailure:
            continue
    return place.logons - before


@pytest.mark.parametrize("server", SERVERS)
def test_a_status_that_cannot_be_written_locks_no_account(server: str) -> None:
    """New operators each time: where a try cannot be remembered, none is made."""
    place = Place(server)
    unwritable(place)
    assert broken_passes(place, 12 * HOUR) == 0


def test_a_word_that_cannot_be_remembered_is_not_followed(place: Place) -> None:
    unwritable(place)
    place.annotate("please")
    assert broken_passes(place, 12 * HOUR) == 0


def test_one_process_remembers_what_the_status_did_not_take() -> None:
    """The logon was good, then it is refused, and just then no status can be written any more."""
    place = Place("exchange")
    place.mend()
    place.world.settle()
    place.refuse()
    unwritable(place)
    before = place.logons

    async def life() -> None:
        worker = Worker(
            place.world.ports(),
            ServerName("trust", "exchange"),
            Bell(place.world.clock.now),
        )
        for _ in range(50):
            place.world.clock.instant += MINUTES
            await worker._pass([])

    asyncio.run(life())
    assert place.logons - before == 1


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_words_and_days_and_kills(seed: int) -> None:
    """Never more logons than words, days and the first one."""
    chance = random.Random(seed)
    place = Place(chance.choice(SERVERS))
    began, allowed = place.world.clock.now(), 1
    flips = list(WORDS)
    for number in range(30):
        match chance.randrange(4):
            case 0:
                place.annotate(f"word {number}")
                allowed += 1
            case 1:
                WORDS[chance.choice(flips)](place)
                allowed += 1
            case _:
                place.passes(
                    timedelta(minutes=chance.randrange(1, 600)), every=timedelta(minutes=37)
                )
    days = (place.world.clock.now() - began) // DAY
    assert 1 <= place.logons <= allowed + days
