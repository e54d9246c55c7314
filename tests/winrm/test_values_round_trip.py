"""Values of every kind through a real PowerShell, there and back: unchanged, and nothing is executed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partner_operator.winrm import Answer, ProtocolViolation, framing
from support.winrm.frames import read_request
from support.winrm.shell import run_bootstrap, run_script

SINGLE = "'\u2018\u2019\u201a\u201b"
DOUBLE = '"\u201c\u201d\u201e'
DASHES = "-\u2013\u2014\u2015"
"""All that PowerShell's tokenizer takes for a quote or a dash (CharTraits of its source)."""
ADDS_UP = (
    "$sums=foreach($s in $Request.values){$t=0;foreach($c in $s.ToCharArray()){$t=($t*31+[int]$c)%1000003};"
    '"$($s.Length) $t"}; @{values=$Request.values; sums=[object[]]@($sums)}'
)
"""Tells what arrived, apart from what comes back: two mistakes could cancel out."""


def joined(text: str) -> str:
    """The same UTF-16, with surrogates that are neighbours joined to one character."""
    return str(json.loads(json.dumps(text)))


def added_up(text: str) -> str:
    """What ADDS_UP says of a text, by UTF-16 code units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    total = 0
    for at in range(0, len(raw), 2):
        total = (total * 31 + int.from_bytes(raw[at : at + 2], "little")) % 1_000_003
    return f"{len(raw) // 2} {total}"


def test_every_code_unit_of_utf16_makes_the_way_there_and_back(
    run_warm: Callable[..., Answer],
) -> None:
    """All 65,536, lone surrogates too, in texts of 300 characters."""
    units = [chr(unit) for unit in range(0x10000)]
    values = [joined("".join(units[at : at + 300])) for at in range(0, len(units), 300)]
    data = run_warm(ADDS_UP, {"values": values}).data
    assert data["values"] == values
    assert data["sums"] == [added_up(value) for value in values]


def attacks(marker: Path) -> list[str]:
    """Texts that would write the file, were they ever taken for PowerShell, for cmd.exe or for a pattern."""
    write = f"$null=New-Item -Force -Path {marker}"
    made = [f"{quote};{write};{quote}" for quote in SINGLE + DOUBLE]
    made += [f"a{quote}){write}#" for quote in SINGLE + DOUBLE]
    made += [f"{dash}Command {write}" for dash in DASHES]
    made += [
        f"$({write})",
        f"`$({write})",
        f'"$({write})"',
        f"@({write})",
        f"@{{a={write}}}",
        f"& {{{write}}}",
        f"; {write}",
        f"\n{write}\n",
        f"\r\n{write}\r\n",
        f"\u2028{write}\u2029",
        f"'@\n{write}\n@'",
        f'"@\n{write}\n@"',
        f"<# #>{write}<#",
        f"#>{write}",
        f"\0{write}",
        f"]PO1\n{write}\nPO1[",
        f">PO1\n{write}\nPO1<",
        f"| Invoke-Expression; {write}",
        f"& echo x > {marker}",
        f"%COMSPEC% /c echo x > {marker}",
        f"$(sh -c 'touch {marker}')",
        f"{{0}}{write}{{1}}",
        f"\\u0027;{write}",
        f"_x0027_;{write}",
        f"&#39;;{write}",
        f"=;{write}",
    ]
    return made


def test_what_looks_like_powershell_is_only_text(tmp_path: Path) -> None:
    """As a parameter, in lists and objects, and as a secret."""
    marker = tmp_path / "ran"
    values = attacks(marker)
    secrets = {f"s{number}": value for number, value in enumerate(values)}
    script = f"$texts=[object[]]@($Secrets.Values); {ADDS_UP} | ForEach-Object {{ $_.secrets=$texts; $_ }}"
    data = run_script(script, {"values": values, "again": {"in": [[values]]}}, secrets).data
    assert data["values"] == values
    assert data["sums"] == [added_up(value) for value in values]
    assert sorted(data["secrets"]) == sorted(values)
    assert not marker.exists()


@pytest.mark.parametrize("quote", [SINGLE[0], SINGLE[2], DOUBLE[0], DOUBLE[1]])
def test_the_attacks_work_where_texts_are_spliced(tmp_path: Path, quote: str) -> None:
    """Else the test above would prove nothing."""
    marker = tmp_path / "ran"
    [attack] = [text for text in attacks(marker) if text.startswith(f"{quote};")]
    run_script(f"$null=&{{$x={quote}{attack}{quote}}}; @{{}}")
    assert marker.exists()


KINDS: dict[str, Any] = {
    "iso date": "2026-09-07T09:44:13.769Z",
    "iso date with zone": "2026-09-07T09:44:13.7690000+08:00",
    "day": "2026-11-25",
    "old date": "/Date(1599499453769)/",
    "old date with zone": "\\/Date(1599499453769-0800)\\/",
    "german date": "25.11.2026 12:00:00",
    "time": "12:30",
    "flattened": "@{a=1}",
    "array": "System.Object[]",
    "table": "System.Collections.Hashtable",
    "numbers": ["1", "1e5", "0x10", "NaN", "Infinity", "1,5", "-0"],
    "words": ["True", "$true", "null", "$null", "", " ", "\t"],
    "marks": ["=", "==", "PO1!", "PO1[", "]PO1", "PO1?ConstrainedLanguage"],
    "escapes": ["\\", "\\\\", "\\n", "\\u0041", "\\ud83d", "\\x41", "\\c", "$1", "${0}", "\\"],
    "cjk": "\u8a31\u529f\u84cb\u9910 \u30bd\u80fd\u5341 \ud55c\uad6d\uc5b4",
    "rtl": "\u202e\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "combining": "e\u0301 \u00e9 \u0130i\u0131I \u00df\u1e9e",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600",
    "lone high": "a\ud83d",
    "lone low": "\ude00a",
    "swapped": "\ude00\ud83d",
    "bom": "\ufeffa\ufeff",
    "long": "\u00e4" * 300,
    "none": [],
    "one": ["a"],
    "many": ["a", "b", "c"],
    "none in one": [[]],
    "one in one in one": [[["a"]]],
    "nulls": [None, None],
    "one null": [None],
    "null": None,
    "one object": [{"a": 1}],
    "empty objects": [{}, {}],
    "one empty object": [{}],
    "object of lists": {"none": [], "one": [1], "many": [1, 2], "null": None, "deep": {"one": [[]]}},
    "wrapped": {"value": ["a"], "Count": 1},
    "wrapped alone": [{"value": [], "Count": 0}],
    "members": {"Length": 1, "Keys": 2, "Values": [3], "Item": 4, "SyncRoot": 5, "Name": 6, "Key": 7},
    "bounds": [2**31 - 1, -(2**31), 0, -1],
    "yes and no": [True, False],
}  # fmt: skip


def test_values_of_every_kind_come_back_unchanged(run_warm: Callable[..., Answer]) -> None:
    """Alone, in a list and in an object. A wrapped list is sent as what it is, and refused on its way back."""
    plain = {name: value for name, value in KINDS.items() if not name.startswith("wrapped")}
    values = [
        value for kind in plain.values() for value in (kind, [kind], {"a": kind}, [[kind, 1]])
    ]
    assert run_warm("@{values=$Request.values}", {"values": values}).data == {"values": values}


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("wrapped")])
def test_an_object_that_looks_like_a_wrapped_list_is_refused_on_its_way_back(
    name: str, run_warm: Callable[..., Answer]
) -> None:
    """C11: nobody can tell it from what Windows PowerShell makes of a list."""
    with pytest.raises(ProtocolViolation, match="wrapped list"):
        run_warm("@{value=$Request.value; other=1}", {"value": KINDS[name]})


def test_the_far_side_makes_the_same_values_of_its_own(run_warm: Callable[..., Answer]) -> None:
    """Made by PowerShell, not echoed: lists of 0, 1 and n keep their form, texts their characters."""
    script = (
        "$l=New-Object Collections.ArrayList; $null=$l.Add('a'); "
        "@{none=@(); one=@('a'); many='a','b'; list=$l; none2=New-Object Collections.ArrayList; "
        "nested=@(,@(,@('a'))); nulls=@($null); null=$null; yes=$true; number=7; "
        "quotes=[string][char]0x2018+[char]0x2019+[char]39+[char]34+[char]0x201c; lone=[string][char]0xd83d; "
        "pair=[string][char]0xd83d+[char]0xde00; cjk=[string][char]0x8a31; zero=[string][char]0; "
        "date='2026-09-07T09:44:13.769Z'; old='/Date(0)/'; empty=''; object=@{a=@{}}; "
        "ordered=[ordered]@{b=1;a=2}; custom=[pscustomobject]@{x=@(1)}}"
    )
    assert run_warm(script).data == {
        "none": [],
        "one": ["a"],
        "many": ["a", "b"],
        "list": ["a"],
        "none2": [],
        "nested": [[["a"]]],
        "nulls": [None],
        "null": None,
        "yes": True,
        "number": 7,
        "quotes": "\u2018\u2019'\"\u201c",
        "lone": "\ud83d",
        "pair": "\U0001f600",
        "cjk": "\u8a31",
        "zero": "\0",
        "date": "2026-09-07T09:44:13.769Z",
        "old": "/Date(0)/",
        "empty": "",
        "object": {"a": {}},
        "ordered": {"b": 1, "a": 2},
        "custom": {"x": [1]},
    }


def answered(stdout: bytes) -> dict[str, Any]:
    """The document of the one frame in an output."""
    [found] = re.findall(rb"PO1\[\d+:[0-9a-f]{64}:([A-Za-z0-9+/=]+)\]PO1", stdout)
    document = json.loads(base64.b64decode(found))
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize(
    ("script", "why"),
    [("@{}", "Answer"), ("throw 'x'", "Script"), ("1,2", "Answer"), ("if (", "Prepare")],
)
def test_the_bootstrap_says_which_request_it_answers(script: str, why: str) -> None:
    """In every answer, also in one that tells of a failure."""
    line = framing.request_line(script, {"a": 1}, {}, 0)
    document = answered(run_bootstrap(line).stdout)
    assert (document["to"], document["why"]) == (framing.request_digest(line), why)
    assert len(str(read_request(line)["id"])) == 32


@pytest.mark.parametrize("stdin", [b"", b"\r\n", b"PO1<", b"PO1<4:xyz:e30=>PO1"])
def test_the_bootstrap_answers_to_nobody_where_it_read_no_request(stdin: bytes) -> None:
    """And says that nothing was run."""
    document = answered(run_bootstrap(stdin).stdout)
    assert (document["to"], document["why"], document["ok"]) == ("", "Damaged", False)
