"""The embedded engine answers and does what a real PowerShell does. Where they differ, it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from partner_simulator.world.misbehaviour import Misbehaviour
from support.embedded.cases import CASES, OPERATIONS
from support.embedded.twins import Case, Rounds, Told, differences, rounds
from support.embedded.worlds import Arrange, both, misbehaving, without_rights
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    with rounds(find_pwsh(), tmp_path_factory.mktemp("twins")) as running:
        yield running


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, play: Rounds) -> dict[str, Future[tuple[Told, Told]]]:
    """All cases that were selected, begun at once."""
    selected = [
        item.callspec.params.get("case")
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    return {case.name: play.ask(case) for case in selected if isinstance(case, Case)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_in_each_world_both_answer_and_do_the_same(
    played: dict[str, Future[tuple[Told, Told]]], case: Case
) -> None:
    """Answers, errors, warnings, words for people; cmdlet calls, writes, restarts, counts, the directory."""
    wanted, found = played[case.name].result()
    assert wanted.answers, "PowerShell was asked"
    apart = differences(wanted, found)
    assert not apart, "\n".join(apart)


@pytest.mark.parametrize("script", OPERATIONS)
def test_with_each_cmdlet_failing_both_end_in_the_same_way(play: Rounds, script: str) -> None:
    """Each cmdlet that an operation calls shows nothing, does nothing, fails before or after, or is not given."""
    act, arrange = OPERATIONS[script]
    plain, _ = play.ask(Case(script, act, arrange)).result()
    users = {cmdlet: user for _, user, cmdlet, _, _ in plain.effects["calls"] if "-" in cmdlet}
    changing = {what for _, _, what, _, _ in plain.effects["writes"]}
    asked = {
        f"{cmdlet} {name}": play.ask(Case(script, act, both(arrange, arranged)))
        for cmdlet, user in users.items()
        for name, arranged in _ways(cmdlet, user, changes=cmdlet in changing)
    }
    apart = [
        f"{name}{place}" for name, told in asked.items() for place in differences(*told.result())
    ]
    assert not apart, "\n".join(apart)


def _ways(cmdlet: str, user: str, *, changes: bool) -> Iterator[tuple[str, Arrange]]:
    yield "not given", without_rights(cmdlet, user=user)
    for how in Misbehaviour:
        if changes or how in (Misbehaviour.SHOWS_NOTHING, Misbehaviour.FAILS_AT_ONCE):
            yield how, misbehaving(cmdlet, how)
