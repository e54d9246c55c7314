"""Every guess has a row, a source and, where it is only a guess, another world."""

from __future__ import annotations

import re
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

import partner_simulator
from partner_simulator.world.machines import Role
from partner_simulator.world.switches import ROWS, Name, Status, Switches, all_worlds
from support.world.bench import bench

_ROOT = Path(partner_simulator.__file__).parent
NOT_FLIPPED = {
    Name.PREVIOUS_CERTIFICATE_PUBLISHED,
    Name.SHAREPOINT_LYNC_PERMISSION,
    Name.SHAREPOINT_ROOT_AUTHORITY,
    Name.SHAREPOINT_SERVICE_STATUS,
}
"""Guesses in whose other world the documented way does not work at all; the documentation says so."""


def test_each_switch_has_exactly_one_row() -> None:
    assert Counter(row.name for row in ROWS) == Counter(Name)


def test_guesses_have_alternatives_and_known_facts_have_none() -> None:
    for row in ROWS:
        assert row.default not in row.alternatives, row.name
        assert row.claim, row.name
        assert row.source, row.name
        if row.status in (Status.CONFIRMED, Status.OBSERVED):
            assert not row.alternatives, row.name
        elif row.name not in NOT_FLIPPED:
            assert row.alternatives, row.name


def test_each_switch_is_read_somewhere() -> None:
    """A flag that nothing reads would be a world that is no other."""
    tables = {"switch_rows.py", "switches.py", "sharepoint_switches.py", "token_switches.py"}
    sources = [p for p in _ROOT.rglob("*.py") if p.name not in tables]
    text = "\n".join(path.read_text() for path in sources)
    for name in Name:
        assert re.search(rf"Name\.{name.name}\b", text), name


def test_worlds_differ_from_the_default_in_one_guess() -> None:
    worlds = dict(all_worlds())
    default = worlds.pop("default")
    assert len(worlds) == sum(len(row.alternatives) for row in ROWS if row.flippable)
    for title, switches in worlds.items():
        changed = [name for name in Name if switches[name] != default[name]]
        assert len(changed) == 1, title


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(ValueError, match="no-such"):
        Switches({"no-such": 1})  # type: ignore[dict-item]  # the mistake under test


@pytest.mark.parametrize(("title", "switches"), list(all_worlds()), ids=lambda value: str(value))
def test_the_documented_procedure_works_in_every_world(
    tmp_path: Path, title: str, switches: Switches
) -> None:
    with bench(tmp_path, {name: switches[name] for name in Name}) as world:
        world.six_trusts()
        told = world.test(DeleteItem=True)
        assert not told.errors, (title, told.message)
        assert "passed" in told.names[0].lower()
        for server, partner in permutations(Role, 2):
            assert world.refused(server, partner) is None, (title, server, partner)
