"""docs/prepare-windows.md says what the script and the operator do."""

from __future__ import annotations

import re

import pytest

from support.docs.pages import DOCS, links
from support.scripts.facts import PRODUCTS
from support.scripts.oracle import product_cmdlets
from support.windows.host import SCRIPT

PAGE = (DOCS / "prepare-windows.md").read_text()
_CMDLET = re.compile(r"\b[A-Z][a-z]+-[A-Za-z]+\b")


@pytest.mark.parametrize(("product", "label"), [("exchange", "Exchange"), ("lync", "Lync")])
def test_it_lists_every_cmdlet_that_the_operator_calls(product: str, label: str) -> None:
    """So that a role is made of them, and of no more."""
    used = {
        product_cmdlets()[name.lower()].name
        for path in (PRODUCTS / product / "scripts").glob("*.ps1")
        for name in _CMDLET.findall(path.read_text())
        if name.lower() in product_cmdlets()
    }
    [listed] = re.findall(rf"^- {label}: (.+?)(?=^- |^###|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`([\w-]+)`", listed)) == used


def test_its_example_uses_parameters_of_the_script() -> None:
    [example] = [line for line in PAGE.splitlines() if line.startswith(".\\Prepare-")]
    declared = set(re.findall(r"\[\w+(?:\[\])?\]\$(\w+)", SCRIPT.read_text().partition("\n)\n")[0]))
    assert set(re.findall(r" -(\w+) ", example)) <= declared
    assert {"Apply", "Undo"} <= declared


@pytest.mark.parametrize("page", ["doctor.md", "kerberos.md", "field-test.md", "security.md"])
def test_the_pages_before_it_lead_to_it(page: str) -> None:
    assert any(link.startswith("prepare-windows.md") for link in links(DOCS / page))
