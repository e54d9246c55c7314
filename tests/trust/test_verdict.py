"""The states of docs/partnerapplication.md#by-state, and the invariants over everything that can be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.trust.conditions import (
    LONGEST_MESSAGE,
    Part,
    false,
    find,
    set_condition,
    true,
    unknown,
)
from partner_operator.trust.facts import ApplicationFacts, ServerFacts
from partner_operator.trust.model import Mode
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import (
    Change,
    Difference,
    Field,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ChangeKind, Condition
from partner_operator.trust.verdict import Verdict, application_verdict, broken_off, server_verdict
from support.proof import examples
from support.trust.condition_invariants import check_status, check_transition
from support.trust.conditions import as_status
from support.trust.worlds import NOW, application, entry

SUMMARIES = frozenset(
    {
        ConditionType.READY,
        ConditionType.RECONCILING,
        ConditionType.STALLED,
        ConditionType.SUSPENDED,
    }
)
GOOD = ApplicationFacts(
    generation=3,
    mode=Mode.ENFORCE,
    metadata=true(Reason.METADATA_VALID, "Published."),
    registered=true(Reason.REGISTERED, "There."),
    activated=true(Reason.ACTIVATED, "Started after."),
    connected=true(Reason.CONNECTIVITY_TEST_PASSED, "Test Passed"),
)
SERVER = ServerFacts(
    generation=3,
    certificate=true(Reason.CERTIFICATE_VALID, "Valid."),
    metadata=true(Reason.METADATA_VALID, "Published."),
)
DRIFT = Change(
    ChangeKind.UPDATE,
    application().key,
    entry(),
    (Difference(Field.ENABLED, "False", "True"), Difference(Field.ROLES, "", "x")),
    needs_restart=True,
)
STALLED = Obstacle(Reason.CONFLICT, "Two objects claim it.", Next.HUMAN)
RETRIED = Obstacle(Reason.INCOMPLETE_READ, "Not whole.", Next.RETRIED)
FAILED_TEST = false(Reason.CONNECTIVITY_TEST_FAILED, "401")


def summary(verdict: Verdict) -> tuple[str, str, str | None]:
    """Ready as 'Status/Reason', what stands beside it, and whether the generation moved."""
    ready = find(verdict.conditions, ConditionType.READY)
    assert ready is not None
    beside = [
        f"{condition.type}/{condition.reason}"
        for condition in verdict.conditions
        if condition.type in {ConditionType.RECONCILING, ConditionType.STALLED}
    ]
    moved = "settled" if verdict.settled else None
    return f"{ready.status}/{ready.reason}", ", ".join(beside), moved


PROGRESS = "Reconciling/Progressing"
RETRY = "Reconciling/ProgressingWithRetry"


@pytest.mark.parametrize(
    ("changes", "ready", "beside", "moved"),
    [
        ({}, "True/Succeeded", "", "settled"),
        ({"activated": None, "connected": None}, "True/Succeeded", "", "settled"),
        ({"working": "Looking."}, "Unknown/Progressing", PROGRESS, None),
        ({"repairing": DRIFT, "working": "Looking."}, "Unknown/DriftDetected", PROGRESS, None),
        (
            {"waiting": Obstacle(Reason.WAITING_FOR_WINDOW, "Later.", Next.WAITS)},
            "Unknown/WaitingForWindow",
            PROGRESS,
            None,
        ),
        (
            {"waiting": Obstacle(Reason.RESTART_APPROVAL_NEEDED, "Run iisreset.", Next.WAITS)},
            "Unknown/RestartApprovalNeeded",
            PROGRESS,
            None,
        ),
        (
            {
                "waiting": Obstacle(Reason.WAITING_FOR_COUNTERPART, "Other side.", Next.WAITS),
                "connected": unknown(Reason.NOT_TESTED, "Not yet."),
            },
            "Unknown/WaitingForCounterpart",
            PROGRESS,
            None,
        ),
        (
            {"connected": FAILED_TEST, "connected_tolerated": True},
            "True/Succeeded",
            "",
            "settled",
        ),
        ({"connected": FAILED_TEST}, "False/ConnectivityTestFailed", RETRY, None),
        (
            {"connected": unknown(Reason.NOT_TESTED, "Not yet.")},
            "Unknown/NotTested",
            PROGRESS,
            None,
        ),
        (
            {"obstacle": Obstacle(Reason.UNREACHABLE, "No route.", Next.RETRIED)},
            "False/Unreachable",
            RETRY,
            None,
        ),
        ({"obstacle": RETRIED}, "False/IncompleteRead", RETRY, None),
        ({"obstacle": STALLED}, "False/Conflict", "Stalled/Conflict", "settled"),
        (
            {"obstacle": Obstacle(Reason.DRIFT_PERSISTS, "Again.", Next.HUMAN), "repairing": DRIFT},
            "False/DriftPersists",
            "Stalled/DriftPersists",
            "settled",
        ),
        (
            {"activated": false(Reason.RESTART_FAILED, "ex1 is down.")},
            "False/RestartFailed",
            "Stalled/RestartFailed",
            "settled",
        ),
        (
            {"activated": unknown(Reason.ACTIVATION_UNKNOWN, "ex1 is not seen.")},
            "Unknown/ActivationUnknown",
            PROGRESS,
            None,
        ),
        (
            {"registered": false(Reason.NOT_REGISTERED, "Not there.")},
            "False/NotRegistered",
            RETRY,
            None,
        ),
        (
            {"metadata": unknown(Reason.METADATA_UNREACHABLE, "500")},
            "False/MetadataUnreachable",
            RETRY,
            None,
        ),
        (
            {"metadata": false(Reason.METADATA_WRONG_PRODUCT, "Other.")},
            "False/MetadataWrongProduct",
            "Stalled/MetadataWrongProduct",
            "settled",
        ),
        ({"mode": Mode.OBSERVE}, "True/Succeeded", "", "settled"),
        (
            {
                "mode": Mode.OBSERVE,
                "connected": FAILED_TEST,
                "activated": unknown(Reason.RESTART_PENDING, "x"),
            },
            "True/Succeeded",
            "",
            "settled",
        ),
        ({"mode": Mode.OBSERVE, "planned": DRIFT}, "False/DriftObserved", "", "settled"),
    ],
)
def test_the_table_of_states(
    changes: dict[str, Any], ready: str, beside: str, moved: str | None
) -> None:
    verdict = application_verdict((), replace(GOOD, **changes), NOW)
    assert summary(verdict) == (ready, beside, moved)
    observed = verdict.observed_generation(-1, GOOD.generation)
    assert observed == (3 if moved else -1)
    check_status(as_status(verdict.conditions, observed), generation=3)


@pytest.mark.parametrize(
    ("changes", "ready", "beside"),
    [
        ({}, "True/Succeeded", ""),
        ({"unlisted_hosts": ("ex9",)}, "True/Succeeded", ""),
        ({"working": "Looking."}, "Unknown/Progressing", PROGRESS),
        (
            {"certificate": false(Reason.CERTIFICATE_EXPIRED, "Expired.")},
            "False/CertificateExpired",
            "Stalled/CertificateExpired",
        ),
        (
            {"certificate": unknown(Reason.CERTIFICATE_UNREADABLE, "Empty.")},
            "False/CertificateUnreadable",
            RETRY,
        ),
        (
            {"obstacle": Obstacle(Reason.DUPLICATE_SERVER, "Twice.", Next.HUMAN)},
            "False/DuplicateServer",
            "Stalled/DuplicateServer",
        ),
        ({"obstacle": Obstacle(Reason.TIMED_OUT, "Slow.", Next.RETRIED)}, "False/TimedOut", RETRY),
        (
            {"waiting": Obstacle(Reason.WAITING_FOR_SETTLE, "Soon.", Next.WAITS)},
            "Unknown/WaitingForSettle",
            PROGRESS,
        ),
    ],
)
def test_the_table_for_servers(changes: dict[str, Any], ready: str, beside: str) -> None:
    verdict = server_verdict((), replace(SERVER, **changes), NOW)
    assert summary(verdict)[:2] == (ready, beside)
    observed = verdict.observed_generation(-1, 3)
    check_status(as_status(verdict.conditions, observed), generation=3)


@pytest.mark.parametrize(
    ("before", "kept", "says"),
    [
        (GOOD, True, "is from before"),
        (replace(GOOD, obstacle=STALLED), False, "Ready was False (Conflict): Two objects claim"),
        (replace(GOOD, obstacle=RETRIED), False, "Ready was False (IncompleteRead): Not whole."),
        (replace(GOOD, working="Looking."), False, "Ready was Unknown (Progressing): Looking."),
        (None, False, "Nothing was read for it yet."),
    ],
    ids=["ready", "stalled", "retried", "working", "new"],
)
def test_who_rests_has_nothing_to_be_done(
    before: ApplicationFacts | None, kept: bool, says: str
) -> None:
    """The last word of an object that was not Ready is in the message, and stays there."""
    old = application_verdict((), before, NOW).conditions if before else ()
    for generation in (4, 5):
        suspended = replace(GOOD, mode=Mode.SUSPEND, generation=generation)
        verdict = application_verdict(old, suspended, NOW + timedelta(hours=1))
        check_status(as_status(verdict.conditions, generation), generation)
        assert verdict.observed_generation(3, generation) == generation
        assert (find(verdict.conditions, ConditionType.READY) is not None) is kept
        rests = find(verdict.conditions, ConditionType.SUSPENDED)
        assert rests is not None
        assert says in rests.message
        known = {found for found in old if found.type not in SUMMARIES}
        assert known <= set(verdict.conditions), "what was told keeps its generation and time"
        old = verdict.conditions


def test_whoever_goes_on_rests_no_more() -> None:
    suspended = application_verdict((), replace(GOOD, mode=Mode.SUSPEND), NOW).conditions
    for after in (
        application_verdict(suspended, GOOD, NOW).conditions,
        broken_off(suspended, "It broke.", 4, NOW),
    ):
        assert find(after, ConditionType.SUSPENDED) is None
        check_status(as_status(after, 3))


def test_the_drift_message_names_the_fields() -> None:
    ready = find(
        application_verdict((), replace(GOOD, repairing=DRIFT), NOW).conditions, ConditionType.READY
    )
    assert ready is not None
    assert "enabled" in ready.message
    assert "roles" in ready.message


def test_the_same_facts_later_are_the_same_conditions() -> None:
    """A second pass over a converged world writes nothing."""
    first = application_verdict((), GOOD, NOW).conditions
    assert application_verdict(first, GOOD, NOW + timedelta(days=1)).conditions == first


def test_a_transition_time_moves_with_the_status_alone() -> None:
    later = NOW + timedelta(minutes=5)
    condition = set_condition(
        (), ConditionType.READY, false(Reason.UNREACHABLE, "a"), now=NOW, generation=1
    )
    reason = set_condition(
        condition, ConditionType.READY, false(Reason.TIMED_OUT, "b"), now=later, generation=2
    )
    assert reason[0].last_transition == NOW
    assert (reason[0].reason, reason[0].observed_generation) == (Reason.TIMED_OUT, 2)
    moved = set_condition(
        reason, ConditionType.READY, true(Reason.SUCCEEDED, "c"), now=later, generation=2
    )
    assert moved[0].last_transition == later


def test_abnormal_conditions_exist_only_while_true() -> None:
    for abnormal in (
        ConditionType.STALLED,
        ConditionType.RECONCILING,
        ConditionType.UNLISTED_HOSTS,
    ):
        there = set_condition((), abnormal, true(Reason.CONFLICT, "x"), now=NOW, generation=1)
        assert len(there) == 1
        gone = set_condition(there, abnormal, false(Reason.SUCCEEDED, "x"), now=NOW, generation=1)
        assert gone == ()


def test_a_long_message_is_cut() -> None:
    (condition,) = set_condition(
        (), ConditionType.READY, false(Reason.REMOTE_ERROR, "x" * 5000), now=NOW, generation=1
    )
    assert len(condition.message) == LONGEST_MESSAGE


PARTS = st.builds(
    Part,
    st.sampled_from(list(ConditionStatus)),
    st.sampled_from([Reason.REGISTERED, Reason.RESTART_FAILED, Reason.CERTIFICATE_EXPIRED]),
    st.just("Said."),
)
OBSTACLES = st.builds(
    Obstacle, st.sampled_from(list(Reason)), st.just("Why."), st.sampled_from(list(Next))
)
FACTS = st.builds(
    ApplicationFacts,
    generation=st.just(1),
    mode=st.sampled_from(list(Mode)),
    metadata=PARTS,
    registered=PARTS,
    activated=st.none() | PARTS,
    connected=st.none() | PARTS,
    connected_tolerated=st.booleans(),
    obstacle=st.none() | st.none() | OBSTACLES,
    waiting=st.none() | st.just(Obstacle(Reason.WAITING_FOR_WINDOW, "Later.", Next.WAITS)),
    working=st.none() | st.none() | st.just("Looking."),
    repairing=st.none() | st.none() | st.just(DRIFT),
    planned=st.none() | st.just(DRIFT),
)
SERVER_FACTS = st.builds(
    ServerFacts,
    generation=st.just(1),
    certificate=PARTS,
    metadata=PARTS,
    unlisted_hosts=st.sampled_from([(), ("ex9",)]),
    obstacle=st.none() | OBSTACLES,
    waiting=st.none() | st.just(Obstacle(Reason.WAITING_FOR_WINDOW, "Later.", Next.WAITS)),
    working=st.none() | st.just("Looking."),
)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(FACTS, st.integers(0, 1)), max_size=5))
def test_every_history_of_an_application_keeps_the_invariants(
    passes: list[tuple[ApplicationFacts, int]],
) -> None:
    conditions: tuple[Condition, ...] = ()
    observed, generation, before = -1, 1, dict[str, Any]()
    for number, (facts, edited) in enumerate(passes):
        generation += edited
        now = NOW + number * timedelta(minutes=1)
        verdict = application_verdict(conditions, replace(facts, generation=generation), now)
        conditions, observed = verdict.conditions, verdict.observed_generation(observed, generation)
        after = as_status(conditions, observed)
        check_status(after, generation)
        check_transition(before, after)
        before = after


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(SERVER_FACTS, max_size=4))
def test_every_history_of_a_server_keeps_the_invariants(passes: list[ServerFacts]) -> None:
    conditions: tuple[Condition, ...] = ()
    observed, before = -1, dict[str, Any]()
    for number, facts in enumerate(passes):
        verdict = server_verdict(conditions, facts, NOW + number * timedelta(minutes=1))
        conditions, observed = verdict.conditions, verdict.observed_generation(observed, 1)
        after = as_status(conditions, observed)
        check_status(after, 1)
        check_transition(before, after)
        before = after
