"""Lines by which an answer is believed, and bounded."""

from __future__ import annotations

from mutant import Mutant

ANSWERS = (
    Mutant(
        "a damaged frame is no answer",
        "winrm/framing.py",
        "    if len(payload) != int(length) or _digest(payload) != digest:\n",
        "    if len(payload) != int(length):\n",
        ("tests/winrm/test_framing.py::test_a_damaged_frame_is_never_taken_for_an_answer",),
    ),
    Mutant(
        "an answer is that to the request",
        "winrm/framing.py",
        "    return answered != asked and (",
        "    return False and (",
        ("tests/winrm/test_framing.py::test_who_answers_wrongly_or_twice_is_not_believed",),
    ),
    Mutant(
        "no two requests are alike",
        "winrm/framing.py",
        '        "id": token_hex(16),\n',
        '        "id": "",\n',
        ("tests/winrm/test_framing.py::test_the_same_request_twice_is_two_requests",),
    ),
    Mutant(
        "an answer has a largest number of values",
        "winrm/framing.py",
        'payload.count(b"{") > MOST_VALUES:\n',
        'payload.count(b"{") < 0:\n',
        (
            "tests/winrm/test_framing_fuzzed.py::test_a_million_values_are_refused_before_they_are_made",
        ),
    ),
    Mutant(
        "output has a largest size",
        "winrm/framing.py",
        "    if len(stdout) > LONGEST_ANSWER:\n",
        "    if False:\n",
        ("tests/winrm/test_framing.py::test_too_much_output_is_refused_even_with_a_good_frame",),
    ),
    Mutant(
        "an answer has a greatest depth",
        "winrm/framing.py",
        "    if depth > DEEPEST + 1:\n",
        "    if False:\n",
        ("tests/winrm/test_framing.py::test_an_answer_that_is_nested_too_deeply_is_refused",),
    ),
    Mutant(
        "no depth of JSON breaks the reader",
        "winrm/framing.py",
        "        document = json.loads(payload)\n    except (ValueError, RecursionError):\n",
        "        document = json.loads(payload)\n    except ValueError:\n",
        ("tests/winrm/test_framing.py::test_an_answer_that_is_nested_too_deeply_is_refused",),
    ),
    Mutant(
        "CLIXML has a largest size",
        "winrm/clixml.py",
        "    if len(document) > _LONGEST:\n",
        "    if False:\n",
        ("tests/winrm/test_clixml.py::test_a_document_too_large_to_take_apart_is_text",),
    ),
    Mutant(
        "a request waits no longer than its word for the host's mutex",
        "winrm/bootstrap.ps1",
        "$q=$m.WaitOne([int]$p.wait)}",
        "$q=$m.WaitOne([int]$p.wait);$q=$true}",
        ("tests/winrm/test_bootstrap.py::test_a_busy_host_runs_nothing_and_says_so",),
    ),
    Mutant(
        "all runs on a host take the mutex of one name",
        "winrm/bootstrap.ps1",
        "Global\\partner-operator-$env:COMPUTERNAME",
        "Global\\partner-operator-$PID",
        ("tests/winrm/test_bootstrap.py::test_a_busy_host_runs_nothing_and_says_so",),
    ),
    Mutant(
        "a run ends itself when nobody waits any more",
        "products/scripts/watchdog.ps1",
        "$null = $watchdog.CancelAfter(1000 * $Request.lifeSeconds)",
        "",
        (
            "tests/products/test_watchdog.py::test_a_script_that_works_too_long_ends_with_its_process",
        ),
    ),
    Mutant(
        "the host follows no redirect to a document",
        "products/scripts/common.ps1",
        "    $request.AllowAutoRedirect = $false\n",
        "    $request.AllowAutoRedirect = $true\n",
        ("tests/products/test_documents_fetched.py::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "the host reads no document without end",
        "products/scripts/common.ps1",
        "        if ($memory.Length -gt $Limit) { return $null }\n",
        "",
        ("tests/products/test_documents_fetched.py::test_a_document_without_end_is_cut_off",),
    ),
)
