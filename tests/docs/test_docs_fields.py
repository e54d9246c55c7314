"""Every field of the CRDs says what it is for: kubectl explain and docs/api.md are made of that."""

from __future__ import annotations

import pytest

from api_page import fields, schema_of

PARTS = [
    (plural, part)
    for plural in ("partnerservers", "partnerapplications")
    for part in ("spec", "status")
]


@pytest.mark.parametrize(("plural", "part"), PARTS)
def test_every_field_is_described_in_a_sentence(plural: str, part: str) -> None:
    told = {
        path: field.get("description", "")
        for path, field, _ in fields(part, schema_of(plural)[part])
    }
    assert len(told) >= 25
    assert [path for path, said in told.items() if not said.rstrip().endswith(".")] == []
