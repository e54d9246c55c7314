"""The list as people and as programs read it."""

from __future__ import annotations

import json

from partner_operator.doctor.facts import Check
from partner_operator.doctor.report import Output, render
from partner_operator.engine.ports import ServerName

NAME = ServerName("trust", "exchange")
CHECKS = (
    Check("Secret", True, "There."),
    Check("DNS", False, "ü does not resolve.", "Mend it.", "ex1"),
    Check("TCP", None, "Not reached.", "unsaid", "ex1"),
    Check("unlisted hosts", True, "None."),
)


def test_people_read_marks_hosts_and_what_to_do() -> None:
    """A next step stands below a cross only."""
    assert render(NAME, CHECKS, Output.TEXT).splitlines() == [
        "PartnerServer trust/exchange",
        "ok  Secret: There.",
        "",
        "ex1",
        "NO  DNS: ü does not resolve.",
        "    -> Mend it.",
        "?   TCP: Not reached.",
        "",
        "The organisation",
        "ok  unlisted hosts: None.",
        "",
        "1 to mend, 1 not reached, 4 in all.",
    ]


def test_programs_read_json() -> None:
    """Null is not reached; `ok` of the whole is that of the exit code."""
    told = json.loads(render(NAME, CHECKS, Output.JSON))
    assert (told["namespace"], told["name"], told["ok"]) == ("trust", "exchange", False)
    assert [check["ok"] for check in told["checks"]] == [True, False, None, True]
    assert told["checks"][1] == {
        "name": "DNS",
        "host": "ex1",
        "ok": False,
        "message": "ü does not resolve.",
        "nextStep": "Mend it.",
    }


def test_what_was_not_reached_is_no_cross() -> None:
    """The exit code counts crosses; each unreached check has the cross that stopped it before it."""
    assert json.loads(render(NAME, CHECKS[2:], Output.JSON))["ok"] is True
