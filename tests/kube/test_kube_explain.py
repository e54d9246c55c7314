"""No condition and no reason without an explanation."""

from __future__ import annotations

from partner_operator.trust.reasons import ConditionType, Reason
from reasons_page import CONDITIONS, REASONS


def test_every_condition_and_reason_is_explained_in_the_order_of_its_enum() -> None:
    assert list(CONDITIONS) == list(ConditionType)
    assert list(REASONS) == list(Reason)


def test_explanations_are_sentences() -> None:
    texts = [*CONDITIONS.values(), *(text for pair in REASONS.values() for text in pair)]
    assert [text for text in texts if not text.endswith(".") or "|" in text] == []
