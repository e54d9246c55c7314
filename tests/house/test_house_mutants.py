"""Each mutant breaks a line that is there, once, and names tests that are there: else it proves nothing."""

from __future__ import annotations

import pytest

from mutant import Mutant
from mutants import MUTANTS
from security_mutants import SECURITY
from support.docs.tests import exists
from support.house.parts import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_it_breaks_one_line_and_its_tests_are_there(mutant: Mutant) -> None:
    source = (ROOT / mutant.folder / mutant.file).read_text()
    assert source.count(mutant.text) == 1
    assert mutant.broken != mutant.text
    assert [test for test in mutant.tests if not exists(test)] == []


def test_no_rule_is_there_twice_and_security_has_its_forty() -> None:
    rules = [mutant.rule for mutant in MUTANTS]
    assert len(set(rules)) == len(rules)
    assert len(SECURITY) > 40
