"""Operations on stand-ins, many in one process: what each answers, calls and becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError, framing
from support.cultures.batch import INVARIANT, Culture, Task, run_batch
from support.cultures.cases import Case, outcome
from support.winrm.powershell import Ended


@dataclass(frozen=True, slots=True)
class Told:
    """What one operation came to."""

    data: dict[str, Any] | None
    """The script's answer, without times; None when it failed."""
    error: str
    calls: list[tuple[str, dict[str, str]]]
    result: Any
    """What the operator made of it."""

    @property
    def names(self) -> list[str]:
        """The cmdlets that were called, in order."""
        return [name for name, _ in self.calls]


class _AskedError(Exception):
    """Carries the request out of an operation that must not run yet."""

    def __init__(self, request: RemoteRequest) -> None:
        self.request = request


def task_of(case: Case) -> Task:
    """What an operation would send, behind its stand-ins."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        raise _AskedError(request)

    with pytest.raises(_AskedError) as asked:
        asyncio.run(_acted(case, runner))
    request = asked.value.request
    line = framing.request_line(
        request.script, dict(request.parameters), dict(request.secrets), 5000
    )
    return Task(case.name, case.make().before, line)


async def _acted(case: Case, runner: Any) -> None:
    await case.act(runner)


def told_of(case: Case, ended: Ended) -> Told:
    """What a run's output comes to."""
    stubs = case.make()

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return stubs.heard(ended)

    result = asyncio.run(outcome(case, runner))
    try:
        data = dict(ended.answer.data)
    except RemoteRunError as error:
        return Told(None, repr(error), stubs.calls, result)
    if data.keys() == {"results"}:
        # A run of changes, here of one.
        [only] = data["results"]
        if only["error"] is not None:
            return Told(None, repr(only["error"]), stubs.calls, result)
        data = only["data"]
    data.pop("milliseconds", None)
    return Told(data, "", stubs.calls, result)


def run_all(
    cases: Sequence[Case],
    environment: dict[str, str],
    culture: Culture = INVARIANT,
    bootstrap: str | None = None,
) -> dict[str, Told]:
    """Every operation in one process; by name."""
    ended = run_batch([task_of(case) for case in cases], culture, environment, bootstrap)
    return {case.name: told_of(case, ended[case.name]) for case in cases}


def differences(found: dict[str, Told], wanted: dict[str, Told]) -> dict[str, tuple[Told, Told]]:
    """Where two rounds of the same operations differ."""
    assert found.keys() == wanted.keys()
    return {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
