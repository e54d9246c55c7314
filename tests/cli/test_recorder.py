"""A recording holds no secret, and what it holds can be played again."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_operator.recorder import Recorder
from partner_operator.winrm import (
    Answer,
    Endpoint,
    ErrorDetails,
    RemoteRequest,
    ScriptError,
    Unreachable,
)
from partner_operator.winrm.clixml import Streams
from support.replay import Replay

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
    assert "canary" not in text
    assert file.stat().st_mode & 0o077 == 0
    played = await Replay(tmp_path / "record")(ENDPOINT, REQUEST)
    assert played.data == {"product": "Exchange", "echo": "the password is (redacted)!"}
    assert played.clock == ANSWER.clock


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("gone"),
        ScriptError(ErrorDetails("Id,Class", "T", "I", "NotSpecified", ("what it said",))),
    ],
)
async def test_errors_are_played_again(tmp_path: Path, error: Exception) -> None:
    """The same class with the same words."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        raise error

    with pytest.raises(type(error)):
        await Recorder(runner, tmp_path)(ENDPOINT, REQUEST)
    with pytest.raises(type(error), match=str(error)):
        await Replay(tmp_path)(ENDPOINT, REQUEST)
