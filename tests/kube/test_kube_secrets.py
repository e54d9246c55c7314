"""C39: what nobody sees in a user name or password is refused before anybody logs on with it."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from partner_operator.engine.ports import CredentialsProblem
from partner_operator.kube.client import Connection
from partner_operator.kube.secrets import read_credentials
from partner_operator.trust.reasons import Reason
from support.trust.worlds import server

GOOD = {"username": b"LITWAREINC\\admin", "password": b"p\xc3\xa4ss word"}


class Cluster:
    """A cluster with one Secret."""

    def __init__(self, data: dict[str, bytes]) -> None:
        self.data = {key: base64.b64encode(value).decode() for key, value in data.items()}

    async def get(self, path: str) -> dict[str, Any]:
        """Whatever is asked for is that Secret."""
        return {"data": self.data}


async def read(data: dict[str, bytes]) -> Any:
    return await read_credentials(cast(Connection, Cluster(data)), server())


HIDDEN = {
    "byte order mark": "\ufeff",
    "next line": "\u0085",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "left-to-right mark": "\u200e",
    "soft hyphen": "\u00ad",
    "Hangul filler": "\u3164",
    "line feed": "\n",
    "carriage return": "\r\n",
    "tab": "\t",
    "NUL": "\0",
    "C1": "\x9b",
}
AT_THE_ENDS = {
    "no-break space": "\u00a0",
    "narrow no-break space": "\u202f",
    "ideographic space": "\u3000",
    "figure space": "\u2007",
    "joiner": "\u200d",
    "non-joiner": "\u200c",
}
CASES = [
    *((name, shape) for name in HIDDEN for shape in ("{0}planted", "planted{0}", "plan{0}ted")),
    *((name, shape) for name in AT_THE_ENDS for shape in ("{0}planted", "planted{0}")),
]


@pytest.mark.parametrize("key", ["username", "password"])
@pytest.mark.parametrize(("name", "shape"), CASES)
async def test_an_invisible_character_is_refused_with_its_key(
    name: str, shape: str, key: str
) -> None:
    value = shape.format((HIDDEN | AT_THE_ENDS)[name])
    with pytest.raises(CredentialsProblem) as caught:
        await read({**GOOD, key: value.encode()})
    problem = caught.value.obstacle
    assert problem.reason is Reason.CREDENTIALS_INVALID
    assert f"key {key} in Secret" in problem.message
    assert "plan" not in problem.message.replace("plain", "")
    assert "ted" not in problem.message
    assert problem.message.isprintable()


@pytest.mark.parametrize(
    "value",
    [
        "päss word",
        " blanks ",
        "a\u00a0b",
        "می\u200cخواهم",
        "👩\u200d💻",
        "\\\"'$%&/()=?´`~",
        "日本語",
    ],
)
async def test_what_people_can_type_is_left_alone(value: str) -> None:
    credentials = await read({**GOOD, "password": value.encode()})
    assert credentials.password == value


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
async def test_text_in_another_encoding_is_refused(encoding: str) -> None:
    """Windows PowerShell's > writes UTF-16."""
    with pytest.raises(CredentialsProblem) as caught:
        await read({**GOOD, "password": "plänted".encode(encoding)})
    assert caught.value.obstacle.reason is Reason.CREDENTIALS_INVALID
    assert "nted" not in caught.value.obstacle.message
