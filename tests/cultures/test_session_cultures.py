"""WinRS runs in the account's culture. Whatever it is, every operation answers and does the same.

Windows' cultures come from ICU here. Each run says at its start how its culture writes a year, a number
and a small I; without ICU in effect, every test fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError, framing
from partner_simulator.certificates import CertificateAuthority
from support.cultures_batch import (
    GERMAN,
    INVARIANT,
    SAUDI,
    TAIWANESE,
    TELL,
    THAI,
    TURKISH,
    Culture,
    Task,
    run_batch,
    told,
    without_help,
)
from support.cultures_cases import Case, exchange_cases, lync_cases, outcome
from support.oauth_samples import body, document
from support.scripts_web import Page, serve
from support.winrm_powershell import Ended, feed

pytestmark = pytest.mark.pwsh
CULTURES = [GERMAN, TAIWANESE, THAI, SAUDI, TURKISH]
BOUND = """@{ year = (New-Object DateTime 2026,11,25).ToString('yyyy'); number = '{0:0.0}' -f 1.5
small = 'I'.ToLower(); like = 'TITLE' -match 'title' }"""
"""A script that follows its culture in four ways."""


class _Asked(Exception):
    """Carries the request out of an operation that must not run yet."""

    def __init__(self, request: RemoteRequest) -> None:
        self.request = request


@dataclass
class Bench:
    """All operations, their requests, and the answers in the invariant culture."""

    cases: list[Case]
    environment: dict[str, str]
    tasks: list[Task] = field(default_factory=list)

    def ask(self) -> None:
        """Take down what each operation would send."""
        for case in self.cases:
            request = asyncio.run(_request(case))
            line = framing.request_line(
                request.script, dict(request.parameters), dict(request.secrets), 5000
            )
            self.tasks.append(Task(case.name, case.make().before, line))

    def answers(self, culture: Culture, bootstrap: str | None = None) -> dict[str, Any]:
        """Per operation: the answer's data or the error, the calls, and what becomes of them."""
        ended = run_batch(self.tasks, culture, self.environment, bootstrap)
        return {case.name: asyncio.run(_told(case, ended[case.name])) for case in self.cases}


async def _request(case: Case) -> RemoteRequest:
    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        raise _Asked(request)

    with pytest.raises(_Asked) as asked:
        await case.act(runner)
    return asked.value.request


async def _told(case: Case, ended: Ended) -> tuple[Any, ...]:
    stubs = case.make()

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return stubs.heard(ended)

    result = await outcome(case, runner)
    try:
        data = dict(ended.answer.data)
        data.pop("milliseconds", None)
    except RemoteRunError as error:
        data = {"error": repr(error)}
    return data, stubs.calls, result


def _differences(found: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    assert found.keys() == plain.keys()
    return {name: (found[name], plain[name]) for name in plain if found[name] != plain[name]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[tuple[str, ...], str]]:
    """URLs of a good and of a missing document, and the file with the authority behind them."""
    authority = CertificateAuthority()
    store = tmp_path_factory.mktemp("trust") / "trusted.pem"
    store.write_text(authority.pem)
    with serve(authority.issue_server(["partner.example"])) as running:
        running.pages["/metadata/json/1"] = Page(body(document(name="I\u0130\u0131i")))
        yield (running.url(), running.url("/missing")), str(store)


@pytest.fixture(scope="module")
def bench(site: tuple[tuple[str, ...], str], tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """All operations, asked for."""
    urls, store = site
    folder = tmp_path_factory.mktemp("server")
    environment = {
        "SSL_CERT_FILE": store,
        "SSL_CERT_DIR": str(folder / "none"),
        "ExchangeInstallPath": f"{folder}/",
        "windir": str(folder),
        "COMPUTERNAME": f"CULTURES-{folder.name}",
        "TZ": "Asia/Kolkata",
    }
    made = Bench([*exchange_cases(folder, urls), *lync_cases(urls)], environment)
    made.ask()
    return made


@pytest.fixture(scope="module")
def plain(bench: Bench) -> dict[str, Any]:
    """The answers of the invariant culture."""
    return bench.answers(INVARIANT)


def test_the_operations_are_worth_comparing(plain: dict[str, Any]) -> None:
    """In the invariant culture they do what they are there for: read, change, and fail by name."""
    for name, (data, calls, _) in plain.items():
        failing = name == "exchange denied"
        assert ("error" in data) is failing, f"{name}: {data}"
        assert calls or name == "exchange restart", name
    assert plain["exchange remove"][0] == plain["lync remove"][0] == {"removed": True}
    assert plain["lync register again"][0] == {"existing": "TITLE"}
    assert plain["exchange register"][0]["created"]
    observed = plain["exchange observe"][0]
    assert observed["nextEffectiveAt"] == "2028-02-29T23:59:59Z"
    assert [d["status"] for d in observed["documents"]] == [200, 404]
    assert len(plain["exchange host state"][0]["services"]) == 5


@pytest.mark.parametrize("culture", CULTURES, ids=lambda culture: culture.name)
def test_a_session_culture_changes_nothing(
    bench: Bench, plain: dict[str, Any], culture: Culture
) -> None:
    """Answers, calls, errors and what the operator makes of them are those of the invariant culture."""
    assert _differences(bench.answers(culture), plain) == {}


@pytest.mark.parametrize("culture", CULTURES, ids=lambda culture: culture.name)
def test_a_process_of_its_own_answers_as_one_of_many(
    bench: Bench, plain: dict[str, Any], culture: Culture
) -> None:
    """The bootstrap's own command in a process that starts in this culture, as WinRS starts it."""
    case, task = bench.cases[0], bench.tasks[0]
    environment = {**bench.environment, **culture.environment}
    ended = feed(task.line, before=TELL + task.before, environment=environment)
    assert told(ended.stdout.decode()) == culture
    assert asyncio.run(_told(case, ended)) == plain[case.name]


@pytest.mark.parametrize("culture", [THAI, TURKISH], ids=lambda culture: culture.name)
def test_an_operation_needs_no_help_of_the_bootstrap(
    bench: Bench, plain: dict[str, Any], culture: Culture
) -> None:
    """The scripts keep their word even where the thread's culture cannot be set."""
    assert _differences(bench.answers(culture, without_help()), plain) == {}


@pytest.mark.parametrize("culture", [THAI, TURKISH], ids=lambda culture: culture.name)
def test_a_script_that_follows_its_culture_is_found_out(culture: Culture) -> None:
    """These tests can fail; and the bootstrap saves even such a script."""
    task = Task("bound", "", framing.request_line(BOUND, {}, {}, 5000))
    names = {"COMPUTERNAME": f"BOUND-{culture.name}"}
    helped = run_batch([task], culture, names)["bound"].answer.data
    assert helped == {"year": "2026", "number": "1.5", "small": "i", "like": True}
    left_alone = run_batch([task], culture, names, without_help())["bound"].answer.data
    assert left_alone != helped
    assert (left_alone["year"], left_alone["small"]) == (culture.year, culture.lower)
