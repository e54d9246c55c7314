"""Traps of commands, of JSON, and of what goes in and out of a process (sections 4 to 7)."""

from __future__ import annotations

from powershell_traps.trap import BOOTSTRAP, LYNC, Section, not_ours, ruled, runs

COMMANDS = Section(
    4,
    "Commands and parameters",
    (
        ruled(
            "Commands that 4.0 or 5 brought",
            "commands_known",
            "Get-FileHash -Path a",
            "New-Guid",
            "New-TemporaryFile",
            "Get-ItemPropertyValue -Path a -Name b",
            "Format-Hex -Path a",
            "Compress-Archive -Path a",
            "Import-PowerShellDataFile -Path a",
            "Get-Clipboard",
            "ConvertFrom-String a",
            "Get-TimeZone",
            "Get-ComputerInfo",
            "Get-LocalUser",
            "Get-Runspace",
            "Unprotect-CmsMessage -Path a",
        ),
        ruled(
            "Commands that 6 or 7 brought",
            "commands_known",
            "Test-Json -Json a",
            "Join-String",
            "Get-Error",
            "Remove-Service -Name a",
        ),
        ruled(
            "Parameters that 4.0 or 5 brought",
            "builtin_calls_bind",
            "Get-Process -IncludeUserName",
            "Get-Module -FullyQualifiedName a",
            "Out-File -NoNewline -FilePath a",
            "Get-ChildItem -Depth 1",
            "Select-Object -SkipLast 1",
            "Invoke-RestMethod -UseBasicParsing",
            "Stop-Service -NoWait -Name a",
            "Import-Module -MaximumVersion 1.0 -Name a",
            "Get-Command -FullyQualifiedModule a",
            "Copy-Item -ToSession $s -Path a",
            "Write-Output -NoEnumerate a",
        ),
        ruled(
            "Parameters that 6 or 7 brought",
            "builtin_calls_bind",
            "ConvertFrom-Json -AsHashtable",
            "ConvertFrom-Json -NoEnumerate",
            "ConvertFrom-Json -DateKind Utc",
            "ConvertTo-Json -AsArray",
            "ConvertTo-Json -EnumsAsStrings",
            "ForEach-Object -Parallel { 1 }",
            "Where-Object -Not a",
            "Sort-Object -Top 1",
            "Split-Path -LeafBase -Path a",
            "Get-Date -AsUTC",
            "Get-Date -UnixTimeSeconds 1",
            "Get-Content -AsByteStream -Path a",
            "Start-Process -Environment $a -FilePath b",
            "Get-Random -Shuffle",
            "Select-String -Raw a",
            "Measure-Object -AllStats",
            "Invoke-WebRequest -SkipCertificateCheck",
        ),
        ruled(
            "Parameters that were renamed",
            "builtin_calls_bind",
            "Stop-Computer -WsmanAuthentication Kerberos",
        ),
        ruled(
            "Parameters cut short",
            "builtin_calls_bind",
            "Get-Service -Exc W3SVC",
            "Get-Service -EA Stop",
        ),
        ruled(
            "Names with a module in front",
            "commands_known",
            "Microsoft.PowerShell.Utility\\Get-Member",
        ),
        runs(
            "Commands that only Windows has are stand-ins here",
            "simulator_powershell::test_what_windows_does_not_know_is_an_error",
            "products::test_both_sides_from_nothing_to_a_passed_test_and_back",
        ),
        ruled(
            "`Get-WmiObject` left in 6",
            "commands_known",
            "Get-WmiObject -Class Win32_Process",
            "Invoke-WmiMethod -Class a",
        ),
        ruled(
            "Five faults of 3.0",
            "commands_known",
            "Invoke-RestMethod -Uri a",
            "Invoke-WebRequest -Uri a",
            "Add-Member -InputObject @{} -Name a -Value 1",
            "Remove-Item -Recurse -Path a",
        ),
        ruled("`Add-Type` compiles C# 5 or newer", "commands_known", "Add-Type -TypeDefinition a"),
        ruled(
            "`-Encoding` and its defaults",
            "commands_known",
            "Set-Content -Path a -Value b",
            "Out-File -FilePath a",
            "Export-Csv -Path a",
            "Get-Content -Path a",
        ),
        ruled("`>` writes UTF-16 or UTF-8", "redirections_merge", "Get-Service > a.txt"),
        ruled(
            "A call by a name in a variable",
            "commands_known",
            "& $anything",
            ". $configure",
            "& 'Get-Service'",
            LYNC + "& $configure",
            BOOTSTRAP + "& $program",
        ),
        ruled("`Invoke-Expression`", "commands_known", "Invoke-Expression -Command $a"),
    ),
)
_WRAPPED = "winrm::test_c11_arrays_are_not_wrapped_where_windows_powershell_would_wrap_them"
_KEPT = "winrm::test_c11_values_arrive_as_they_were_sent_and_lists_stay_lists"
_PLAIN = "winrm::test_c11_objects_that_are_no_plain_data_break_the_contract"
_UNSENT = "winrm::test_what_two_powershells_would_read_differently_is_not_sent"
JSON = Section(
    5,
    "JSON",
    (
        runs("Quotes and angles are escaped or not", _KEPT),
        runs("Dates are written in three ways", _PLAIN),
        runs(
            "A text or a date with notes attached becomes an object",
            "scripts::test_notes_on_a_text_do_not_come_along",
        ),
        runs("An array in a wrapper becomes `{value,Count}`", _WRAPPED),
        ruled(
            "The pipeline drops `$null` and unrolls lists",
            "json_written_whole",
            BOOTSTRAP + "$a | ConvertTo-Json -Compress -Depth 30",
            BOOTSTRAP + "ConvertTo-Json $a -Compress -Depth 30",
        ),
        runs(
            "Fractions, NaN and big numbers",
            _PLAIN,
            _UNSENT,
        ),
        runs("Enumerations are numbers or names", _PLAIN),
        runs("Characters, addresses, identifiers of objects", _PLAIN),
        ruled(
            "What is too deep is cut off silently",
            "json_written_whole",
            BOOTSTRAP + "ConvertTo-Json -InputObject $a -Compress",
            BOOTSTRAP + "ConvertTo-Json -InputObject $a -Compress -Depth 101",
        ),
        ruled(
            "Pretty printing of 3.0 breaks texts",
            "json_written_whole",
            BOOTSTRAP + "ConvertTo-Json -InputObject $a -Depth 30",
        ),
        ruled("JSON is the bootstrap's alone", "commands_known", "ConvertTo-Json -InputObject $a"),
        runs(
            "Numbers are read as Int32 or Int64",
            "winrm::test_numbers_in_the_request_are_32_bit_as_in_5_1",
        ),
        runs("Texts that look like dates are read as dates", _KEPT),
        runs("A list at the top is one object or many", _UNSENT, _KEPT),
        runs("Keys that differ in case, empty keys, `__type`", _UNSENT),
        runs("A list of one is unwrapped", _KEPT),
        not_ours(
            "Comments, commas at the end and single quotes are read or not",
            "requests are written by Python's `json` and digested, so nothing else is ever read",
        ),
        runs(
            "Depth",
            "winrm::test_endless_nesting_is_not_sent",
        ),
        runs(
            "All of it at once, as 3.0, 4.0 and 5.1 write and read it",
            "prelude::test_every_operation_answers_as_in_powershell_7",
            "prelude::test_a_row_holds_with_the_prelude_and_not_without",
        ),
        runs(
            "An answer that Windows PowerShell has bent is refused",
            "winrm::test_c11_what_convertto_json_makes_of_unplain_objects_is_refused",
        ),
    ),
)
INPUT = Section(
    6,
    "Standard input and encodings",
    (
        ruled(
            "`$input` is empty in a function, and read once",
            "input_read_at_the_top",
            "@($input)",
            BOOTSTRAP + "function hx { @($input) }",
            BOOTSTRAP + "$a = @($input)\n$b = @($input)",
        ),
        runs(
            "`$input` is whole only at the end of the input",
            "winrm::test_the_host_gets_the_constant_command_line_and_the_request_on_stdin",
            "winrm::test_c10_a_request_cut_short_runs_nothing",
        ),
        runs(
            "Lines, code pages and marks around the request",
            "winrm::test_c12_what_surrounds_the_request_does_not_matter",
        ),
        ruled(
            "The console's encodings",
            "members_known",
            "[Console]::InputEncoding",
            "[Console]::In.ReadToEnd()",
            "[Console]::OutputEncoding",
        ),
        ruled(
            "The default encoding is a code page of the machine",
            "members_known",
            "[System.Text.Encoding]::Default",
        ),
        ruled("`$OutputEncoding`", "no_forbidden_variables", "$OutputEncoding"),
        ruled(
            "`WebClient` decodes as the machine does",
            "types_known",
            "New-Object -TypeName System.Net.WebClient",
        ),
    ),
)
OUTPUT = Section(
    7,
    "Standard output, standard error, exit code",
    (
        ruled(
            "What nobody catches stands beside the answer",
            "nothing_slips_into_the_answer",
            "$list.Add(1)",
            "Set-PartnerApplication -Identity a -ErrorAction Stop",
            LYNC + "if ($a) { Remove-CsPartnerApplication -Identity a }",
        ),
        runs(
            "A script returns one object",
            "scripts::test_what_changing_cmdlets_return_is_no_part_of_an_answer",
            "winrm::test_a_script_must_return_one_object",
        ),
        ruled("`Write-Host` writes to the output", "commands_known", "Write-Host -Object $a"),
        ruled("`Write-Output` nests or does not", "commands_known", "Write-Output -InputObject $a"),
        runs(
            "Noise on every stream",
            "winrm::test_output_of_programs_and_streams_does_no_harm",
            "winrm::test_known_noise_around_a_frame_does_no_harm",
            "scripts::test_noise_of_a_product_changes_no_answer",
        ),
        runs(
            "Standard error is CLIXML in several shapes",
            "winrm::test_each_stream_has_its_own_list",
            "winrm::test_errors_and_native_text_are_told_apart",
            "winrm::test_nothing_makes_it_raise",
        ),
        runs(
            "The exit code follows the last error, even a silent one",
            "scripts::test_the_exit_code_says_nothing_about_an_answer",
            "scripts::test_a_script_without_an_answer_is_never_a_success",
        ),
        ruled("`exit` ends the process", "exit_and_codes", "exit 3"),
        ruled(
            "`$LASTEXITCODE` is not there before a program ran", "exit_and_codes", "$LASTEXITCODE"
        ),
        ruled(
            "Progress is written to standard error",
            "preferences_kept",
            "$ProgressPreference = 'Continue'",
        ),
    ),
)
COMMAND_SECTIONS = (COMMANDS, JSON, INPUT, OUTPUT)
