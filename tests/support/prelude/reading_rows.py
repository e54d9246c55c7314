"""Rows for ConvertFrom-Json (docs/powershell-traps.md#json)."""

from __future__ import annotations

from support.prelude.rows import NULL, V3_0, V4_0, Row


def _type(json: str) -> str:
    return f"$r = '{json}' | ConvertFrom-Json; $v = $r.a; $v.GetType().Name; \"$v\""


READING = (
    Row("a small integer", _type('{"a":1}'), "Int32|1", "Int64|1"),
    Row(
        "an integer beyond Int64",
        _type('{"a":9223372036854775808}'),
        "Decimal|9223372036854775808",
        "BigInteger|9223372036854775808",
    ),
    Row(
        "an integer beyond Decimal",
        _type('{"a":100000000000000000000000000000}'),
        "Double|1E+29",
        "BigInteger|100000000000000000000000000000",
    ),
    Row("a fraction", _type('{"a":1.50}'), "Decimal|1.50", "Double|1.5"),
    Row(
        "what looks like a time stays text",
        '$r = \'{"a":"2020-01-02T03:04:05Z","b":["2020-01-02T03:04:05Z"]}\' | ConvertFrom-Json;'
        ' $r.a.GetType().Name; $r.b[0].GetType().Name; "$($r.a)"',
        "String|String|2020-01-02T03:04:05Z",
        "DateTime|DateTime|01/02/2020 03:04:05",
    ),
    Row(
        "a time without its backslashes stays text",
        _type('{"a":"/Date(0)/"}'),
        "String|/Date(0)/",
        "DateTime|01/01/1970 00:00:00",
    ),
    Row(
        "an array at the top is one object",
        "@('[1,2]' | ConvertFrom-Json).Count;"
        ' @(\'[{"a":1},{"a":2}]\' | ConvertFrom-Json | Where-Object { $_.a -eq 2 })[0].Count',
        "1|2",
        "2|1",
    ),
    Row("an empty array at the top", "@('[]' | ConvertFrom-Json).Count", "1", "0"),
    Row(
        "keys that differ by case",
        '\'{"a":1,"A":2}\' | ConvertFrom-Json',
        "!DuplicateKeysInJsonString",
        "!KeysWithDifferentCasingInJsonString",
    ),
    Row("an empty key", "'{\"\":1}' | ConvertFrom-Json", "!Argument", "!EmptyKeyInJsonString"),
    Row(
        "comments",
        "('{/*c*/\"a\":1}' | ConvertFrom-Json).a",
        "!System.ArgumentException",
        "1",
    ),
    Row(
        "a trailing comma in an object",
        "('{\"a\":1,}' | ConvertFrom-Json).a",
        "!System.ArgumentException",
        "1",
    ),
    Row(
        "a trailing comma in an array",
        "('{\"a\":[1,]}' | ConvertFrom-Json).a",
        "!System.ArgumentException",
        "1",
    ),
    Row(
        "not a number",
        "('{\"a\":NaN}' | ConvertFrom-Json).a",
        "!System.ArgumentException",
        "NaN",
    ),
    Row(
        "hexadecimal numbers",
        "('{\"a\":0x10}' | ConvertFrom-Json).a",
        "!System.ArgumentException",
        "16",
    ),
    Row("a plus sign", "'+1' | ConvertFrom-Json", "1", "!System.ArgumentException"),
    Row(
        "depth",
        "('{\"a\":' * 110 + '1' + '}' * 110 | ConvertFrom-Json).a.a -ne $null",
        "!System.ArgumentException",
        "True",
    ),
    Row(
        "length is limited",
        "('\"' + 'x' * 2097151 + '\"' | ConvertFrom-Json).Length",
        "!System.ArgumentException",
        "2097151",
        (V3_0, V4_0),
    ),
    *(
        Row(
            f"no {parameter}",
            f"$null = '{{}}' | ConvertFrom-Json {parameter}; 'accepted'",
            "!NamedParameterNotFound",
            "accepted",
        )
        for parameter in ("-AsHashtable", "-Depth 5", "-NoEnumerate", "-DateKind Utc")
    ),
)

READ_ALIKE = {
    "half a surrogate pair is replaced": (
        '$t = (\'{"a":"\\ud800x\\ud834\\udd1e"}\' | ConvertFrom-Json).a; [int]$t[0]; $t.Length',
        "65533|4",
    ),
    "no text at all": ("ConvertFrom-Json ''", NULL),
    "length is limited to what 3.0 takes": (
        "('\"' + 'x' * 2097150 + '\"' | ConvertFrom-Json).Length",
        "2097150",
    ),
    "an integer beyond Int32": (_type('{"a":3000000000}'), "Int64|3000000000"),
    "a power": (_type('{"a":1e3}'), "Double|1000"),
    "a time of .NET": (
        '$v = (\'{"a":"\\/Date(0)\\/"}\' | ConvertFrom-Json).a; $v.GetType().Name; "$($v.Kind)";'
        " $v.Ticks",
        "DateTime|Utc|621355968000000000",
    ),
    "of two keys the last one": ('(\'{"a":1,"a":2}\' | ConvertFrom-Json).a', "2"),
    "the order of keys": (
        '((\'{"b":1,"a":2,"c":3}\' | ConvertFrom-Json).PSObject.Properties | ForEach-Object { $_.Name }) -join \'\'',
        "bac",
    ),
    "quotes of the other kind": ("('{''a'':''b''}' | ConvertFrom-Json).a", "b"),
    "bare keys": ("('{a:1}' | ConvertFrom-Json).a", "1"),
    "leading zeros": ("('{\"a\":01}' | ConvertFrom-Json).a", "1"),
    "a capital True": ("'True' | ConvertFrom-Json", "!System.ArgumentException"),
    "garbage": ("'{]' | ConvertFrom-Json", "!System.ArgumentException"),
    "half a document": ("'{\"a\":' | ConvertFrom-Json", "!System.ArgumentException"),
    "a byte order mark": (
        "([char]0xfeff + '{}') | ConvertFrom-Json",
        "!System.ArgumentException",
    ),
    "lines that are one document": ("('{', '\"a\":1', '}' | ConvertFrom-Json).a", "1"),
    "lines that are documents": ("('{\"a\":1}', '{\"a\":2}' | ConvertFrom-Json).a", "1|2"),
    "escapes": (
        '$t = (\'{"a":"\\u0041\\n\\\\\\"\\/"}\' | ConvertFrom-Json).a; "$t"',
        'A\n\\"/',
    ),
    "nothing, yes and no": (
        '$r = \'{"a":null,"b":true,"c":false}\' | ConvertFrom-Json; $null -eq $r.a; $r.b; $r.c',
        "True|True|False",
    ),
    "nested lists": (
        "$r = '{\"a\":[[1],[]]}' | ConvertFrom-Json; $r.a.Count; $r.a[0].Count; $r.a[1].Count",
        "2|1|0",
    ),
}
"""What both do, so that the prelude may not do otherwise."""
