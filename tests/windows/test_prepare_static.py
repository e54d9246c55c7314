"""The preparing script keeps the rules of Windows PowerShell 3.0 to 5.1, as the operation scripts do."""

from __future__ import annotations

import pytest

from support.scripts.commands import bind
from support.scripts.facts import Facts, read_facts
from support.scripts.oracle import COMMON_PARAMETERS
from support.scripts.rules import RULES
from support.windows.host import SCRIPT, documented

pytestmark = pytest.mark.pwsh

ALLOWED = {
    "no_new_nodes": ("from an advanced function",),
    "commands_known": (
        "Set-StrictMode is forbidden",
        "Import-Clixml is forbidden",
        "Export-Clixml is forbidden",
        "Split-Path is forbidden",
        "New-Item is forbidden",
        "dynamic call $Change",
        "dynamic call $program",
        *(f"unknown command {name}" for name in documented() if "Cim" not in name),
    ),
    "types_known": ("type switch", "type System.Xml.XmlElement", "New-Object of PSObject"),
    "members_known": (".ShouldProcess() with 2", ".Remove() with 1", ".ContainsKey() with 1"),
    "preferences_kept": ("$WhatIfPreference = $true",),
    "programs_called_plainly": ("(Get-AdministratorsGroup).Name", "$Member", "$What"),
    "properties_in_every_engine": (".DnsNameList",),
}
"""What rules for the operator's own operations forbid and people's script needs. It is an advanced script for -WhatIf's
sake, reads certificates where Windows' provider is, and keeps a record. All of it is in 3.0."""


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Of the script."""
    return read_facts({"prepare": ("", SCRIPT.read_text(encoding="utf-8"))})[0]["prepare"]


def test_the_first_line_says_where_it_has_run() -> None:
    first = SCRIPT.read_text().splitlines()[0]
    assert first.startswith("# This script has run on no Windows")


@pytest.mark.parametrize("rule", RULES)
def test_it_keeps_the_rule(facts: Facts, rule: str) -> None:
    allowed = ALLOWED.get(rule, ())
    said = [text for text in RULES[rule](facts) if not any(each in text for each in allowed)]
    assert said == []


def test_nothing_is_allowed_that_it_does_not_need(facts: Facts) -> None:
    """A rule is bent no further than today's text needs."""
    unused = [
        (rule, each)
        for rule, allowed in ALLOWED.items()
        for each in allowed
        if not any(each in text for text in RULES[rule](facts))
    ]
    assert unused == []


def test_every_call_of_a_cmdlet_that_no_other_script_uses_fits_its_documentation(
    facts: Facts,
) -> None:
    """Windows' own cmdlets of WSMan and of the firewall."""
    calls = [each for each in facts.all("commands") if each["name"] in documented()]
    assert {each["name"] for each in calls} == set(documented())
    for call in calls:
        parameters = documented()[call["name"]]
        bound = bind(facts, call, {name.lower() for name, switch in parameters.items() if switch})
        known = {name.lower() for name in parameters} | (COMMON_PARAMETERS - {"whatif", "confirm"})
        assert not bound.positional, call
        assert set(bound.named) <= known, call
