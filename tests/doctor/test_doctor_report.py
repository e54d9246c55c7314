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
    Check("TLS", None, "Not reached.", host="ex1"),
    Check("logon", None, "Not reached.", host="ex1"),
    Check("clock", None, "Not tried.", host="ex1"),
    Check("DNS", False, "ä does not resolve.", "Mend it, too.", "ex2"),
    Check("TCP", None, "Not reached.", host="ex2"),
    Check("unlisted hosts", True, "None."),
    Check("own certificate", None, "Not reached."),
)


def test_people_read_first_what_failed_first() -> None:
    """A next step stands below a cross only."""
    assert render(NAME, CHECKS, Output.TEXT).splitlines() == [
        "PartnerServer trust/exchange",
        "",
        "Mend this first, on ex1",
        "NO  DNS: ü does not resolve.",
        "    -> Mend it.",
        "",
        "All checks",
        "ok  Secret: There.",
        "",
        "ex1",
        "NO  DNS: see above.",
        "?   TCP, TLS, logon: Not reached.",
        "?   clock: Not tried.",
        "",
        "ex2",
        "NO  DNS: ä does not resolve.",
        "    -> Mend it, too.",
        "?   TCP: Not reached.",
        "",
        "The organisation",
        "ok  unlisted hosts: None.",
        "?   own certificate: Not reached.",
        "",
        "2 to mend, 6 not reached, 10 in all.",
    ]


def test_what_is_wrong_with_the_objects_is_on_no_host() -> None:
    checks = (Check("declaration", False, "No.", "Change the object."), *CHECKS[2:5])
    assert render(NAME, checks, Output.TEXT).splitlines()[2:5] == [
        "Mend this first",
        "NO  declaration: No.",
        "    -> Change the object.",
    ]


def test_a_list_without_a_cross_has_nothing_to_mend_first() -> None:
    assert render(NAME, CHECKS[:1], Output.TEXT).splitlines() == [
        "PartnerServer trust/exchange",
        "ok  Secret: There.",
        "",
        "0 to mend, 0 not reached, 1 in all.",
    ]


def test_programs_read_json() -> None:
    """Null is not reached; `ok` of the whole is that of the exit code."""
    told = json.loads(render(NAME, CHECKS, Output.JSON))
    assert (told["namespace"], told["name"], told["ok"]) == ("trust", "exchange", False)
    assert [check["ok"] for check in told["checks"]] == [each.ok for each in CHECKS]
    assert told["checks"][1] == {
        "name": "DNS",
        "host": "ex1",
        "ok": False,
        "message": "ü does not resolve.",
        "nextStep": "Mend it.",
    }


def test_what_was_not_reached_is_no_cross() -> None:
    """The exit code counts crosses; each unreached check has the cross that stopped it before it."""
    assert json.loads(render(NAME, CHECKS[2:5], Output.JSON))["ok"] is True
