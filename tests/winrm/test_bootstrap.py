"""The constant bootstrap, run in a real PowerShell with its own command line."""

from __future__ import annotations

import hashlib
import json
import os
import select
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.winrm import (
    Blocked,
    BlockedBy,
    Busy,
    OutcomeUnknown,
    Output,
    ProtocolViolation,
    ScriptError,
    framing,
    understand,
)
from partner_operator.winrm.bootstrap import (
    LONGEST_COMMAND_LINE,
    arguments,
    bootstrap_script,
    command_line,
)
from support.pwsh import find_pwsh
from support.winrm.shell import COMPUTER, HOST, run_bootstrap, run_script

PINNED = "a1c16cf8a31c982c8a818de4f32cb5853706e043d996ce879c1663832fa8d7c8"
"""SHA-256 of the bootstrap: hosts may allow-list it, so a change must be seen in review."""
WRAPPED_BY_WINRS = 'cmd.exe /c ""'
WRITES_A_FILE = "[IO.File]::WriteAllText($Request.path, 'ran'); @{}"


def test_the_bootstrap_is_the_pinned_one() -> None:
    assert hashlib.sha256(bootstrap_script().encode()).hexdigest() == PINNED


def test_the_whole_command_line_fits_into_cmd() -> None:
    assert len(WRAPPED_BY_WINRS + command_line()) <= LONGEST_COMMAND_LINE


def test_the_bootstrap_is_ascii_and_names_no_newer_syntax() -> None:
    script = bootstrap_script()
    assert script.isascii()
    for newer in ("::new(", ".Where(", ".ForEach(", "??", "&&", "||", "-AsHashtable", "using "):
        assert newer not in script


def test_c11_values_arrive_as_they_were_sent_and_lists_stay_lists() -> None:
    parameters: dict[str, Any] = {
        "none": [],
        "one": ["a"],
        "two": ["a", "b"],
        "nested": [[], [1], [[2, 3]]],
        "empty": {},
        "null": None,
        "yes": True,
        "least": -(2**31),
        "date": "2026-09-07T09:44:13.769Z",
        "old_date": "/Date(0)/",
        "quotes": "'\u2018\u2019\u201a\u201b\"`$(exit 9)$env:PATH\r\n\u0000\u2028",
        "lone": "a\ud800\\n\\\\ud800",
        "emoji": "\U0001f600",
    }
    assert run_script("$Request", parameters).data == parameters


TEXT = st.text(
    st.characters(exclude_categories=()) | st.sampled_from(["\\", "\ud800", "\udc00", "u", "'"]),
    max_size=30,
).map(lambda text: json.loads(json.dumps(text)))


@settings(max_examples=1, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT,
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.sampled_from(["a", "b", "Count", "Value"]), inner, max_size=3)
            ),
            max_leaves=10,
        ),
        min_size=100,
        max_size=200,
    )
)
def test_c11_any_plain_data_makes_the_way_there_and_back(values: list[Any]) -> None:
    assert run_script("@{values=$Request.values}", {"values": values}).data == {"values": values}


def test_c11_arrays_are_not_wrapped_where_windows_powershell_would_wrap_them() -> None:
    """5.1's type data for System.Array, put back by hand, makes `{value,Count}` of such lists."""
    before = (
        "Update-TypeData -TypeName System.Array -MemberType AliasProperty -MemberName Count "
        "-Value Length -Force"
    )
    script = (
        "$list=New-Object object[] 2; $list[0]='a'; $list[1]=,@(1); "
        "@{list=$list; piped=(Write-Output -NoEnumerate @(1)); wrapped=[psobject]@(1,2)}"
    )
    answer = run_script(script, before=before)
    assert answer.data == {"list": ["a", [[1]]], "piped": [1], "wrapped": [1, 2]}


def test_numbers_in_the_request_are_32_bit_as_in_5_1() -> None:
    script = "@{type=$Request.n.GetType().FullName; list=$Request.l.GetType().FullName}"
    assert run_script(script, {"n": 7, "l": [1]}).data == {
        "type": "System.Int32",
        "list": "System.Object[]",
    }


def test_secrets_are_plain_strings_in_a_hashtable() -> None:
    script = (
        "$s=New-Object Security.SecureString; foreach($c in $Secrets.password.ToCharArray()){"
        "$s.AppendChar($c)}; @{length=$s.Length; type=$Secrets.GetType().Name}"
    )
    data = run_script(script, {}, {"password": "'; throw 1 #\u00e4"}).data
    assert data == {"length": 13, "type": "Hashtable"}


def test_facts_of_the_host_come_with_the_answer() -> None:
    answer = run_script("@{}")
    assert answer.powershell_version.startswith("7.")
    assert answer.clock > 1_700_000_000
    assert answer.bits == 64


def test_output_of_programs_and_streams_does_no_harm() -> None:
    script = (
        "Write-Host 'to the host'; [Console]::Out.Write('PO1['); [Console]::Error.WriteLine('native'); "
        "Write-Warning 'careful'; Write-Verbose 'much' -Verbose; @{a=1}"
    )
    answer = run_script(script)
    assert answer.data == {"a": 1}
    assert "to the host" in answer.console
    assert any("careful" in text for text in answer.streams.warning)
    assert "native" in answer.streams.native


@pytest.mark.parametrize(
    ("script", "count"), [("1,2", 2), ("", 0), ("$null=1", 0), ("@(@{},@{})", 2)]
)
def test_a_script_must_return_one_object(script: str, count: int) -> None:
    with pytest.raises(ProtocolViolation, match=f"returned {count} objects"):
        run_script(script)


@pytest.mark.parametrize(
    "script", ["@{a=Get-Date}", "@{a=1.5}", "@{a=@{b=[guid]::Empty}}", "@{a=[DayOfWeek]1}"]
)
def test_c11_objects_that_are_no_plain_data_break_the_contract(script: str) -> None:
    with pytest.raises(ProtocolViolation, match="no plain data") as caught:
        run_script(script)
    assert not caught.value.nothing_ran


def test_a_thrown_error_arrives_as_its_record_without_the_secret() -> None:
    script = (
        "try { [int]'x' } catch { throw (New-Object Exception \"no $($Secrets.p)\", $_.Exception) }"
    )
    with pytest.raises(ScriptError) as caught:
        run_script(script, {}, {"p": "hunter2"})
    details = caught.value.details
    assert details.messages[0] == "no ***"
    assert details.innermost_type == "System.FormatException"
    assert details.category == "OperationStopped"
    assert "hunter2" not in str(caught.value)
    assert not caught.value.nothing_ran


def test_errors_have_their_ids_and_stop_the_script(tmp_path: Any) -> None:
    path = tmp_path / "after"
    with pytest.raises(ScriptError) as caught:
        run_script(f"Get-Item /no/such; {WRITES_A_FILE}", {"path": str(path)})
    assert caught.value.details.error_id.startswith("PathNotFound")
    assert not path.exists()
    with pytest.raises(ScriptError) as caught:
        run_script("No-SuchCommand")
    assert caught.value.details.error_id == "CommandNotFoundException"


def test_a_script_that_does_not_parse_did_not_run() -> None:
    with pytest.raises(ScriptError) as caught:
        run_script("if (")
    assert caught.value.nothing_ran
    assert caught.value.details.innermost_type.endswith("ParseException")


def test_a_script_that_exits_leaves_the_outcome_unknown() -> None:
    with pytest.raises(OutcomeUnknown, match="code 4"):
        run_script("exit 4")


def test_c09_constrained_language_mode_is_recognised_without_a_frame() -> None:
    before = "$ExecutionContext.SessionState.LanguageMode='ConstrainedLanguage'"
    switches = arguments().split()
    script = bootstrap_script()
    line = framing.request_line("@{}", {}, {}, 0)
    done = subprocess.run(
        [str(find_pwsh()), *switches[:-2], "-Command", f"{before}\n{script}"],
        input=line,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"PO1[" not in done.stdout
    output = Output(done.stdout, done.stderr, done.returncode, {})
    with pytest.raises(Blocked, match="constrained language mode") as caught:
        understand(HOST, output, _digest(line), ())
    assert caught.value.obstacle is BlockedBy.LANGUAGE_MODE
    assert caught.value.nothing_ran


def _digest(line: bytes) -> str:
    return framing.request_digest(line)


def _line(path: Any) -> bytes:
    return framing.request_line(WRITES_A_FILE, {"path": str(path)}, {}, 1000)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_c10_a_request_cut_short_runs_nothing(tmp_path: Any, quarter: int) -> None:
    path = tmp_path / "ran"
    line = _line(path)
    with pytest.raises(ProtocolViolation, match="damaged") as caught:
        understand(HOST, run_bootstrap(line[: len(line) * quarter // 4]), _digest(line), ())
    assert caught.value.nothing_ran
    assert not path.exists()


def test_c10_a_request_with_a_changed_byte_runs_nothing(tmp_path: Any) -> None:
    path = tmp_path / "ran"
    line = _line(path)
    middle = len(line) // 2
    changed = b"A" if line[middle : middle + 1] != b"A" else b"B"
    output = run_bootstrap(line[:middle] + changed + line[middle + 1 :])
    with pytest.raises(ProtocolViolation, match="damaged"):
        understand(HOST, output, _digest(line), ())
    assert not path.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf", b""),
        (b"\xc3\xaf\xc2\xbb\xc2\xbf", b""),
        (b"\r\n\r\n", b""),
        (b"#< CLIXML\r\nchatter ", b"\r\r\n\r\r\nmore"),
    ],
)
def test_c12_what_surrounds_the_request_does_not_matter(before: bytes, after: bytes) -> None:
    line = framing.request_line("@{a=$Request.a}", {"a": "\u00e4"}, {}, 0)
    answer = understand(HOST, run_bootstrap(before + line.rstrip() + after), _digest(line), ())
    assert answer.data == {"a": "\u00e4"}


def test_a_large_script_makes_it_through() -> None:
    script = "# " + "x" * 1_500_000 + "\n@{a=1}"
    assert run_script(script).data == {"a": 1}


@pytest.fixture
def holder() -> Any:
    """Another process that holds the host's mutex until it is told to let go."""
    script = (
        f"$m=New-Object Threading.Mutex $false,'Global\\partner-operator-{COMPUTER}-B';"
        "$null=$m.WaitOne();[Console]::Out.WriteLine('held');$null=[Console]::In.ReadLine();"
        "if($env:ABANDON){[Environment]::Exit(0)};$m.ReleaseMutex()"
    )
    process = subprocess.Popen(
        [str(find_pwsh()), "-NoProfile", "-NonInteractive", "-Command", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    assert process.stdout.readline().strip() == b"held"
    yield process
    process.kill()
    process.communicate()


def test_a_busy_host_runs_nothing_and_says_so(
    tmp_path: Any, holder: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "ran"
    line = _line(path)
    with pytest.raises(Busy) as caught:
        understand(HOST, run_bootstrap(line, computer=f"{COMPUTER}-B"), _digest(line), ())
    assert caught.value.nothing_ran
    assert not path.exists()


def test_the_mutex_of_a_killed_run_counts_as_free(
    tmp_path: Any, holder: subprocess.Popen[bytes]
) -> None:
    holder.kill()
    holder.wait()
    path = tmp_path / "ran"
    line = _line(path)
    understand(HOST, run_bootstrap(line, computer=f"{COMPUTER}-B"), _digest(line), ())
    assert path.exists()
