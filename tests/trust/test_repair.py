"""Case C01: the operator stops fighting, and stops repeating what does not take."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.repair import (
    FIGHT,
    MOST_ATTEMPTS,
    MOST_PROVEN,
    Allowance,
    alternates,
    at_rest,
    attempted,
    change_digest,
    document_digest,
    made,
    may_repair,
    proven,
    refusal,
    with_document,
)
from partner_operator.trust.status import ChangeKind, DocumentSeen, Repair
from support.trust.worlds import NOW, application, entry, reading

MINUTE = timedelta(minutes=1)


def change(current: str = "False", field: Field = Field.ENABLED) -> Change:
    return Change(
        ChangeKind.UPDATE, application().key, entry(), (Difference(field, current, "True"),), True
    )


def digest(current: str = "False", *, of: str = "one", generation: int = 1) -> str:
    return change_digest(change(current), of, generation)


def fight(
    times: int, pause: timedelta = MINUTE, values: bool = False, fields: bool = False
) -> tuple[Repair | None, int]:
    """Somebody sets it back each time; how often is it put right?"""
    record: Repair | None = None
    made = 0
    for number in range(times):
        now = NOW + number * pause
        field = list(Field)[number % 4] if fields else Field.ENABLED
        wanted = change_digest(change(str(number) if values else "False", field), "one", 1)
        if may_repair(record, wanted) is not Allowance.ALLOWED:
            continue
        made += 1
        record = proven(attempted(record, wanted, now))
        record = at_rest(record, now)
    return record, made


@pytest.mark.parametrize("pause", [MINUTE, 20 * MINUTE, timedelta(hours=1), timedelta(hours=6)])
@pytest.mark.parametrize("values", [False, True], ids=["same value", "another value each time"])
@pytest.mark.parametrize("fields", [False, True], ids=["same field", "another field each time"])
def test_five_proven_repairs_within_a_day_are_enough(
    pause: timedelta, values: bool, fields: bool
) -> None:
    """C27: however slowly it is set back, and whatever is."""
    record, made = fight(100, pause, values, fields)
    assert made == MOST_PROVEN
    assert may_repair(record, digest()) is Allowance.ANOTHER_WRITER


def test_come_backs_after_days_are_an_admins_work() -> None:
    assert fight(40, timedelta(hours=9))[1] == 40


def test_an_unequal_read_back_is_tried_three_times() -> None:
    record: Repair | None = None
    for number in range(MOST_ATTEMPTS):
        now = NOW + number * timedelta(hours=2)
        assert may_repair(record, digest()) is Allowance.ALLOWED
        record = attempted(record, digest(), now)
    assert may_repair(record, digest()) is Allowance.DRIFT_PERSISTS


def test_a_first_registration_puts_nothing_right() -> None:
    record = made(attempted(None, digest(), NOW))
    assert (record.attempts, record.proven_at) == (0, ())


STUCK = Repair(digest(), MOST_ATTEMPTS, NOW, (NOW,) * MOST_PROVEN, (DocumentSeen("one", NOW),))


@pytest.mark.parametrize("again", [digest(generation=2), digest(of="two")])
def test_a_new_declaration_or_document_is_tried_afresh(again: str) -> None:
    assert may_repair(STUCK, digest()) is not Allowance.ALLOWED
    assert may_repair(STUCK, again) is Allowance.ALLOWED
    fresh = attempted(STUCK, again, NOW)
    assert (fresh.attempts, fresh.proven_at) == (1, ())


@pytest.mark.parametrize("others", [2, 3, 5])
@pytest.mark.parametrize("pause", [MINUTE, timedelta(hours=1)])
def test_documents_that_come_in_turn_are_told_after_a_few_writes(
    others: int, pause: timedelta
) -> None:
    """C26: several machines behind one name."""
    record: Repair | None = None
    writes = 0
    for number in range(60):
        wanted = digest(of=f"document {number % others}")
        if may_repair(record, wanted) is Allowance.ALLOWED:
            writes += 1
            record = proven(attempted(record, wanted, NOW + number * pause))
    assert writes == others + 2
    assert all(alternates(record, f"document {number}") for number in range(others))
    assert may_repair(record, digest(of="a new one")) is Allowance.ALLOWED
    assert not alternates(record, "a new one")


def test_a_roll_over_that_is_taken_back_and_made_again_is_followed() -> None:
    record: Repair | None = None
    for number, of in enumerate(("old", "both", "new", "both")):
        assert may_repair(record, digest(of=of)) is Allowance.ALLOWED
        record = proven(attempted(record, digest(of=of), NOW + number * MINUTE))
    later = NOW + timedelta(days=2)
    record = proven(attempted(record, digest(of="new"), later))
    assert not alternates(record, "new")


def test_the_read_back_may_get_another_document() -> None:
    record = attempted(None, digest(of="one"), NOW)
    assert with_document(record, "one", NOW) == record
    assert with_document(record, "", NOW) == record
    assert [seen.digest for seen in with_document(record, "two", NOW).documents] == ["one", "two"]


def test_a_document_is_known_by_what_it_says() -> None:
    document = reading(Product.LYNC).document
    assert document is not None
    assert document_digest(document) == document_digest(replace(document))
    assert document_digest(document) != document_digest(replace(document, issuer="other"))
    assert document_digest(None) == ""


def test_a_record_is_forgotten_after_a_day_of_rest_and_kept_before() -> None:
    record = Repair(digest(), 0, NOW, (NOW,))
    assert at_rest(record, NOW + FIGHT) == record
    assert at_rest(record, NOW + FIGHT + MINUTE) is None
    assert at_rest(None, NOW) is None


def test_an_attempt_whose_read_back_a_crash_prevented_is_proven_by_the_next_look() -> None:
    assert at_rest(Repair(digest(), 2, NOW), NOW + MINUTE) == Repair(digest(), 0, NOW, (NOW,))


def test_refusals_name_the_field_and_the_way_out() -> None:
    record = STUCK
    another = refusal(Allowance.ANOTHER_WRITER, change(), record)
    assert another.reason is Reason.ANOTHER_WRITER
    persists = refusal(Allowance.DRIFT_PERSISTS, change(), record)
    assert persists.reason is Reason.DRIFT_PERSISTS
    for blocker in (another, persists):
        assert blocker.then is Next.HUMAN
        assert "enabled" in blocker.message
        assert "reconcile-requested-at" in blocker.message


def test_an_unreadable_value_is_named_in_the_refusal() -> None:
    """Case C06: manual repair may be needed."""
    unreadable = change("(unreadable value on the server)", Field.METADATA_URL)
    blocker = refusal(Allowance.DRIFT_PERSISTS, unreadable, Repair("x", 3, NOW))
    assert "by hand" in blocker.message
