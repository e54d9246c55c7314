"""A recording holds no secret, and what it holds can be played again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from partner_operator.products.lync import answers, verdict
from partner_operator.recorder import Recorder
from partner_operator.winrm import (
    Answer,
    Blocked,
    BlockedBy,
    Busy,
    Endpoint,
    ErrorDetails,
    Forbidden,
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
    Unreachable,
)
from partner_operator.winrm.clixml import Streams
from support.oauth.samples import actor_token, user_token
from support.replay.recorded import Replay
from support.secrets.search import found

SECRET = "canary-\u20ac-4711"
ENDPOINT = Endpoint("ex1.litwareinc.com", 5986, "ntlm", "LITWAREINC\\exadmin", SECRET)
REQUEST = RemoteRequest("observe", "script", {"urls": []}, {"password": SECRET})
ANSWER = Answer(
    data={"product": "Exchange", "echo": f"the password is {SECRET}!"},
    console="",
    streams=Streams(),
    powershell_version="5.1",
    clock=1_764_000_000,
    seconds=1.5,
)


async def test_answers_are_played_again_without_the_secret(tmp_path: Path) -> None:
    """Redacted in any text; the file belongs to us alone."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return ANSWER

    assert await Recorder(runner, tmp_path / "record")(ENDPOINT, REQUEST) is ANSWER
    (file,) = (tmp_path / "record").iterdir()
    text = file.read_text()
    assert not found(text, (SECRET,))
    assert file.stat().st_mode & 0o077 == 0
    played = await Replay(tmp_path / "record")(ENDPOINT, REQUEST)
    assert played.data == {"product": "Exchange", "echo": "the password is ***!"}
    assert played.clock == ANSWER.clock


FAILURES: list[RemoteRunError] = [
    Unreachable("gone"),
    Busy("at work"),
    Forbidden("no administrator"),
    Forbidden("CredSSP is not offered", logged_on=False),
    ProtocolViolation("damaged", nothing_ran=True),
    ProtocolViolation("too long", outcome_unknown=True),
    OutcomeUnknown("lost"),
    Blocked("constrained", BlockedBy.LANGUAGE_MODE, nothing_ran=True),
    Blocked("stopped midway", BlockedBy.ANTIMALWARE, nothing_ran=False),
    ScriptError(ErrorDetails("Id,Class", "T", "I", "NotSpecified", ("what it said",))),
    ScriptError(ErrorDetails("Id", "T", "I", "NotSpecified", ("no module",)), nothing_ran=True),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: f"{type(error).__name__}-{error}")
async def test_failures_are_played_again(tmp_path: Path, error: RemoteRunError) -> None:
    """The same class with all that it knew: retry and doctor go by more than its words."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        raise error

    with pytest.raises(type(error)):
        await Recorder(runner, tmp_path)(ENDPOINT, REQUEST)
    with pytest.raises(type(error)) as played:
        await Replay(tmp_path)(ENDPOINT, REQUEST)
    assert _known(played.value) == _known(error)


def _known(error: RemoteRunError) -> dict[str, object]:
    always = {
        "message": error.message,
        "nothing_ran": error.nothing_ran,
        "outcome_unknown": error.outcome_unknown,
        "logon_refused": error.logon_refused,
    }
    return always | vars(error)


async def test_a_secret_that_a_server_uses_as_a_name_is_struck_out_as_well(tmp_path: Path) -> None:
    """Names of an object are text too."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return replace(ANSWER, data={SECRET: {f"x{SECRET}": [SECRET]}})

    await Recorder(runner, tmp_path)(ENDPOINT, REQUEST)
    assert not found(_text_of_the_only_file_in(tmp_path), (SECRET,))


def _text_of_the_only_file_in(folder: Path) -> str:
    (file,) = folder.iterdir()
    return file.read_text()


async def test_what_a_console_has_broken_is_struck_out(tmp_path: Path) -> None:
    """A secret in two lines, in the data of an answer."""
    broken = f"{SECRET[:5]}\r\n{SECRET[5:]}"

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return replace(ANSWER, data={"detail": broken})

    await Recorder(runner, tmp_path)(ENDPOINT, REQUEST)
    played = await Replay(tmp_path)(ENDPOINT, REQUEST)
    assert played.data == {"detail": "***"}


async def test_tokens_that_a_test_shows_are_struck_out(tmp_path: Path) -> None:
    """Test-CsExStorageConnectivity -Verbose shows HTTP, and a token in it is good for hours."""
    token = user_token(actor_token())
    shown = f"POST /EWS/Exchange.asmx\r\nAuthorization: Bearer {token}\r\nHTTP/1.1 401"

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return replace(ANSWER, data={"details": [shown]})

    await Recorder(runner, tmp_path)(ENDPOINT, REQUEST)
    played = await Replay(tmp_path)(ENDPOINT, REQUEST)
    assert played.data == {
        "details": ["POST /EWS/Exchange.asmx\r\nAuthorization: Bearer ***\r\nHTTP/1.1 401"]
    }


def test_a_token_in_an_error_does_not_come_into_the_status() -> None:
    """The words around it do."""
    token = user_token(actor_token())
    told = answers.TestAnswer(
        output=[], problems=[f"Bearer {token} was refused. (401)"], details=[], milliseconds=1
    )
    report = verdict.report(told, host="fe1", latency=timedelta(seconds=1))
    assert "Bearer (token) was refused" in report.message
