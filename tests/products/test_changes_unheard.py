"""What is known of several changes whose run gave no answer, or one that nobody can believe."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import LogonRefused, OperationFailed, Outcome, Wanted
from partner_operator.products.calls import LONGEST_SECONDS
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.items import MOST_CHARACTERS
from partner_operator.trust.model import Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, OutcomeUnknown, RemoteRequest, Streams
from support.scripts.exchange import CREDENTIALS
from support.trust import worlds as values

HOST = "ex1.litwareinc.com"


class Wire:
    """Answers what it is told to."""

    def __init__(self, answer: dict[str, Any] | OutcomeUnknown, console: str = "") -> None:
        self.answer, self.console = answer, console
        self.asked: list[RemoteRequest] = []

    async def run(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """One remote run."""
        self.asked.append(request)
        if isinstance(self.answer, OutcomeUnknown):
            raise self.answer
        return Answer(self.answer, self.console, Streams(), "4.0", 1_800_000_000, 1.0)


def cut(printed: str) -> OutcomeUnknown:
    """PowerShell ended in the middle of the script."""
    lost = OutcomeUnknown("ended")
    lost.printed = printed
    return lost


def updates(count: int, identity: str = "x") -> list[Wanted]:
    """Changes of Exchange's entries."""
    application = values.application(identity=identity)
    entry = values.entry()
    difference = Difference(Field.IDENTITY, "", "")
    change = Change(ChangeKind.UPDATE, application.key, entry, (difference,), needs_restart=True)
    return [Wanted(change, application)] * count


async def outcomes(wire: Wire, wanted: list[Wanted]) -> list[Outcome]:
    """What became of each."""
    session = ExchangeOperations(wire.run).on(values.server(Product.EXCHANGE), CREDENTIALS, HOST)
    return list(await session.apply_all(values.observed(host=HOST), wanted))


@pytest.mark.parametrize("begun", [1, 2, 3])
@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_run_that_ended_in_the_middle_tells_what_was_never_begun(
    begun: int, wrapped: bool
) -> None:
    printed = "PO1!" + "".join(f"PO1+{number};said\r\n" for number in range(begun))
    if wrapped:
        printed = "\0".join(printed)
    became = await outcomes(Wire(cut(printed)), updates(3))
    assert [each.begun for each in became] == [number < begun for number in range(3)]
    assert all(
        each.failure is not None and each.failure.outcome_unknown for each in became if each.begun
    )


@pytest.mark.parametrize("printed", ["", "PO1!"], ids=["an answer cut on its way", "none begun"])
async def test_where_nothing_was_heard_nothing_is_known_of_any(printed: str) -> None:
    with pytest.raises(OperationFailed) as lost:
        await outcomes(Wire(cut(printed)), updates(3))
    assert lost.value.outcome_unknown


@pytest.mark.parametrize("printed", ["", "PO1!PO1+0;"])
async def test_a_logon_that_was_refused_at_the_end_of_such_a_run_is_told_as_that(
    printed: str,
) -> None:
    """It must not be tried again, whatever is known of the changes."""
    lost = cut(printed)
    lost.logon_refused = True
    with pytest.raises(LogonRefused) as refused:
        await outcomes(Wire(lost), updates(3))
    assert refused.value.outcome_unknown
    assert not refused.value.nothing_ran


DONE = {"data": {"account": ""}, "error": None}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"results": [DONE] * 4},
        {"results": [{"data": None}]},
        {"results": [{**DONE, "more": 1}]},
        {"results": "none"},
    ],
)
async def test_an_answer_that_breaks_the_contract_is_believed_in_nothing(
    answer: dict[str, Any],
) -> None:
    with pytest.raises(OperationFailed) as broken:
        await outcomes(Wire(answer), updates(3))
    assert broken.value.obstacle.reason is Reason.CONTRACT_VIOLATED
    assert not broken.value.nothing_ran


async def test_fewer_results_than_changes_are_those_that_were_begun() -> None:
    became = await outcomes(Wire({"results": [DONE, DONE]}), updates(3))
    assert [each.begun for each in became] == [True, True, False]


def error_of(error_id: str, kind: str, said: str) -> dict[str, Any]:
    """An error record, as items.ps1 tells of it."""
    return {
        "id": error_id,
        "type": kind,
        "inner": kind,
        "category": "NotSpecified",
        "messages": [said],
        "position": "",
    }


@pytest.mark.parametrize(
    ("error_id", "kind"),
    [
        ("UnauthorizedAccess", "System.Management.Automation.PSSecurityException"),
        ("ScriptContainedMaliciousContent", "System.Management.Automation.ParseException"),
    ],
)
async def test_what_stops_scripts_there_is_named_by_the_change_that_met_it(
    error_id: str, kind: str
) -> None:
    """Exchange's own script is a file: group policy and antimalware may forbid it, and ours not."""
    error = error_of(error_id, kind, "Configure-EnterprisePartnerApplication.ps1 cannot be loaded.")
    became = await outcomes(Wire({"results": [{"data": None, "error": error}, DONE]}), updates(2))
    assert became[1].failure is None
    failure = became[0].failure
    assert failure is not None
    assert (failure.obstacle.reason, failure.obstacle.then) == (Reason.BLOCKED, Next.HUMAN)
    assert not failure.nothing_ran


@pytest.mark.parametrize("number", ["0", "1", "2", "999999999", "9" * 5000])
async def test_marks_that_a_program_prints_itself_harm_nobody(number: str) -> None:
    """Neither where an answer came, nor where the run ended in the middle: there more counts as begun, never less."""
    printed = f"PO1!PO1+0;PO1+{number};PO1[1:2:3]PO1 PO1+1;"
    became = await outcomes(Wire({"results": [DONE, DONE]}, printed), updates(3))
    assert [each.begun for each in became] == [True, True, False]
    assert all(each.failure is None for each in became)
    lost = await outcomes(Wire(cut(printed)), updates(9))
    assert [each.begun for each in lost[:2]] == [True, True]


async def test_a_secret_in_the_words_of_an_error_is_struck_out() -> None:
    error = error_of("No", "System.Exception", f"It is {CREDENTIALS.password}.")
    became = await outcomes(Wire({"results": [{"data": None, "error": error}]}), updates(1))
    assert became[0].failure is not None
    assert CREDENTIALS.password not in became[0].failure.obstacle.message


async def test_a_request_holds_no_more_than_every_powershell_reads() -> None:
    wire = Wire({"results": [DONE, DONE]})
    became = await outcomes(wire, updates(3, identity="x" * (MOST_CHARACTERS // 2 - 1000)))
    assert len(wire.asked[0].parameters["items"]) == 2
    assert [each.begun for each in became] == [True, True, False]


async def test_a_run_of_many_ends_itself_before_its_end_is_no_longer_waited_for() -> None:
    """The longest wait for the mutex is in between."""
    wire = Wire({"results": [DONE] * 3})
    await outcomes(wire, updates(3))
    [asked] = wire.asked
    assert asked.deadline_seconds <= LONGEST_SECONDS
    lives = asked.parameters["lifeSeconds"] + asked.mutex_wait_seconds
    assert lives + 30 <= asked.deadline_seconds
    assert 2 * asked.parameters["beginSeconds"] <= asked.parameters["lifeSeconds"]
