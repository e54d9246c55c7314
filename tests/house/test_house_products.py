"""A product is one folder, whole, and known by name nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from partner_operator.catalog import CATALOG, OPERATIONS
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.remote import Operations
from partner_operator.trust.model import Product
from partner_operator.trust.product import Catalog, Proof, Rules
from support.house.parts import PACKAGE, ROOMS, YAML, faults, named_in

MADE: Mapping[Product, type[Operations[Any]]] = {each.product: each for each in OPERATIONS}


def with_rules(rules: Rules) -> Catalog:
    """The catalog with one product's rules in place of its own."""
    partners = {**CATALOG.partners, rules.product: rules.profile}
    return Catalog({**CATALOG.rules, rules.product: rules}, partners)


@pytest.mark.parametrize("room", ROOMS)
def test_no_product_is_known_by_name_where_all_are_alike(room: str) -> None:
    paths = sorted((PACKAGE / room).rglob("*.py"))
    assert len(paths) > 10
    assert [word for path in paths if path != YAML for word in named_in(path)] == []


def test_the_yaml_names_the_blocks_of_options_and_nothing_else() -> None:
    blocks = {rules.options for rules in CATALOG.rules.values()}
    assert {word.rpartition(" ")[2] for word in named_in(YAML)} == blocks


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('"""Like Exchange."""\n# and Lync\nx = 1\n', []),
        ("lync_only = 1\n", ["1"]),
        ("\nif product is Product.EXCHANGE:\n    pass\n", ["2"]),
        ('message = f"{host} is no SharePoint server"\n', ["1"]),
        ("from partner_operator.products.lync import rules\n", ["1"]),
    ],
)
def test_names_are_found_in_code_and_not_in_explanations(
    code: str, lines: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "module.py"
    path.write_text(code)
    assert [word.split(":")[1] for word in named_in(path)] == lines


def test_every_product_of_the_catalog_is_whole() -> None:
    assert faults(CATALOG, MADE) == []


def test_the_catalog_has_what_the_operator_manages_and_whom_it_knows() -> None:
    assert list(CATALOG.rules) == [Product.EXCHANGE, Product.LYNC, Product.SHAREPOINT]
    assert set(CATALOG.partners) == set(Product)


def test_what_is_missing_is_named_with_its_product() -> None:
    exchange, lync = CATALOG.rules[Product.EXCHANGE], CATALOG.rules[Product.LYNC]
    sharepoint = CATALOG.rules[Product.SHAREPOINT]
    strange = replace(sharepoint, options="farm", activation=lync.activation)
    without = dict(MADE)
    del without[Product.SHAREPOINT]
    assert faults(with_rules(strange), without) == [
        "SharePoint has no script replicate.ps1",
        "SharePoint has no operations",
        "SharePoint has no block of options in the CRD, spec.farm",
    ]
    speechless = replace(exchange, profile=replace(exchange.profile, mending=""))
    assert faults(with_rules(speechless), MADE) == ["Exchange has no hint: mending"]
    elsewhere = replace(lync, profile=replace(lync.profile, metadata_path="/json"))
    assert faults(with_rules(elsewhere), MADE) == [
        "Lync has no rule in the CRD for the form of its URL, /json"
    ]


def test_a_way_of_becoming_active_needs_its_ability() -> None:
    wrong = {**MADE, Product.EXCHANGE: LyncOperations}
    assert faults(CATALOG, wrong) == [
        "Exchange has no ability for its way of becoming active, Restart"
    ]


def test_a_product_that_says_it_has_a_test_can_run_one() -> None:
    sharepoint = CATALOG.rules[Product.SHAREPOINT]
    boasting = replace(sharepoint, tests={Product.EXCHANGE: Proof.BY_PARTNER})
    assert faults(with_rules(boasting), MADE) == [
        "SharePoint has no script test.ps1",
        "SharePoint has no ability to run its connectivity test",
    ]


def test_two_products_with_one_identifier_are_both_named() -> None:
    lync = CATALOG.rules[Product.LYNC]
    twin = replace(lync.profile, identifier=CATALOG.partners[Product.EXCHANGE].identifier)
    (sentence,) = faults(with_rules(replace(lync, profile=twin)), MADE)
    assert sentence.startswith("Exchange and Lync have one identifier, 00000002-")
