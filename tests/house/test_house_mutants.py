"""`make mutants` takes an hour: that its table still fits the code is seen here."""

from __future__ import annotations

import pytest

from mutant import Mutant
from mutants import MUTANTS, ROOT
from security_mutants import SECURITY
from support.docs.tests import exists


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_each_line_stands_in_its_file_once_and_its_tests_exist(mutant: Mutant) -> None:
    source = (ROOT / mutant.folder / mutant.file).read_text("utf-8")
    assert source.count(mutant.text) == 1
    assert [test for test in mutant.tests if not exists(test)] == []


def test_no_rule_is_there_twice() -> None:
    rules = [mutant.rule for mutant in MUTANTS]
    assert len(set(rules)) == len(rules)
    assert len(SECURITY) > 40
