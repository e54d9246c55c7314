"""What of a permission is ours, over all that can stand there; `tests/engine/test_engine_permission.py` plays it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from partner_operator.trust import permission
from partner_operator.trust.model import Entry, Permission, Product, Right
from partner_operator.trust.status import GivenPermission
from support.trust import worlds

RIGHTS = tuple(Right)
ALL = tuple(Permission(right, app_only) for right, app_only in product(Right, (False, True)))


def strength(of: Permission) -> tuple[int, bool]:
    return RIGHTS.index(of.right), of.app_only


def holding(there: Permission) -> Entry:
    """The issuer of a partner that is allowed this."""
    return worlds.entry(Product.EXCHANGE, on=Product.SHAREPOINT, permission=there)


def one_pass(
    declared: Right, there: Permission, given: GivenPermission | None
) -> tuple[Permission, GivenPermission | None]:
    """What is there afterwards, and what is remembered of it."""
    entry = holding(there)
    aim = permission.wanted(declared, entry, given)
    if aim is not None and declared is not Right.NONE:
        given = permission.giving(entry, given, aim)
    there = there if aim is None else aim
    return there, permission.remembered(given, declared, holding(there))


@pytest.mark.parametrize("before", ALL, ids=str)
def test_whatever_is_declared_in_turn_what_others_gave_comes_back(before: Permission) -> None:
    """Nobody else writes meanwhile: each declaration is reached at once, and never less than what was there."""
    for declared in product(Right, repeat=3):
        there, given = before, None
        for right in declared:
            there, given = one_pass(right, there, given)
            assert one_pass(right, there, given) == (there, given), "it is at rest"
            assert strength(there) >= strength(before)
            most = max(RIGHTS.index(right), RIGHTS.index(before.right))
            assert RIGHTS.index(there.right) <= most
        assert one_pass(Right.NONE, there, given) == (before, None)


def test_what_was_never_declared_changes_nothing() -> None:
    for there in ALL:
        assert one_pass(Right.NONE, there, None) == (there, None)


def test_a_larger_one_that_somebody_put_in_its_place_is_his() -> None:
    """While one is declared it is kept as declared; when none is, his is left."""
    for declared, his in product(RIGHTS[1:], ALL):
        _, given = one_pass(declared, Permission(), None)
        kept, _ = one_pass(declared, his, given)
        assert kept == Permission(declared, app_only=True)
        left, forgotten = one_pass(Right.NONE, his, given)
        larger = strength(his) > strength(Permission(declared, app_only=True))
        assert left == (his if larger else Permission())
        assert forgotten is None


def test_what_is_not_known_is_neither_changed_nor_forgotten() -> None:
    unknown = replace(holding(Permission()), permission=None)
    given = GivenPermission(
        f"{unknown.application_identifier}@{unknown.realm}", Right.READ, Permission()
    )
    for declared in Right:
        assert permission.wanted(declared, unknown, given) is None
        assert permission.remembered(given, declared, unknown) == given


def test_another_principal_is_another_matter() -> None:
    """Another realm: what was given to the old one says nothing of the new one."""
    given = GivenPermission("other@realm", Right.FULL_CONTROL, Permission())
    full = holding(Permission(Right.FULL_CONTROL, app_only=True))
    assert permission.taken_back(full, given) is None
    assert permission.remembered(given, Right.FULL_CONTROL, full) is None
