"""Rules on values: comparisons, lists, dates and numbers that mean the same in every engine and culture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from support.scripts.facts import Facts
from support.scripts.oracle import product_cmdlets, words

COMPARISONS = words(
    "ieq ine ceq cne icontains inotcontains ccontains cnotcontains iin inotin cin cnotin"
)
MATCHES = words("imatch inotmatch ilike inotlike ireplace isplit")
JUDGING = COMPARISONS | MATCHES | words("cmatch cnotmatch clike cnotlike creplace csplit")
_PLAIN = re.compile(
    r"""\$(null|true|false)|@\(('[\x20-\x7e]*'(,\s*)?)+\)|-?\d+|\(?\$\w+\.(Count|Length)( [-+] 1)?\)?|\(hx \$b\)""",
    re.I,
)
"""Operands that are no words of a server: constants, lists of constants, numbers, our own digest."""
_HEXADECIMAL = re.compile(r"[^{}]*\{0:x\d*\}[^{}]*", re.I)
_WARNED_BY = {".Message", ".FriendlyName", ".ErrorDetails"}
_NEW_LIST = re.compile(r"New-Object (System\.)?Collections\.ArrayList$")
VOID = words("abort close write appendchar makereadonly stop releasemutex flush clear")
"""Methods that return nothing, so that a statement of theirs adds nothing to the answer."""


def _plain(side: dict[str, Any]) -> bool:
    text = str(side["text"])
    return (
        side["constant"] is not None
        or (side["cast"] or "").lower() in ("int", "bool")
        or _PLAIN.fullmatch(text) is not None
    )


def comparisons_ordinal(facts: Facts) -> Iterator[str]:
    """`-eq` and its kin compare as a language does; two unknown texts go by `[string]::Equals`."""
    for binary in facts.all("binaries"):
        if binary["operator"].lower() in COMPARISONS and not (
            _plain(binary["left"]) or _plain(binary["right"])
        ):
            yield f"line {binary['line']}: {binary['left']['text']} against {binary['right']['text']}"


def matches_exact(facts: Facts) -> Iterator[str]:
    """`-match`, `-like`, `-replace` ignore case by the session's culture; with `c` in front they do not."""
    for binary in facts.all("binaries"):
        if binary["operator"].lower() in MATCHES and re.search(
            r"[A-Za-z$]", binary["right"]["text"]
        ):
            yield f"line {binary['line']}: {binary['operator']} {binary['right']['text']}"


def enumerations_read_as_text(facts: Facts) -> Iterator[str]:
    """A member of an object against a word: a deserialised enumeration is a number and never equal."""
    for binary in facts.all("binaries"):
        if binary["operator"].lower() not in COMPARISONS:
            continue
        for side, other in (("left", "right"), ("right", "left")):
            if binary[side]["ast"] == "MemberExpressionAst" and (
                binary[other]["ast"] == "StringConstantExpressionAst" and binary[other]["constant"]
            ):
                yield f"line {binary['line']}: {binary[side]['text']} is perhaps an enumeration"


def words_not_judged(facts: Facts) -> Iterator[str]:
    """No decision on a sentence: it is localised and changes with the engine."""
    for binary in facts.all("binaries"):
        if binary["operator"].lower() in JUDGING:
            for side in ("left", "right"):
                if any(binary[side]["text"].endswith(word) for word in _WARNED_BY):
                    yield f"line {binary['line']}: a decision on {binary[side]['text']}"


def counts_of_lists(facts: Facts) -> Iterator[str]:
    """`.Count` only of `@(...)`, or of a variable that is never anything but a list."""
    lists: dict[str, bool] = {}
    for assignment in facts.all("assignments"):
        right = assignment["right"]
        is_list = (
            right["ast"] in ("ArrayExpressionAst", "ArrayLiteralAst")
            or (right["cast"] or "").endswith("[]")
            or _NEW_LIST.match(right["text"]) is not None
        )
        name = assignment["left"].lower()
        lists[name] = lists.get(name, True) and is_list
    for member in facts.all("members"):
        target = member["target"]
        if (member["member"] or "").lower() == "count" and not (
            target.startswith("@(") or lists.get(target.lower(), False)
        ):
            yield f"line {member['line']}: {target}.Count"


def formats_without_culture(facts: Facts) -> Iterator[str]:
    """`-f` writes numbers and dates as the session's culture does; hexadecimal numbers have none."""
    for binary in facts.all("binaries"):
        if binary["operator"] == "Format" and not _HEXADECIMAL.fullmatch(
            binary["left"]["constant"] or "{"
        ):
            yield f"line {binary['line']}: {binary['left']['text']} -f"


def dates_and_fractions_not_cast(facts: Facts) -> Iterator[str]:
    """A text made a date loses its zone, made a fraction its decimal sign."""
    for cast in facts.all("casts"):
        if cast["type"].lower().removeprefix("system.") in (
            "datetime",
            "double",
            "float",
            "single",
            "decimal",
            "datetimeoffset",
            "timespan",
        ):
            yield f"line {cast['line']}: [{cast['type']}]{cast['child']['text']}"


def lists_returned_plainly(facts: Facts) -> Iterator[str]:
    """A list in a list of one nests wherever the caller writes `@(...)`; the bootstrap wants just that."""
    if facts.product and "UnaryComma" in facts.raw["kinds"]:
        yield f"line {facts.raw['kinds']['UnaryComma']}: a comma before a list"


def nothing_slips_into_the_answer(facts: Facts) -> Iterator[str]:
    """What a method or a changing cmdlet returns would stand beside the answer."""
    for member in facts.all("members"):
        returns = member["call"] and (member["member"] or "").lower() not in VOID
        if facts.product and member["bare"] and returns:
            yield f"line {member['line']}: the result of .{member['member']}() is not caught"
    for command in facts.all("commands"):
        name = (command["name"] or "").lower()
        if command["bare"] and name in product_cmdlets() and not name.startswith(("get-", "test-")):
            yield f"line {command['line']}: what {command['name']} returns is not caught"


VALUE_RULES = (
    comparisons_ordinal,
    matches_exact,
    enumerations_read_as_text,
    words_not_judged,
    counts_of_lists,
    formats_without_culture,
    dates_and_fractions_not_cast,
    lists_returned_plainly,
    nothing_slips_into_the_answer,
)
