"""C43: tokens as people paste them are read all the same, or a sentence says what is missing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from urllib.parse import quote

import pytest

from partner_operator.oauth.metadata import parse_metadata
from partner_operator.oauth.tokens import Finding, explain
from support.oauth.samples import NOW, actor_token, body, document, user_token

Paste = Callable[[str], str]
ACTOR = actor_token()
USER = user_token(ACTOR)


def explained(text: str) -> tuple[Finding, ...]:
    return explain(
        text,
        documents=[parse_metadata(body(document()))],
        host="autodiscover.litwareinc.com",
        realm="litwareinc.com",
        now=NOW,
    )


def wrapped(width: int, end: str = "\n", start: str = "") -> Paste:
    return lambda token: end.join(start + line for line in textwrap.wrap(token, width))


PASTES: dict[str, Paste] = {
    "bearer": lambda token: f"Bearer {token}",
    "small bearer": lambda token: f"bearer {token}",
    "header": lambda token: f"Authorization: Bearer {token}",
    "small header": lambda token: f"authorization: bearer {token}\r\n",
    "capitals": lambda token: f"AUTHORIZATION: BEARER {token}",
    "curl -v": lambda token: f"> Authorization: Bearer {token}\r\n> Accept: */*\r\n>\r\n",
    "whole request": lambda token: (
        f"GET /ews HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n\r\n"
    ),
    "curl -H": lambda token: f"'Authorization: Bearer {token}'",
    "JSON": lambda token: f'"Authorization": "Bearer {token}",',
    "100 columns": wrapped(100),
    "80 columns of Windows": wrapped(80, "\r\n"),
    "folded header": lambda token: "Authorization: Bearer " + wrapped(70, "\r\n\t")(token),
    "quoted mail": wrapped(72, "\n", "> "),
    "shell": wrapped(80, "\\\n"),
    "double quotes": lambda token: f'"{token}"',
    "single quotes": lambda token: f"'{token}'",
    "typographic quotes": lambda token: f"\u201e{token}\u201c",
    "byte order mark": lambda token: f"\ufeff{token}",
    "byte order mark and header": lambda token: f"\ufeffAuthorization: Bearer {token}",
    "blanks": lambda token: f"  \t{token} \n\n",
    "no-break blank": lambda token: f"Bearer\u00a0{token}\u00a0",
    "zero width": lambda token: f"\u200b{token}\u200b",
    "URL-encoded": lambda token: quote(f"Bearer {token}", safe=""),
    "URL-encoded dots": lambda token: token.replace(".", "%2E"),
    "URL-encoded small": lambda token: token.replace(".", "%2e"),
    "comma": lambda token: f"{token},",
}


@pytest.mark.parametrize("token", [ACTOR, USER], ids=["actor", "user"])
@pytest.mark.parametrize("paste", PASTES)
def test_a_token_as_it_was_pasted_is_explained_like_the_token_itself(
    paste: str, token: str
) -> None:
    found = explained(PASTES[paste](token))
    assert found == explained(token)
    assert all(finding.holds for finding in found), found


@pytest.mark.parametrize("paste", PASTES)
def test_the_last_dot_of_an_unsigned_token_may_be_lost(paste: str) -> None:
    assert USER.endswith(".")
    assert explained(PASTES[paste](USER[:-1])) == explained(USER)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ACTOR.rpartition(".")[0], "no signature"),
        (ACTOR.rpartition(".")[0] + ".", "signature"),
        (ACTOR.lower(), "small letters"),
        (f"Authorization: Bearer {USER}".lower(), "small letters"),
        (ACTOR[:300] + "...", "shortened"),
        (ACTOR[:300] + "\u2026", "shortened"),
        ("", "no token"),
        (" \r\n", "no token"),
        ("Authorization: Bearer ", "no token"),
        ("Authorization: Bearer", "no token"),
        (ACTOR.split(".")[0], "1 part where a JWT has 3"),
        (f"{ACTOR}.{ACTOR}", "6 parts"),
        ("x" * 10_000_000, "longer"),
        ("eyJ" * 25_000, "longer"),
        ("%" * 1000, "This is no token"),
        ("\ud800.\ud800.\ud800", "This is no token"),
        ("hello", "This is no token"),
        ("Hello", "This is no token"),
        ("This is not a token.", "This is no token"),
        ("eyeball", "This is no token"),
        ("x.y.z", "This is no token"),
        ("Hello.World.Foo", "This is no token"),
        ('{"error": "invalid_token"}', "This is no token"),
        ("<html><body>log on</body></html>", "This is no token"),
        ("Authorization: Negotiate YIIabc", "This is no token"),
        ("GET /ews HTTP/1.1\r\nHost: mail.litwareinc.com\r\n\r\n", "This is no token"),
        (ACTOR[5:], "its beginning is missing"),
    ],
    ids=lambda value: value if len(value) < 30 and value.isprintable() else "text",
)
def test_what_is_missing_is_said(text: str, words: str) -> None:
    found = explained(text)
    assert [finding.holds for finding in found if words in finding.message] == [False], found


def test_the_token_inside_is_taken_as_it_is() -> None:
    """No server strips anything from an actor token, so a blank in it is a fault to be named."""
    [found] = explained(user_token(f"Bearer {ACTOR}"))
    assert (found.rule, found.holds) == ("readable", False)
