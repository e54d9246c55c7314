"""Case C01: the operator stops fighting, and stops repeating what does not take."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.repair import (
    FIGHT,
    MOST_ATTEMPTS,
    MOST_PROVEN,
    Allowance,
    at_rest,
    attempted,
    change_digest,
    may_repair,
    proven,
    refusal,
)
from partner_operator.trust.status import ChangeKind, Repair
from support.trust_worlds import NOW, ROLLED, THUMBPRINT, application, entry

MINUTE = timedelta(minutes=1)


def change(current: str = "False", field: Field = Field.ENABLED) -> Change:
    return Change(
        ChangeKind.UPDATE, application().key, entry(), (Difference(field, current, "True"),), True
    )


def digest(current: str = "False", **of: object) -> str:
    field = of.get("field", Field.ENABLED)
    assert isinstance(field, Field)
    return change_digest(change(current, field), (THUMBPRINT,), 1)


def fight(times: int, pause: timedelta = MINUTE, values: bool = False) -> tuple[Repair | None, int]:
    """Somebody sets it back each time; how often is it put right?"""
    record: Repair | None = None
    made = 0
    for number in range(times):
        now = NOW + number * pause
        wanted = digest(str(number) if values else "False")
        if may_repair(record, wanted, now) is not Allowance.ALLOWED:
            continue
        made += 1
        record = proven(attempted(record, wanted, now))
        record = at_rest(record, now)
    return record, made


@pytest.mark.parametrize("values", [False, True], ids=["same value", "another value each time"])
def test_five_proven_repairs_within_an_hour_are_enough(values: bool) -> None:
    record, made = fight(100, values=values)
    assert made == MOST_PROVEN
    assert may_repair(record, digest(), NOW + 5 * MINUTE) is Allowance.ANOTHER_WRITER


def test_slow_come_backs_are_an_admins_work() -> None:
    assert fight(40, timedelta(minutes=20))[1] == 40


def test_an_unequal_read_back_is_tried_three_times() -> None:
    record: Repair | None = None
    for number in range(MOST_ATTEMPTS):
        now = NOW + number * timedelta(hours=2)
        assert may_repair(record, digest(), now) is Allowance.ALLOWED
        record = attempted(record, digest(), now)
    assert may_repair(record, digest(), NOW + timedelta(days=9)) is Allowance.DRIFT_PERSISTS


@pytest.mark.parametrize(
    "again",
    [
        change_digest(change(), (THUMBPRINT,), 2),
        change_digest(change(), (ROLLED,), 1),
        change_digest(change(field=Field.ROLES), (THUMBPRINT,), 1),
    ],
    ids=["new generation", "new document", "other field"],
)
def test_something_new_is_tried_afresh(again: str) -> None:
    stuck = Repair(digest(), MOST_ATTEMPTS, NOW, MOST_PROVEN)
    assert may_repair(stuck, digest(), NOW) is not Allowance.ALLOWED
    assert may_repair(stuck, again, NOW) is Allowance.ALLOWED
    assert attempted(stuck, again, NOW) == Repair(again, 1, NOW)


def test_the_digest_does_not_depend_on_the_order_of_certificates() -> None:
    both = change_digest(change(), (THUMBPRINT, ROLLED), 1)
    assert both == change_digest(change(), (ROLLED, THUMBPRINT), 1)


def test_a_record_is_forgotten_after_an_hour_of_rest_and_kept_before() -> None:
    record = Repair(digest(), 0, NOW, 1)
    assert at_rest(record, NOW + FIGHT) == record
    assert at_rest(record, NOW + FIGHT + MINUTE) is None
    assert at_rest(None, NOW) is None


def test_an_attempt_whose_read_back_a_crash_prevented_is_proven_by_the_next_look() -> None:
    assert at_rest(Repair(digest(), 2, NOW), NOW + MINUTE) == Repair(digest(), 0, NOW, 1)


def test_refusals_name_the_field_and_the_way_out() -> None:
    record = Repair(digest(), MOST_ATTEMPTS, NOW, MOST_PROVEN)
    another = refusal(Allowance.ANOTHER_WRITER, change(), record)
    assert another.reason is Reason.ANOTHER_WRITER
    persists = refusal(Allowance.DRIFT_PERSISTS, change(), record)
    assert persists.reason is Reason.DRIFT_PERSISTS
    for blocker in (another, persists):
        assert blocker.stalled
        assert "enabled" in blocker.message
        assert "reconcile-requested-at" in blocker.message


def test_an_unreadable_value_is_named_in_the_refusal() -> None:
    """Case C06: manual repair may be needed."""
    unreadable = change("(unreadable value on the server)", Field.METADATA_URL)
    blocker = refusal(Allowance.DRIFT_PERSISTS, unreadable, Repair("x", 3, NOW))
    assert "by hand" in blocker.message
