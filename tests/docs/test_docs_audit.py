"""The page on logs names exactly the fields that a line can have."""

from __future__ import annotations

from partner_operator.logs import FIELDS
from support.docs.pages import DOCS, table_rows


def test_fields_of_a_line_are_those_of_the_code() -> None:
    rows = [cells for cells in table_rows(DOCS / "audit.md") if cells[0].startswith("`")]
    assert {name.strip("`"): meaning for name, meaning in rows} == FIELDS
