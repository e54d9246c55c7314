"""Rows for ConvertTo-Json (docs/powershell-traps.md#json)."""

from __future__ import annotations

from support.prelude.rows import NOTHING, V3_0, V4_0, V5_1, Row

WRITING = (
    Row(
        "quote, angle brackets and ampersand are escaped",
        'ConvertTo-Json -Compress "\'<>&"',
        '"\\u0027\\u003c\\u003e\\u0026"',
        '"\'<>&"',
    ),
    Row(
        "a time is milliseconds since 1970",
        "ConvertTo-Json -Compress (New-Object DateTime 2020,1,2,3,4,5,([DateTimeKind]::Utc)).Date",
        '"\\/Date(1577923200000)\\/"',
        '"2020-01-02T00:00:00Z"',
    ),
    Row(
        "a time without a kind counts as local",
        "$d = [DateTime]::SpecifyKind([DateTime]'2020-07-01', 'Unspecified');"
        " $u = [DateTime]::SpecifyKind($d, 'Local').ToUniversalTime();"
        " (ConvertTo-Json -Compress $d.Date) -eq (ConvertTo-Json -Compress $u.AddHours(0));"
        " (ConvertTo-Json -Compress $d.Date) -like '*Date(*'",
        "True|True",
        "False|False",
    ),
    Row(
        "a time with an offset is an instant too",
        "ConvertTo-Json -Compress ([DateTimeOffset]::FromUnixTimeSeconds(5)).AddSeconds(0)",
        '"\\/Date(5000)\\/"',
        '"1970-01-01T00:00:05+00:00"',
    ),
    Row(
        "a time out of a cmdlet shows what the type system adds",
        "$t = Get-Date | ConvertTo-Json -Compress;"
        ' $t -match \'^\\{"value":"\\\\/Date\\(\\d+\\)\\\\/","DisplayHint":2,"DateTime":"\';'
        " $t -match '^\"\\d{4}-'",
        "True|False",
        "False|True",
    ),
    Row(
        "a text with members of its own is an object",
        "'x' | Add-Member y 1 -PassThru | ConvertTo-Json -Compress",
        '{"value":"x","y":1}',
        '"x"',
    ),
    Row(
        "a line of a file is an object",
        "$t = (Get-Content $PROFILE.CurrentUserAllHosts -TotalCount 1 | ConvertTo-Json -Compress);"
        ' $t -match \'^\\{"value":".*"ReadCount":1\\}$\'',
        "True",
        "False",
    ),
    Row(
        "an array out of New-Object is wrapped",
        "ConvertTo-Json -Compress (New-Object 'object[]' 2)",
        '{"value":[null,null],"Count":2}',
        "[null,null]",
    ),
    Row(
        "an array that is one item of the pipeline is wrapped",
        ",@(1,2) | ConvertTo-Json -Compress",
        '{"value":[1,2],"Count":2}',
        "[1,2]",
    ),
    Row(
        "a wrapped array inside an object is wrapped",
        "ConvertTo-Json -Compress @{a = [psobject]@(1,2)}",
        '{"a":{"value":[1,2],"Count":2}}',
        '{"a":[1,2]}',
    ),
    Row("null alone is no output", "ConvertTo-Json -Compress $null", NOTHING, "null"),
    Row("null inputs are dropped", "1,$null,2 | ConvertTo-Json -Compress", "[1,2]", "[1,null,2]"),
    Row("an empty array has a blank line", "ConvertTo-Json @()", "[\r\n\r\n]", "[]"),
    Row("a whole double has no fraction", "ConvertTo-Json -Compress 100.0", "100", "100.0"),
    Row(
        "not a number is no JSON",
        "ConvertTo-Json -Compress ([double]::NaN)",
        "NaN",
        '"NaN"',
    ),
    Row(
        "a big integer is an object of properties",
        "(ConvertTo-Json -Compress ([bigint]5)) -like '{*\"IsZero\":false*'",
        "True",
        "False",
    ),
    Row(
        "the character 0 is null",
        "ConvertTo-Json -Compress @([char]0)",
        "[null]",
        '["\\u0000"]',
    ),
    Row(
        "an address is in its escaped form",
        "ConvertTo-Json -Compress ([uri]'https://x/a b')",
        '"https://x/a%20b"',
        '"https://x/a b"',
    ),
    Row(
        "too deep is cut without a word",
        "ConvertTo-Json -Compress @{a=@{b=@{c=@{d=1}}}} -WarningAction Stop;"
        " ConvertTo-Json -Compress @{a=@{b=@{c=[pscustomobject]@{d=1}}}} -WarningAction Stop",
        '{"a":{"b":{"c":"System.Collections.Hashtable"}}}|{"a":{"b":{"c":"@{d=1}"}}}',
        "!ActionPreferenceStop",
    ),
    Row(
        "no depth beyond 100",
        "ConvertTo-Json 1 -Depth 101",
        "!ReachedMaximumDepthAllowed",
        "!ParameterArgumentValidationError",
        (V5_1,),
    ),
    Row(
        "any depth is accepted",
        "ConvertTo-Json 1 -Depth 101",
        "1",
        "!ParameterArgumentValidationError",
        (V3_0, V4_0),
    ),
    Row("no depth 0", "ConvertTo-Json 1 -Depth 0", "!ParameterArgumentValidationError", "1"),
    Row(
        "layout",
        "ConvertTo-Json ([ordered]@{a=@(1,@{b=2});c='d'})",
        '{\r\n    "a":  [\r\n              1,\r\n              {\r\n                  "b":  2\r\n'
        '              }\r\n          ],\r\n    "c":  "d"\r\n}',
        '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ],\n  "c": "d"\n}',
    ),
    Row(
        "the layout fails on a backslash",
        "ConvertTo-Json 'a\\'",
        "!JsonStringInBadFormat",
        '"a\\\\"',
        (V3_0,),
    ),
    Row(
        "the layout fails on a quote inside an object",
        "ConvertTo-Json @{a=@('b\"')}",
        "!JsonStringInBadFormat",
        '{\n  "a": [\n    "b\\""\n  ]\n}',
        (V3_0,),
    ),
    Row(
        "length is limited",
        "(ConvertTo-Json ('x' * 2097152) -Compress).Length",
        "!System.InvalidOperationException",
        "2097154",
        (V3_0, V4_0),
    ),
    Row(
        "no switch for arrays",
        "ConvertTo-Json 1 -AsArray -Compress",
        "!NamedParameterNotFound",
        "[1]",
    ),
    Row(
        "no switch for enums",
        "ConvertTo-Json 1 -EnumsAsStrings",
        "!NamedParameterNotFound",
        "1",
    ),
)

WRITTEN_ALIKE = {
    "length is limited to what 3.0 takes": (
        "(ConvertTo-Json ('x' * 2097150) -Compress).Length",
        "2097152",
    ),
    "one item of a pipeline": ("@(1) | ConvertTo-Json -Compress", "1"),
    "one item as an argument": ("ConvertTo-Json -Compress @(1)", "[1]"),
    "an empty array, compressed": ("ConvertTo-Json -Compress @()", "[]"),
    "an enum is its number": ("ConvertTo-Json -Compress ([DayOfWeek]::Friday)", "5"),
    "a guid": (
        "ConvertTo-Json -Compress ([guid]::Empty).ToString()",
        '"00000000-0000-0000-0000-000000000000"',
    ),
    "a guid out of a cmdlet": (
        "((New-Object guid 'b6dd1c26-1d2c-4d4a-8c3f-1d2c4d4a8c3f') | ConvertTo-Json -Compress)",
        '{"value":"b6dd1c26-1d2c-4d4a-8c3f-1d2c4d4a8c3f",'
        '"Guid":"b6dd1c26-1d2c-4d4a-8c3f-1d2c4d4a8c3f"}',
    ),
    "a key that is no text": ("ConvertTo-Json @{1=2}", "!NonStringKeyInDictionary"),
    "line separators are escaped": (
        'ConvertTo-Json -Compress "$([char]0x85)$([char]0x2028)$([char]0x2029)"',
        '"\\u0085\\u2028\\u2029"',
    ),
    "control characters": (
        'ConvertTo-Json -Compress "`t`r`n`b`f$([char]1)"',
        '"\\t\\r\\n\\b\\f\\u0001"',
    ),
    "text of the world": (
        'ConvertTo-Json -Compress "\u00e4\u65e5\U0001d11e/"',
        '"\u00e4\u65e5\U0001d11e/"',
    ),
    "nothing in objects and lists": (
        "ConvertTo-Json -Compress ([ordered]@{a=$null;b=@($null)})",
        '{"a":null,"b":[null]}',
    ),
    "booleans and integers": (
        "ConvertTo-Json -Compress @($true,$false,1,-1,3000000000,1.5)",
        "[true,false,1,-1,3000000000,1.5]",
    ),
    "an object keeps its order": (
        "ConvertTo-Json -Compress ([pscustomobject]@{b=1;a=@{x='y'};c=@(1,2)})",
        '{"b":1,"a":{"x":"y"},"c":[1,2]}',
    ),
    "a cast drops the wrapper": (
        "ConvertTo-Json -Compress @{a=[object[]]@([psobject]@(1,2))}",
        '{"a":[1,2]}',
    ),
    "without the type's data nothing is wrapped": (
        "Remove-TypeData -TypeName System.Array -ErrorAction SilentlyContinue;"
        " ConvertTo-Json -Compress ([psobject]@(1,2)); @(1,2,3).Count",
        "[1,2]|3",
    ),
}
"""What both do, so that the prelude may not do otherwise. The last one changes the run: it stays last."""
