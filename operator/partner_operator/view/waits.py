"""What an object waits for, and who can end it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from partner_operator.trust.reasons import Reason
from partner_operator.view.raw import Raw, instant, text, texts
from partner_operator.view.states import State, Told, known_reason


class Who(Enum):
    """Who ends a wait."""

    YOU = ("you", "You can end it.")
    SERVER = ("server", "The servers must do their part; the operator looks again by itself.")
    OPERATOR = ("operator", "The operator tries again by itself.")
    OTHER = ("other", "The other object comes first.")
    TIME = ("time", "Time ends it.")

    def __init__(self, word: str, sentence: str) -> None:
        self.word = word
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that must come first."""

    what: str
    """A few words: `your approval of a restart`."""
    who: Who
    sentence: str
    """The condition's own words, with the next step."""
    command: str = ""
    """What to run, where one command of ours is the answer."""
    due: datetime | None = None
    """When the operator tries again."""
    since: datetime | None = None


_APPROVABLE: Final = frozenset(
    {
        Reason.RESTART_APPROVAL_NEEDED,
        Reason.RESTART_BUDGET_SPENT,
        Reason.WAITING_FOR_WINDOW,
        Reason.WAITING_FOR_HOSTS,
        Reason.RESTART_FAILED,
    }
)
"""What the next value of the annotation approve-restart answers."""

_REQUEST: Final = re.compile(
    r"partner-operator\.io/reconcile-requested-at(?: on PartnerServer (?P<server>[a-z0-9.-]*[a-z0-9]))?"
)
"""How a sentence asks for a word, and on which object if not on its own."""

_WAITS: Final[dict[Reason, tuple[str, Who]]] = {
    Reason.RESTART_APPROVAL_NEEDED: ("your approval of a restart", Who.YOU),
    Reason.RESTART_BUDGET_SPENT: ("a day with fewer restarts, or your approval", Who.YOU),
    Reason.RESTART_FAILED: ("a host that did not come back from its restart", Who.YOU),
    Reason.RESTART_PENDING: ("a restart of IIS that somebody else makes", Who.YOU),
    Reason.WAITING_FOR_WINDOW: ("the next restart window", Who.TIME),
    Reason.WAITING_FOR_SETTLE: ("quiet: no change for a while", Who.TIME),
    Reason.WAITING_FOR_HOSTS: ("a host to be as healthy as it was", Who.YOU),
    Reason.WAITING_FOR_COUNTERPART: ("the other direction", Who.OTHER),
    Reason.WAITING_FOR_REPLICATION: ("replication to a Front End", Who.SERVER),
    Reason.WAITING_FOR_ACTIVATION: ("evidence that the farm took the change over", Who.SERVER),
    Reason.ACTIVATION_UNKNOWN: ("a look at a host", Who.SERVER),
    Reason.NOT_TESTED: ("its test", Who.OPERATOR),
    Reason.SERVER_NOT_FOUND: ("the PartnerServer that serverRef names", Who.YOU),
    Reason.PARTNER_NOT_FOUND: ("the PartnerServer that partnerRef names", Who.YOU),
    Reason.PARTNER_NOT_ALLOWED: ("the word of the server's owner", Who.YOU),
    Reason.PERMISSION_NOT_ALLOWED: ("the word of the farm's owner", Who.YOU),
    Reason.TOKEN_SERVER_MISSING: ("its token server", Who.YOU),
    Reason.TOKEN_SERVER_DISABLED: ("its token server to be enabled", Who.YOU),
    Reason.CREDENTIALS_MISSING: ("its Secret", Who.YOU),
    Reason.CREDENTIALS_INVALID: ("a Secret that can be used", Who.YOU),
    Reason.CREDENTIALS_REJECTED: ("a logon that is accepted", Who.YOU),
    Reason.CA_BUNDLE_MISSING: ("its ConfigMap with authorities", Who.YOU),
    Reason.DELETION_BLOCKED: ("what blocks its deletion", Who.YOU),
    Reason.CRD_TOO_OLD: ("newer CRDs", Who.YOU),
    Reason.UNREACHABLE: ("a host that answers", Who.SERVER),
    Reason.TIMED_OUT: ("a host that answers in time", Who.SERVER),
    Reason.BUSY: ("another run on the host to end", Who.SERVER),
    Reason.FARM_BUSY: ("the farm to be free", Who.SERVER),
    Reason.OUTCOME_UNKNOWN: ("the outcome of a change that was begun", Who.SERVER),
    Reason.METADATA_UNREACHABLE: ("the partner's document", Who.SERVER),
    Reason.DRIFT_OBSERVED: ("your word: mode is Observe", Who.YOU),
}


def wait_of(body: Raw, told: Told) -> Wait | None:
    """What this object waits for; None: for nothing."""
    if told.state in {State.READY, State.OBSERVED, State.SUSPENDED, State.UNKNOWN}:
        return None
    reason = known_reason(told.reason)
    what, who = _words(reason, told.state)
    if reason is Reason.WAITING_FOR_COUNTERPART and text(body, "status", "counterpart", "name"):
        what = f"the other direction, {text(body, 'status', 'counterpart', 'name')}"
    return Wait(
        what=what,
        who=who,
        sentence=told.sentence,
        command=command_of(body, reason, told.sentence),
        due=instant(body, "status", "retry", "nextAttemptAt"),
        since=told.since,
    )


def _words(reason: Reason | None, state: State) -> tuple[str, Who]:
    if reason is not None and reason in _WAITS:
        return _WAITS[reason]
    if state is State.STALLED:
        return "your change", Who.YOU
    if state is State.FAILING:
        return "the next try", Who.OPERATOR
    return "the pass under way", Who.OPERATOR


def command_of(body: Raw, reason: Reason | None, sentence: str) -> str:
    """What sets the annotation that the sentence asks for, in one command; empty where it asks for none."""
    kind, name = text(body, "kind"), text(body, "metadata", "name")
    namespace = text(body, "metadata", "namespace")
    # A round is approved on the server alone.
    asks = reason in _APPROVABLE and texts(body, "status", "iis", "question", "hosts")
    if kind == "PartnerServer" and asks:
        return f"partner-operator approve-restart {name} -n {namespace}"
    where = _REQUEST.search(sentence)
    # A failed test is repeated anyway: nothing there waits for a word.
    if where is None or reason is Reason.CONNECTIVITY_TEST_FAILED:
        return ""
    of_server = where["server"] or (name if kind == "PartnerServer" else "")
    asked = f"pserver/{of_server}" if of_server else f"papp/{name}"
    return f"partner-operator reconcile {asked} -n {namespace}"
