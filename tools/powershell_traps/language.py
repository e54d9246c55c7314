"""Traps of the engines, of syntax, and of texts that mean different things (sections 1 to 3)."""

from __future__ import annotations

from powershell_traps.trap import BOOTSTRAP, LYNC, Section, not_ours, ruled, runs

ENGINES = Section(
    1,
    "The four engines",
    (
        ruled(
            "`$IsWindows` and its kin are not there",
            "no_forbidden_variables",
            "$IsWindows",
            "$IsLinux",
            "$IsMacOS",
            "$IsCoreCLR",
        ),
        ruled(
            "`PSEdition` is not there before 5.1",
            "properties_in_every_engine",
            "$PSVersionTable.PSEdition",
        ),
        runs(
            "3.0 and 4.0 read and write 2 MiB of JSON",
            "winrm::test_what_two_powershells_would_read_differently_is_not_sent",
            "products::test_documents_that_do_not_fit_into_one_answer_come_in_others",
        ),
        runs(
            "The execution policy forbids scripts of modules",
            "winrm::test_the_host_gets_the_constant_command_line_and_the_request_on_stdin",
            "winrm::test_c09_what_stops_a_script_before_it_can_speak_has_a_name",
        ),
        runs(
            "Words of the host and of prompts differ",
            "scripts::test_a_question_is_an_error_and_not_a_wait",
        ),
    ),
)
SYNTAX = Section(
    2,
    "Syntax by version",
    (
        ruled("`[T]::new()`", "no_new_members", "[string]::new('a')"),
        ruled(
            "`.Where()` and `.ForEach()`",
            "no_new_members",
            "$a.Where({ 1 })",
            "$a.ForEach({ 1 })",
        ),
        ruled("A method by a name in a variable", "no_new_members", "$a.$name()"),
        ruled(
            "`class`, `enum`, `using`",
            "no_new_nodes",
            "class A {}",
            "enum A { B }",
            "using namespace System.Text\n1",
        ),
        ruled(
            "`workflow` and `configuration` are words of Windows PowerShell only",
            "parses",
            "workflow Get-A { 1 }",
            "configuration A { 1 }",
        ),
        ruled(
            "Common parameters of newer engines",
            "builtin_calls_bind",
            "ForEach-Object -PipelineVariable x -Process { 1 }",
            "Get-Service -InformationAction Ignore",
            "Get-Service -InformationVariable x",
            "Get-Service -ProgressAction Ignore",
        ),
        ruled("`#requires`", "no_new_nodes", "#requires -Version 3.0\n1"),
        ruled("The information stream", "redirections_merge", "Get-Service 6>&1"),
        ruled("`Write-Information`", "commands_known", "Write-Information -MessageData a"),
        ruled("`? :`", "no_new_nodes", "$a ? 1 : 2"),
        ruled("`??` and `??=`", "no_new_tokens", "$a ?? 1", "$a ??= 1"),
        ruled("`?.` and `?[]`", "no_new_members", "${a}?.B", "${a}?[0]"),
        ruled("`&&` and `||`", "no_new_nodes", "1 && 2", "1 || 2"),
        ruled("`&` at the end", "no_new_nodes", "Get-Service &"),
        ruled(
            "`|` at the start of a line",
            "no_new_tokens",
            "1\n| ForEach-Object -Process { 1 }",
        ),
        ruled("`clean {}`", "no_new_nodes", "function Get-A { clean {} end { 1 } }"),
        ruled("`` `e `` and `` `u{} ``", "no_new_tokens", '"`e[0m"', '"`u{41}"'),
        ruled(
            "Suffixes of numbers, binary numbers",
            "no_new_tokens",
            "1u",
            "1y",
            "1us",
            "1ul",
            "1n",
            "0b1",
        ),
        ruled("Ranges of characters", "no_character_ranges", "'a'..'c'"),
        ruled("Generic methods", "no_new_members", "$a.M[int](1)"),
        ruled(
            "Short names of types that are new",
            "types_known",
            "[short]1",
            "[ushort]1",
            "[uint]1",
            "[ulong]1",
            "[semver]'1.0.0'",
            "[X509Certificate]$a",
            "[IPEndpoint]$a",
        ),
        runs(
            "The whole text is parsed before anything runs",
            "winrm::test_a_script_that_does_not_parse_did_not_run",
        ),
        ruled(
            "Typographic quotes and dashes act as plain ones",
            "ascii_only",
            "'\u2019'",
            "1 \u2013 1",
            "\ufeff1",
        ),
        ruled("Tabs", "ascii_only", "if ($a) {\n\t1 }"),
    ),
)
MEANINGS = Section(
    3,
    "The same text, another meaning",
    (
        ruled("`$?` in parentheses", "no_forbidden_variables", "(Get-Service); if ($?) { 1 }"),
        ruled(
            "`.Count` of something that is no list",
            "counts_of_lists",
            "$a.Count",
            "$a = Get-Service\n$a.Count",
            "([pscustomobject]@{}).Count",
        ),
        ruled("`.Split` with a text", "members_known", "$text.Split('::')", "$text.Split('pq')"),
        ruled(
            "`.Contains` and `.Replace` with a comparison",
            "members_known",
            "$text.Contains('x', 'OrdinalIgnoreCase')",
            "$text.Replace('a', 'b', 'Ordinal')",
        ),
        ruled(
            "`-eq` compares as a language does",
            "comparisons_ordinal",
            "$a -eq $b",
            "$names -contains $name",
            "$name -notin $names",
        ),
        ruled(
            "`-match`, `-like`, `-replace` ignore case by culture",
            "matches_exact",
            "$a -match 'title'",
            "$a -like 'MSExchange*'",
            "$a -replace 'I', ''",
            "$a -match $pattern",
        ),
        ruled(
            "Lower and upper case by culture",
            "members_known",
            "$text.ToLower()",
            "$text.ToUpper()",
            "$text.StartsWith('a')",
        ),
        ruled("`Sort-Object` sorts as a language does", "commands_known", "$a | Sort-Object"),
        ruled("`Group-Object` sorts in 7", "commands_known", "$a | Group-Object"),
        not_ours(
            "The keys of `@{}` come in any order", "answers are JSON objects, read by their keys"
        ),
        ruled(
            "A splatted parameter that is also given",
            "splats_say_nothing_twice",
            "$h = @{ Identity = 'a' }\nGet-PartnerApplication @h -Identity b -ErrorAction Stop",
        ),
        ruled(
            "`Start-Sleep -Seconds` cuts fractions off",
            "parameters_without_traps",
            "Start-Sleep -Seconds 0.5",
            "Start-Sleep 0.5",
        ),
        runs(
            "`Test-Path` of nothing",
            "scripts::test_no_path_is_asked_for_where_there_is_no_thumbprint",
        ),
        ruled(
            "`-Name $null` means all",
            "parameters_without_traps",
            "Get-Service -Name $name",
            "Get-Variable -Name $name",
            "Get-Service $name",
        ),
        ruled(
            "A path that is a pattern",
            "parameters_without_traps",
            "Get-Item -Path $path",
            "Test-Path $path",
        ),
        ruled(
            "`-ExpandProperty` of an empty value",
            "parameters_without_traps",
            "$a | Select-Object -ExpandProperty Name",
        ),
        ruled(
            "`-Verbose` takes the place of the error preference",
            "verbose_calls_stop",
            LYNC + "Test-CsExStorageConnectivity -SipUri a -Verbose",
            "Get-Service -Verbose",
        ),
        ruled("`-Debug` asks", "verbose_calls_stop", "Get-Service -ErrorAction Stop -Debug"),
        runs(
            "Fractions as text have 15 or 17 digits",
            "winrm::test_c11_objects_that_are_no_plain_data_break_the_contract",
        ),
        ruled(
            "A text cast to a date",
            "dates_and_fractions_not_cast",
            "[datetime]'2026-01-02'",
            "[datetime]$text",
        ),
        ruled(
            "`throw` goes on where errors are silenced",
            "preferences_kept",
            "$ErrorActionPreference = 'SilentlyContinue'",
            "$global:ErrorActionPreference = 'Ignore'",
        ),
        runs(
            "A property that throws reads as `$null`",
            "products::test_a_null_url_is_an_unreadable_value_and_not_an_empty_one",
            "scripts::test_a_property_that_throws_is_no_value",
        ),
        ruled(
            "A comma before a list nests it",
            "lists_returned_plainly",
            "function Get-A { ,@(1, 2) }",
            "return ,$list",
        ),
        ruled(
            "Aliases of Windows, programs of Linux",
            "commands_known",
            "sort",
            "ls",
            "ps",
            "sleep",
            "curl",
            "sc",
            "where",
            "%",
        ),
        ruled(
            "`Join-Path` and `Path.Combine` need the drive",
            "commands_known",
            "Join-Path -Path 'C:\\a' -ChildPath b",
        ),
        ruled("`[IO.Path]::Combine`", "types_known", "[IO.Path]::Combine('C:\\a', 'b')"),
        ruled(
            "An alias wins over a function",
            "functions_named",
            "function h { 1 }",
            BOOTSTRAP + "function r($x) { 1 }",
        ),
    ),
)
LANGUAGE = (ENGINES, SYNTAX, MEANINGS)
