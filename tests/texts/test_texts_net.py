"""C40, C41: poison at every place from which texts come; none reaches a status, an Event, a log or a second line.

Whole passes run with the real operations, the real writer and the real announcer; only the machines and the API
server are played, and what would be sent to the latter is looked at.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import pytest

from partner_operator.engine.ports import CredentialsProblem, Kind, Severity
from partner_operator.logs import LogFormat, configure
from partner_operator.trust.conditions import LONGEST_MESSAGE, false, set_condition
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.winrm import ErrorDetails, ScriptError
from support.engine.world import World
from support.oauth.samples import LYNC_ID
from support.texts.passes import POISON, Exits, check, hidden, live
from support.texts.told import fetched, good, places
from support.trust.worlds import EXCHANGE_URL, LYNC_URL, NOW

IDS = "[ClientAccessServer=EX1,RequestId={0}-1111-2222-3333-444455556666,TimeStamp=11/25/2026 8:0{1}:00 AM] "
PLACES = [
    (operation, place)
    for operation, answer in good().items()
    for place in places(answer)
    if not place.endswith(".body")
]


def test_the_answers_without_poison_reach_what_is_poisoned_below() -> None:
    """Else the net would have holes: an update, a refused restart and a failed test are told."""
    written = json.dumps(live(good())[0])
    for told in (
        "401 x-ms",
        "Exchange says 2000001: The token is bad",
        "CN=a",
        "enabled",
        "restart",
    ):
        assert told in written


@pytest.mark.parametrize(("operation", "place"), PLACES)
def test_poison_at_one_place_is_shown_or_left_out(operation: str, place: str) -> None:
    told = good()
    answer = told[operation]
    *way, last = place.split(".")
    if operation == "Exchange host_state":
        way, last = place.split(".", 1)[:1], place.split(".", 1)[1]
    target: Any = answer
    for part in way:
        target = target[int(part) if isinstance(target, list) else part]
    key: Any = int(last) if isinstance(target, list) else last
    target[key] = f"{target[key]}{POISON}"
    check(told)


@pytest.mark.parametrize("field", ["issuer", "realm", "serviceName", "name", "keys"])
@pytest.mark.parametrize("url", [LYNC_URL, EXCHANGE_URL])
def test_poison_in_a_document_is_shown(url: str, field: str) -> None:
    other = EXCHANGE_URL if url == LYNC_URL else LYNC_URL
    told = good()
    documents = [fetched(url, **{field: f"{LYNC_ID}@x{POISON}"}), fetched(other)]
    for operation in ("Exchange observe", "Lync observe"):
        told[operation]["documents"] = documents
    check(told)


@pytest.mark.parametrize("fault", ["ConnectFailure", "TrustFailure", "TooLarge", POISON])
def test_poison_in_why_a_document_was_not_had_is_shown(fault: str) -> None:
    told = good()
    bad = {**fetched(LYNC_URL), "status": 0, "body": "", "fault": fault, "detail": POISON}
    told["Exchange observe"]["documents"] = [bad, {**fetched(EXCHANGE_URL), "type": POISON}]
    check(told)


ERROR_IDS = [
    "x",
    "CommandNotFoundException",
    "Modules_ModuleNotFound,x",
    "AccessDenied,PSSessionOpenFailed",
    "CannotConnect,PSSessionOpenFailed",
]


def refused(error_id: str, *said: str) -> ScriptError:
    """An error of a script."""
    return ScriptError(ErrorDetails(error_id, "T", "T", "NotSpecified", said))


@pytest.mark.parametrize("operation", list(good()))
@pytest.mark.parametrize("error_id", ERROR_IDS)
def test_poison_in_an_error_is_shown(operation: str, error_id: str) -> None:
    told = good()
    told[operation] = refused(error_id + POISON, f"outer{POISON}", f"inner{POISON}")
    check(told)


@pytest.mark.parametrize("operation", list(good()))
@pytest.mark.parametrize("error_id", ERROR_IDS)
def test_an_error_that_comes_again_with_other_ids_is_the_same_message(
    operation: str, error_id: str
) -> None:
    """C41: else each attempt would rewrite every object, and each Event would be a new one."""
    written = []
    for guid, minute in (("0f1e2d3c", 1), ("aabbccdd", 2)):
        ids = IDS.format(guid, minute)
        told = good()
        told[operation] = refused(f"{ids}{error_id}", f"{ids}Nein.", f"{ids}ShellId {guid}")
        written.append(check(told))
    assert written[0] == written[1]


def test_a_condition_is_cut_when_it_is_clean() -> None:
    """Escapes are longer than what they stand for, and the API server has its bound."""
    part = false(Reason.REMOTE_ERROR, POISON * 200)
    [condition] = set_condition((), ConditionType.READY, part, now=NOW, generation=1)
    assert len(condition.message) == LONGEST_MESSAGE
    assert condition.message.isprintable()


def test_a_secrets_fault_with_poison_is_shown() -> None:
    """Also what only the operator's own edge says."""
    exits = Exits(World())
    problem = CredentialsProblem(Reason.CREDENTIALS_INVALID, POISON)
    key = ObjectKey("trust", "exchange", "uid")
    told = problem.obstacle
    asyncio.run(exits.announce(Kind.SERVER, key, Severity.WARNING, told.reason, told.message))
    assert hidden(exits.sent.bodies) == []


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_no_log_line_is_forged(
    log_format: LogFormat, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Neither by a message nor by the text of an error in a traceback."""
    root, output = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", output)
    try:
        configure(log_format, logging.INFO)
        logger = logging.getLogger("partner_operator.test")
        try:
            raise ValueError(POISON)
        except ValueError:
            logger.exception("broke off: %s", POISON, stack_info=True)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    text = output.getvalue()
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert all(line.isprintable() for line in lines)
    if log_format is LogFormat.JSON:
        [line] = lines
        assert all(part.isprintable() for part in json.loads(line)["traceback"].split("\n"))
        assert "ValueError" in line
    else:
        assert "Traceback" in text
        assert all(line.startswith("  ") for line in lines[1:])
    assert not any(line.startswith("ok") for line in lines)
