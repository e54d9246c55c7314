"""Each mutant breaks a line that is there, once, and names tests that are there: else it proves nothing."""

from __future__ import annotations

import pytest

from mutants import MUTANTS, Mutant
from support.house.parts import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_it_breaks_one_line_and_its_tests_are_there(mutant: Mutant) -> None:
    source = (ROOT / "operator/partner_operator" / mutant.file).read_text()
    assert source.count(mutant.text) == 1
    assert mutant.broken != mutant.text
    assert [test for test in mutant.tests if not (ROOT / test).exists()] == []
