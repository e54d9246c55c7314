"""WinRS runs in the account's culture. Whatever it is, every operation answers and does the same.

Windows' cultures come from ICU here. Each run says at its start how its culture writes a year, a number
and a small I; without ICU in effect, every test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from partner_operator.winrm import framing
from partner_simulator.certificates import CertificateAuthority
from support.cultures.batch import (
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
from support.cultures.cases import Case, exchange_cases, lync_cases
from support.cultures.farms import farm_cases
from support.oauth.samples import body, document
from support.scripts.runs import Told, differences, run_all, task_of, told_of
from support.scripts.sharepoint import ISSUER
from support.scripts.web import Page, serve
from support.winrm.powershell import feed

pytestmark = pytest.mark.pwsh
CULTURES = [GERMAN, TAIWANESE, THAI, SAUDI, TURKISH]
BOUND = """@{ year = (New-Object DateTime 2026,11,25).ToString('yyyy'); number = '{0:0.0}' -f 1.5
small = 'I'.ToLower(); like = 'TITLE' -match 'title' }"""
"""A script that follows its culture in four ways."""


@dataclass(frozen=True, slots=True)
class Bench:
    """All operations, and the environment of their server."""

    cases: list[Case]
    environment: dict[str, str]

    def answers(self, culture: Culture, bootstrap: str | None = None) -> dict[str, Told]:
        """Each operation's answer, calls, errors and what becomes of them, in this culture."""
        return run_all(self.cases, self.environment, culture, bootstrap)


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
    return Bench([*exchange_cases(folder, urls), *lync_cases(urls), *farm_cases(urls)], environment)


@pytest.fixture(scope="module")
def plain(bench: Bench) -> dict[str, Told]:
    """The answers of the invariant culture."""
    return bench.answers(INVARIANT)


def test_the_operations_are_worth_comparing(plain: dict[str, Told]) -> None:
    """In the invariant culture they do what they are there for: read, change, and fail by name."""
    failing = [name for name, told in plain.items() if told.data is None]
    silent = [name for name, told in plain.items() if not told.calls]
    assert (failing, silent) == (["exchange denied"], [])
    answers = {name: told.data or {} for name, told in plain.items()}
    assert answers["exchange remove"] == answers["lync remove"] == {"removed": True}
    assert answers["sharepoint remove"] == {"removed": True}
    assert answers["sharepoint register again"] == {"existing": ISSUER, "created": ""}
    assert [one["type"] for one in answers["exchange test"]["results"]] == ["Success"]
    assert answers["lync register again"] == {"existing": "TITLE"}
    assert answers["exchange register"]["created"]
    observed = answers["exchange observe"]
    assert observed["nextEffectiveAt"] == "2028-02-29T23:59:59Z"
    assert [d["status"] for d in observed["documents"]] == [200, 404]
    assert len(answers["exchange host state"]["services"]) == 5


@pytest.mark.parametrize("culture", CULTURES, ids=lambda culture: culture.name)
def test_a_session_culture_changes_nothing(
    bench: Bench, plain: dict[str, Told], culture: Culture
) -> None:
    """Answers, calls, errors and what the operator makes of them are those of the invariant culture."""
    assert differences(bench.answers(culture), plain) == {}


@pytest.mark.parametrize("culture", CULTURES, ids=lambda culture: culture.name)
def test_a_process_of_its_own_answers_as_one_of_many(
    bench: Bench, plain: dict[str, Told], culture: Culture
) -> None:
    """The bootstrap's own command in a process that starts in this culture, as WinRS starts it."""
    case = bench.cases[0]
    task = task_of(case)
    environment = {**bench.environment, **culture.environment}
    ended = feed(task.line, before=TELL + task.before, environment=environment)
    assert told(ended.stdout.decode()) == culture
    assert told_of(case, ended) == plain[case.name]


@pytest.mark.parametrize("culture", [THAI, TURKISH], ids=lambda culture: culture.name)
def test_an_operation_needs_no_help_of_the_bootstrap(
    bench: Bench, plain: dict[str, Told], culture: Culture
) -> None:
    """The scripts keep their word even where the thread's culture cannot be set."""
    assert differences(bench.answers(culture, without_help()), plain) == {}


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
