"""C39: what nobody sees in a user name or password is refused before anybody logs on with it."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from partner_operator.engine.ports import CredentialsProblem
from partner_operator.kube.client import Connection
from partner_operator.kube.digests import Digests
from partner_operator.kube.secrets import read_credentials
from partner_operator.trust.reasons import Reason
from support.trust.worlds import server

GOOD = {
    "username": b"LITWAREINC\\admin",
    "password": b"p\xc3\xa4ss word",
    "hosts": b"*.litwareinc.com",
}
LOGON = "partner-operator.io/logon"


class Cluster:
    """A cluster with one Secret."""

    def __init__(self, data: dict[str, bytes], kind: str = LOGON) -> None:
        self.kind = kind
        self.data = {key: base64.b64encode(value).decode() for key, value in data.items()}

    async def get(self, path: str) -> dict[str, Any]:
        """Whatever is asked for is that Secret."""
        return {"type": self.kind, "data": self.data}


async def read(data: dict[str, bytes], kind: str = LOGON) -> Any:
    declared = server(credentials_secret="exchange-admin")
    return await read_credentials(cast(Connection, Cluster(data, kind)), declared, Digests())


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


@pytest.mark.parametrize(
    ("written", "hosts"),
    [
        ("a.contoso.com", ("a.contoso.com",)),
        ("a.contoso.com,*.b.contoso.com", ("a.contoso.com", "*.b.contoso.com")),
        (" a.contoso.com ,\n b.contoso.com\r\n", ("a.contoso.com", "b.contoso.com")),
        ("a.contoso.com\tb.contoso.com c.de", ("a.contoso.com", "b.contoso.com", "c.de")),
    ],
)
async def test_hosts_are_separated_as_people_write_them(
    written: str, hosts: tuple[str, ...]
) -> None:
    assert (await read({**GOOD, "hosts": written.encode()})).hosts == hosts


@pytest.mark.parametrize("empty", [None, "", " \n", ",", ", ,\n"])
async def test_without_hosts_the_password_is_sent_nowhere_and_it_is_told(empty: str | None) -> None:
    data = {**GOOD, "hosts": (empty or "").encode()}
    if empty is None:
        del data["hosts"]
    with pytest.raises(CredentialsProblem) as caught:
        await read(data)
    assert caught.value.obstacle.reason is Reason.HOST_NOT_ALLOWED
    fault = "is missing" if empty is None else "is empty"
    assert f"The key hosts of Secret exchange-admin {fault}" in caught.value.obstacle.message
    assert (
        "kubectl patch secret exchange-admin --namespace=trust --type=merge "
        """-p '{"stringData": {"hosts": "ex1.litwareinc.com,ex2.litwareinc.com"}}'"""
    ) in caught.value.obstacle.message


@pytest.mark.parametrize(
    "bad",
    ["*", "*.com", "*.*.contoso.com", "A.contoso.com", "a.contoso.com.", "fe80::1", "a.b:5986"],
)
async def test_one_bad_word_allows_nothing_and_is_not_repeated(bad: str) -> None:
    """Whoever mixes up the keys writes a password there."""
    with pytest.raises(CredentialsProblem) as caught:
        await read({**GOOD, "hosts": f"ex1.litwareinc.com,{bad}".encode()})
    assert caught.value.obstacle.reason is Reason.HOST_NOT_ALLOWED
    assert "Word 2 of the key hosts of Secret exchange-admin" in caught.value.obstacle.message
    assert f" {bad} " not in caught.value.obstacle.message


@pytest.mark.parametrize(
    "kind",
    ["Opaque", "", "kubernetes.io/basic-auth", "kubernetes.io/tls", "partner-operator.io/logon2"],
)
async def test_no_secret_of_another_type_is_a_logon(kind: str) -> None:
    """Whatever keys it has: it is another team's, and its owner never said that it may be sent anywhere."""
    with pytest.raises(CredentialsProblem) as caught:
        await read(GOOD, kind)
    problem = caught.value.obstacle
    assert problem.reason is Reason.CREDENTIALS_INVALID
    assert "A type cannot be changed: make a new Secret" in problem.message
    assert (
        "kubectl create secret generic exchange-admin-logon --namespace=trust --type=partner-operator.io/logon "
        "--from-literal=hosts=ex1.litwareinc.com,ex2.litwareinc.com --from-literal=username='DOMAIN\\user' "
        "--from-file=password="
    ) in problem.message
