"""Every call of every operation, broken one by one, and all of them noisy: what a script makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from partner_operator.winrm.bootstrap import bootstrap_script
from support.cultures.batch import INVARIANT, run_batch
from support.cultures.cases import Case, exchange_cases, lync_cases
from support.scripts.runs import Told, differences, run_all, task_of, told_of
from support.scripts.stubs import IMPACT, Stubs, changing
from support.winrm.powershell import feed

pytestmark = pytest.mark.pwsh
REPEATED = {
    "exchange account gone",
    "exchange denied",
    "exchange register again",
    "lync test fails",
}
"""Operations that make the same calls as another one."""
TOLD = {
    "Get-ExchangeCertificate": "certificateFault",
    "Get-CsCertificate": "certificateFault",
    "Test-CsExStorageConnectivity": "problems",
    "Get-AuthServer": "tokenServersFault",
    "Get-CsOAuthServer": "tokenServersFault",
}
"""Calls whose failure is part of the answer, and where."""
TIDYING = "Remove-PSSession"
STOP = "$global:ErrorActionPreference='Stop'"


@dataclass(frozen=True, slots=True)
class Bench:
    """All operations, their server's environment, and what they do when nothing is wrong."""

    cases: list[Case]
    environment: dict[str, str]
    whole: dict[str, Told]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """All operations, run once."""
    folder = tmp_path_factory.mktemp("server")
    environment = {
        "ExchangeInstallPath": f"{folder}/",
        "windir": str(folder),
        "COMPUTERNAME": f"SWEPT-{folder.name}",
    }
    cases = [*exchange_cases(folder, ()), *lync_cases(())]
    return Bench(cases, environment, run_all(cases, environment))


def _weaker() -> str:
    text = bootstrap_script().replace(STOP, STOP.replace("Stop", "Continue"))
    assert text != bootstrap_script()
    return text


def _changed(case: Case, name: str, change: Callable[[Stubs], Stubs]) -> Case:
    return replace(case, name=name, make=lambda: change(case.make()))


def _broken(bench: Bench, how: Callable[[Stubs, str], Stubs]) -> dict[str, tuple[str, Case]]:
    """Each operation with each of its calls broken: by name, the cmdlet and the operation."""
    found = {}
    for case in bench.cases:
        if case.name not in REPEATED:
            for cmdlet in dict.fromkeys(bench.whole[case.name].names):
                name = f"{case.name}: {cmdlet}"
                found[name] = (cmdlet, _changed(case, name, lambda s, c=cmdlet: how(s, c)))  # type: ignore[misc]
    return found


def _check(told: Told, cmdlet: str, name: str) -> str:
    """What is wrong with an operation one of whose calls is broken; empty if nothing is."""
    if cmdlet in TOLD and name.partition(":")[0].endswith(("observe", "test")):
        return "" if told.data and told.data[TOLD[cmdlet]] else "the fault is not told"
    if told.data is not None:
        return f"it answers {told.data}"
    after = told.calls[told.names.index(cmdlet) + 1 :]
    if changing(after):
        return f"it goes on with {changing(after)}"
    return "" if "broken" in told.error else f"it says {told.error}"


def test_an_error_that_does_not_end_its_cmdlet_ends_the_script(bench: Bench) -> None:
    """By `-ErrorAction Stop` on the call alone: the global preference is taken away here."""
    swept = _broken(bench, Stubs.broken)
    cases = [case for cmdlet, case in swept.values() if cmdlet != TIDYING]
    found = run_all(cases, bench.environment, INVARIANT, _weaker())
    wrong = {name: _check(told, swept[name][0], name) for name, told in found.items()}
    assert len(found) > 50
    assert {name: what for name, what in wrong.items() if what} == {}


def test_an_error_from_behind_a_session_ends_the_script(bench: Bench) -> None:
    """By the global preference alone: `-ErrorAction` does not reach these."""
    swept = _broken(bench, Stubs.broken_far)
    cases = [case for cmdlet, case in swept.values() if cmdlet != TIDYING]
    found = run_all(cases, bench.environment)
    wrong = {name: _check(told, swept[name][0], name) for name, told in found.items()}
    assert {name: what for name, what in wrong.items() if what} == {}


def test_a_session_that_cannot_be_closed_spoils_nothing(bench: Bench) -> None:
    """The work is done; the server ends idle sessions by itself."""
    swept = _broken(bench, Stubs.broken)
    cases = [case for cmdlet, case in swept.values() if cmdlet == TIDYING]
    found = run_all(cases, bench.environment)
    assert len(found) == 6
    for name, told in found.items():
        assert told.data == bench.whole[name.partition(":")[0]].data


def test_copies_of_objects_are_read_as_the_objects_themselves(bench: Bench) -> None:
    """Behind a session, enumerations are numbers, lists ArrayLists, and nothing has methods."""
    copied = [_changed(case, case.name, Stubs.copied) for case in bench.cases]
    assert differences(run_all(copied, bench.environment), bench.whole) == {}


def test_what_changing_cmdlets_return_is_no_part_of_an_answer(bench: Bench) -> None:
    """A script returns one object; whatever else a cmdlet says is caught."""
    talkative = [_changed(case, case.name, Stubs.talkative) for case in bench.cases]
    assert differences(run_all(talkative, bench.environment), bench.whole) == {}


def test_scripts_do_the_same_without_strict_mode(bench: Bench) -> None:
    """Servers are lax: what is not there reads as `$null` instead of ending the script."""
    lax = [_changed(case, case.name, Stubs.lax) for case in bench.cases]
    assert differences(run_all(lax, bench.environment), bench.whole) == {}


def test_a_time_zone_changes_nothing(bench: Bench) -> None:
    """Local times of workers and certificates are instants, also where it is another day."""
    there = run_all(bench.cases, bench.environment | {"TZ": "Pacific/Kiritimati"})
    assert differences(there, bench.whole) == {}


def test_noise_of_a_product_changes_no_answer(bench: Bench) -> None:
    """Progress, verbose, debug, host and information text, warnings, words on standard error."""
    noisy = [_changed(case, case.name, Stubs.noisy) for case in bench.cases]
    assert differences(run_all(noisy, bench.environment), bench.whole) == {}


@pytest.mark.parametrize("name", ["exchange observe", "lync observe"])
def test_noise_on_a_real_console_changes_no_answer(bench: Bench, name: str) -> None:
    """In a process of its own the streams really go somewhere."""
    [case] = [each for each in bench.cases if each.name == name]
    noisy = _changed(case, name, Stubs.noisy)
    task = task_of(noisy)
    ended = feed(task.line, before=task.before, environment=bench.environment)
    assert b"to the host" in ended.stdout
    assert b"to standard error" in ended.stderr
    told = told_of(noisy, ended)
    assert (told.data, told.calls) == (bench.whole[name].data, bench.whole[name].calls)


def test_nothing_asks_where_a_cmdlet_would(bench: Bench) -> None:
    """Every changing call says that it is sure, also to cmdlets of high impact."""
    tasks = [task_of(case) for case in bench.cases]
    high = IMPACT.replace("Medium", "High")
    asking = [replace(task, before=task.before.replace(IMPACT, high)) for task in tasks]
    assert asking != tasks
    ended = run_batch(asking, INVARIANT, bench.environment)
    found = {case.name: told_of(case, ended[case.name]) for case in bench.cases}
    assert differences(found, bench.whole) == {}


def test_without_either_guard_these_tests_would_say_so(bench: Bench) -> None:
    """An error that neither `-ErrorAction` nor the preference stops is noticed here."""
    swept = _broken(bench, Stubs.broken_far)
    cases = [case for name, (_, case) in swept.items() if name.startswith("lync re")]
    found = run_all(cases, bench.environment, INVARIANT, _weaker())
    assert all(_check(told, swept[name][0], name) for name, told in found.items())
