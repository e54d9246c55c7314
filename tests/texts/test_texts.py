"""Texts from outside: what hides is shown, what moves is left out, and the sentence stays."""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.texts import LONGEST, hidden_in, in_all, said, shown, well_formed

POISON = "\x00\x07\x1b\x7f\x85\x9b\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\ud800\udfff\U000e0041"
"""One of each kind that drives a terminal, hides, turns text around, breaks a line, or is no text."""


@pytest.mark.parametrize("character", POISON)
def test_what_nobody_would_see_is_written_out(character: str) -> None:
    assert shown(f"a{character}b") == "a" + character.encode("unicode_escape").decode() + "b"


def test_a_second_line_cannot_be_forged() -> None:
    assert shown("wrong\r\nok  issuer: fine") == r"wrong\r\nok  issuer: fine"


@pytest.mark.parametrize(
    "text", ["DOMAIN\\user", "Ünïcode 日本語 العربية", "می\u200cخواهم", "👩\u200d💻", "café à 5"]
)
def test_what_people_can_read_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


@given(st.text(st.characters()))
def test_any_text_becomes_one_line_that_can_be_sent_and_is_not_changed_again(text: str) -> None:
    made = shown(text)
    made.encode()
    bad = {"Cc", "Cs", "Zl", "Zp", "Cf"}
    assert all(unicodedata.category(c) not in bad or c in "\u200c\u200d" for c in made)
    assert shown(made) == made
    assert said(said(text)) == said(text)
    well_formed(text).encode()


def test_all_texts_of_plain_data_are_changed_and_nothing_else() -> None:
    data = {"a\x1b": ["\x07", 1, None, True], "b": {"c": "\ud800"}}
    assert in_all(data, shown) == {r"a\x1b": [r"\x07", 1, None, True], "b": {"c": r"\ud800"}}


def times(moment: datetime) -> list[str]:
    """One instant as hosts of several languages write it."""
    hour = moment.hour % 12 or 12
    half = moment.hour >= 12
    clock = f"{moment:%H:%M:%S}"
    return [
        f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {'PM' if half else 'AM'}",
        f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M} {'PM' if half else 'AM'}",
        f"{moment:%d.%m.%Y} {clock}",
        f"{moment:%d.%m.%Y} {moment:%H.%M.%S}",
        f"{moment.day}. {moment.month}. {moment.year} {clock}",
        f"{moment:%Y/%m/%d} {clock}",
        f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}1Z",
        f"{moment:%Y-%m-%d %H:%M:%S}+01:00",
        f"{moment:%Y/%m/%d} {'下午' if half else '上午'} {hour:02d}:{moment:%M:%S}",
        f"{moment.year}년 {moment.month}월 {moment.day}일 {'오후' if half else '오전'} {hour}:{moment:%M:%S}",
        f"{moment:%a, %d %b %Y %H:%M:%S} GMT",
        clock,
    ]


MOMENTS = st.datetimes(datetime(2013, 1, 1), datetime(2036, 1, 1))
GUIDS = st.uuids(version=4)
SENTENCES = st.sampled_from(
    [
        "The user isn't assigned to any management roles.",
        "Der Benutzer ist keiner Rolle zugewiesen.",
        "ユーザーに管理役割が割り当てられていません。",
        "المستخدم غير معين لأي أدوار إدارية.",
        "Пользователю не назначены роли управления.",
    ]
)
SHAPES = st.sampled_from(
    [
        "{group} {said}",
        "{group}[FailureCategory=AuthZ-X] {said}",
        "{said} {group}",
        "{said} (ShellId {guid}, {time})",
        "{said} ShellId: {GUID}",
        "{said} ShellId {short}.",
        "{said} RequestId={short}; {time}",
        "{said} {{{guid}}} request-id: {short}",
        "{said} ActivityId: {hex}. {time}",
        "{time}: {said} x-ms-request-id={guid}",
        "{said} {ticks}",
        "{said} eyJhbGciOiJub25lIn0.{hex}.",
    ]
)


@st.composite
def groups(draw: st.DrawFn) -> tuple[list[int], bool, bool]:
    """Order, letter case and blanks of the parts of a group."""
    return draw(st.permutations(range(4))), draw(st.booleans()), draw(st.booleans())


def written(
    shape: str,
    sentence: str,
    look: tuple[list[int], bool, bool],
    guid: uuid.UUID,
    moment: datetime,
    form: int,
) -> str:
    order, lower, spaced = look
    time = times(moment)[form]
    server = f"EX{guid.int % 90 + 10}"
    parts = [
        f"ClientAccessServer={server}",
        f"BackEndServer={server.lower()}.litwareinc.com",
        f"RequestId={guid}",
        f"TimeStamp={time}",
    ]
    equals, comma = (" = ", " , ") if spaced else ("=", ",")
    group = "[" + comma.join(parts[place] for place in order).replace("=", equals) + "]"
    return shape.format(
        group=group.lower() if lower else group,
        said=sentence,
        guid=guid,
        GUID=str(guid).upper(),
        hex=guid.hex,
        short=guid.hex[:8],
        time=time,
        ticks=621355968000000000 + guid.int % 10**17,
    )


@given(SHAPES, SENTENCES, groups(), st.integers(0, 11), GUIDS, GUIDS, MOMENTS, MOMENTS)
def test_two_attempts_that_differ_in_ids_and_times_give_one_message(
    shape: str,
    sentence: str,
    look: tuple[list[int], bool, bool],
    form: int,
    one: uuid.UUID,
    other: uuid.UUID,
    then: datetime,
    later: datetime,
) -> None:
    first = said(written(shape, sentence, look, one, then, form))
    again = said(written(shape, sentence, look, other, later, form))
    assert first == again
    assert sentence in first
    assert not re.search(r"\d{2}:\d{2}|[0-9a-f]{8}", first)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            "[ClientAccessServer=EX1,BackEndServer=ex1.l.com,RequestId=x,TimeStamp=1/1/2026 1:00:00 AM] "
            "[AuthZRequestId=y][FailureCategory=AuthZ-AuthorizationException] No.",
            "[AuthZ-AuthorizationException] No.",
        ),
        ("[Server=EX1,RequestId=0a,TimeStamp=1.1.2026 1:00:00] No.", "No."),
        ("[RequestId=0a,FailureCategory=Cmdlet-X] No.", "[Cmdlet-X] No."),
        ("cut off [Server=EX1,RequestId=0a,Time", "cut off"),
    ],
)
def test_of_exchanges_groups_only_the_kind_of_failure_stays(told: str, kept: str) -> None:
    assert said(told) == kept


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.10:25 or [fe80::1:20:30]:443 of ex1.litwareinc.com:5986, 00:15:5D:01:02:03",
        "Version 15.02.1118.007 answers HTTP 401, fault 2150858843, 0x80070005",
        "00000004-0000-0ff1-ce00-000000000000@litwareinc.com is disabled",
        "Certificate A94A8FE5CCB19BA61C4C0873D391E987982FBBD3 expired on 25.11.2026.",
        "ShellId is not known. [Mailbox Database 5] is [dismounted]",
    ],
)
def test_what_does_not_move_stays(text: str) -> None:
    assert said(text) == text


def test_a_text_of_ids_only_still_tells_that_something_was_said() -> None:
    assert said("[RequestId=1,TimeStamp=2]") == "(id)"
    assert said(" \r\n ") == ""


@pytest.mark.parametrize("piece", ["[", "[RequestId=", "1:00", "eyJ", "1.1.", "0" * 8 + "-", "a-"])
def test_no_text_takes_long(piece: str) -> None:
    """Megabytes of any beginning are read in linear time, and only as far as a message needs them."""
    said(piece * (4 * LONGEST), 300)


@pytest.mark.parametrize("character", [*POISON, "\u00ad", "\u3164", "\n", "\u061c"])
@pytest.mark.parametrize("shape", ["{}secret", "secret{}", "sec{}ret"])
def test_what_hides_in_a_name_is_found_anywhere(character: str, shape: str) -> None:
    assert hidden_in(shape.format(character)) == character


def test_blanks_count_at_the_ends_and_joiners_between_letters_do_not() -> None:
    assert hidden_in("\u00a0secret") == "\u00a0"
    assert hidden_in("secret\u3000") == "\u3000"
    assert hidden_in("\u200csecret") == "\u200c"
    assert hidden_in("sec\u00a0ret می\u200cخواهم 👩\u200d💻") is None
    assert hidden_in(" plain blanks are somebody's choice ") is None
