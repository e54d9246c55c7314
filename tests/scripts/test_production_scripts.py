"""Everything that runs on a server keeps the rules of Windows PowerShell 3.0 to 5.1.

One PowerShell parses all texts; the rules are Python. `test_rules_bite.py` proves that each rule bites.
"""

from __future__ import annotations

import pytest

from support.scripts.facts import Facts, production_texts, read_facts
from support.scripts.rules import RULES

pytestmark = pytest.mark.pwsh


@pytest.fixture(scope="module")
def parsed() -> tuple[dict[str, Facts], set[str]]:
    """Facts of all production texts, and the parser's aliases."""
    return read_facts(production_texts())


@pytest.mark.parametrize("name", sorted(production_texts()))
def test_a_script_keeps_every_rule(parsed: tuple[dict[str, Facts], set[str]], name: str) -> None:
    """No rule has anything to say about a text of ours."""
    facts = parsed[0][name]
    said = [f"{name}: {text}" for name, rule in RULES.items() for text in rule(facts)]
    assert not said, "\n".join(said)


def test_no_function_of_ours_is_an_alias_of_this_powershell(
    parsed: tuple[dict[str, Facts], set[str]],
) -> None:
    """The bootstrap once had a function `h`; the alias of Get-History won, and nothing was hashed."""
    facts, aliases = parsed
    for unit in facts.values():
        names = {function["name"].lower() for function in unit.all("functions")}
        assert not names & aliases, unit.name


def test_there_are_scripts_to_check() -> None:
    """An empty folder would pass everything."""
    names = set(production_texts())
    assert {
        "bootstrap",
        "exchange/observe",
        "lync/observe",
        "exchange/restart",
        "sharepoint/observe",
    } <= names
