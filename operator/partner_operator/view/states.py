"""The state of an object in one word, by what its conditions say, and only as far as they say it of this object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.view.raw import Raw, instant, member, number, parts, text


class Hue(Enum):
    """Colours by what they are for. None of them says anything that the word beside it does not."""

    GOOD = "good"
    BUSY = "busy"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"


class State(Enum):
    """What an object is in, the worst first. `word` says it, `symbol` and `letter` (ASCII) repeat it."""

    STALLED = ("Stalled", "✗", "x", Hue.BAD)
    """Only a human's change helps."""
    FAILING = ("Failing", "!", "!", Hue.BAD)
    """Not as declared, and the operator tries again."""
    WAITING = ("Waiting", "◷", "~", Hue.WARNING)
    """Done as far as it can be, and something else must come first."""
    WORKING = ("Working", "↻", ">", Hue.BUSY)
    """A pass is under way, or one is to come for a declaration that changed."""
    UNKNOWN = ("Unknown", "?", "?", Hue.QUIET)
    """Nothing was told of it."""
    DIFFERS = ("Differs", "≠", "#", Hue.WARNING)
    """mode is Observe, and Enforce would change something."""
    SUSPENDED = ("Suspended", "‖", "=", Hue.QUIET)
    OBSERVED = ("Observed", "○", "o", Hue.QUIET)
    """mode is Observe, and the server is as declared."""
    READY = ("Ready", "✓", "+", Hue.GOOD)

    def __init__(self, word: str, symbol: str, letter: str, hue: Hue) -> None:
        self.word = word
        self.symbol = symbol
        self.letter = letter
        self.hue = hue

    @property
    def rank(self) -> int:
        """The worst is 0."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as it stands there, of whatever version."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None
    generation: int | None

    @property
    def holds(self) -> bool:
        """Whether it is True."""
        return self.status == ConditionStatus.TRUE


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one object."""

    state: State
    reason: str
    """As it stands in the condition; empty where nothing was told."""
    sentence: str
    since: datetime | None
    """Since when the condition that decided is what it is."""
    written_at: datetime | None
    """When the operator last wrote something new. A pass that finds all as declared writes nothing."""
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is to be known beside: certificates that end, hosts that are not listed."""
    late: str = ""
    """Why this may be from before, as a sentence; empty where nothing says so."""
    leaving: bool = False
    """It is being deleted."""

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of this type."""
        return next((each for each in self.conditions if each.type == kind), None)


LATE_PASSES = 1200
"""Seconds after which a pass that was due and has told nothing is worth a word: some are on their way for long."""
_MANAGER = "partner-operator"
_BESIDE = frozenset({ConditionType.CERTIFICATE_EXPIRING, ConditionType.UNLISTED_HOSTS})
_WAITS = frozenset(
    {
        Reason.WAITING_FOR_WINDOW,
        Reason.WAITING_FOR_SETTLE,
        Reason.WAITING_FOR_HOSTS,
        Reason.RESTART_APPROVAL_NEEDED,
        Reason.RESTART_BUDGET_SPENT,
        Reason.WAITING_FOR_COUNTERPART,
        Reason.WAITING_FOR_REPLICATION,
        Reason.WAITING_FOR_ACTIVATION,
        Reason.RESTART_PENDING,
        Reason.ACTIVATION_UNKNOWN,
        Reason.NOT_TESTED,
    }
)


def told_of(body: Raw, now: datetime) -> Told:
    """What was told of a PartnerServer or a PartnerApplication."""
    conditions = tuple(_condition(each) for each in parts(body, "status", "conditions"))
    state, decided = _state(body, {each.type: each for each in conditions})
    return Told(
        state=state,
        reason=decided.reason if decided is not None else "",
        sentence=_sentence(body, decided),
        since=decided.since if decided is not None else None,
        written_at=_written_at(body, conditions),
        conditions=conditions,
        warnings=tuple(each.message for each in conditions if each.type in _BESIDE and each.holds),
        late=_late(body, now),
        leaving=text(body, "metadata", "deletionTimestamp") != "",
    )


def _condition(raw: Raw) -> Condition:
    return Condition(
        type=text(raw, "type"),
        status=text(raw, "status"),
        reason=text(raw, "reason"),
        message=text(raw, "message"),
        since=instant(raw, "lastTransitionTime"),
        generation=number(raw, "observedGeneration"),
    )


def _state(body: Raw, conditions: dict[str, Condition]) -> tuple[State, Condition | None]:
    """The first that fits decides, as in the operator's own table of states."""
    ready = conditions.get(ConditionType.READY)
    suspended = conditions.get(ConditionType.SUSPENDED)
    stalled = conditions.get(ConditionType.STALLED)
    if suspended is not None and suspended.holds:
        return State.SUSPENDED, suspended
    if _outdated(body, ready):
        return State.WORKING, ready
    if stalled is not None and stalled.holds:
        return State.STALLED, ready or stalled
    if ready is None:
        return State.UNKNOWN, conditions.get(ConditionType.RECONCILING)
    if text(body, "spec", "mode") == "Observe":
        if ready.holds:
            return State.OBSERVED, ready
        if ready.reason == Reason.DRIFT_OBSERVED:
            return State.DIFFERS, ready
    if ready.holds:
        return State.READY, ready
    if ready.status == ConditionStatus.FALSE:
        return State.FAILING, ready
    waits = ready.reason in _WAITS or ready.reason.startswith("WaitingFor")
    return (State.WAITING if waits else State.WORKING), ready


def _outdated(body: Raw, ready: Condition | None) -> bool:
    """Whether Ready speaks of an earlier declaration."""
    generation = number(body, "metadata", "generation")
    if ready is None or ready.generation is None or generation is None:
        return False
    return ready.generation < generation


def _sentence(body: Raw, decided: Condition | None) -> str:
    if decided is None:
        return "The operator has told nothing of it yet."
    if _outdated(body, decided) and decided.type == ConditionType.READY:
        return f"The declaration has changed since this was told: {decided.message}"
    return decided.message


def _written_at(body: Raw, conditions: tuple[Condition, ...]) -> datetime | None:
    """The API server's own note of the last status write, and what the status itself names."""
    notes = (
        instant(each, "time")
        for each in parts(body, "metadata", "managedFields")
        if text(each, "manager") == _MANAGER and text(each, "subresource") == "status"
    )
    tested = instant(body, "status", "connectivity", "lastTestedAt")
    times = (*notes, *(each.since for each in conditions), tested)
    return max((each for each in times if each is not None), default=None)


def _late(body: Raw, now: datetime) -> str:
    """What shows that no operator has been here although it should have been."""
    again = instant(body, "status", "retry", "nextAttemptAt")
    if again is not None and (now - again).total_seconds() > LATE_PASSES:
        return "A try was due and has told nothing. Does the operator run?"
    created = instant(body, "metadata", "creationTimestamp")
    told = parts(body, "status", "conditions")
    if not told and created is not None and (now - created).total_seconds() > LATE_PASSES:
        return "No operator has told anything of it. Does one serve this namespace?"
    return ""


def known_reason(word: str) -> Reason | None:
    """The reason of this name; None: this version does not know it."""
    return member(Reason, {"reason": word}, "reason")
