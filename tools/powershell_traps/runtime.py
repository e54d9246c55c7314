"""Traps of errors, of what stops a script, and of programs (sections 8 to 10)."""

from __future__ import annotations

from powershell_traps.trap import Section, ruled, runs

_STOPPED = "scripts::test_an_error_that_does_not_end_its_cmdlet_ends_the_script"
ERRORS = Section(
    8,
    "Error records",
    (
        ruled(
            "Sentences are localised and reworded",
            "words_not_judged",
            "$_.Exception.Message -cmatch 'not found'",
            "'denied' -eq $record.Exception.Message",
        ),
        runs(
            "Ids and types are the same everywhere",
            "winrm::test_errors_have_their_ids_and_stop_the_script",
            "winrm::test_a_thrown_error_arrives_as_its_record_without_the_secret",
            "products::test_every_failure_of_a_run_has_its_reason",
        ),
        runs(
            "The part of an id after the comma is a function's or a class's name",
            "products::test_every_failure_of_a_run_has_its_reason",
        ),
        runs(
            "The text of a `throw` is its id, and may hold a secret",
            "winrm::test_an_error_record_comes_without_request_ids_and_secrets",
        ),
        runs(
            "No such object is told by type",
            "products::test_a_missing_account_is_none_by_type_not_by_sentence",
        ),
        ruled(
            "Web cmdlets throw other types and read the body",
            "commands_known",
            "Invoke-WebRequest -Uri a",
        ),
        ruled(
            "Types of errors that 7 throws",
            "types_known",
            "try { 1 } catch [System.Net.Http.HttpRequestException] { 2 }",
            "try { 1 } catch [System.Management.Automation.ActionPreferenceStopException] { 2 }",
        ),
        runs(
            "The status of a web error differs",
            "products::test_an_unknown_authority_is_a_tls_failure",
            "products::test_a_name_that_does_not_resolve_is_unreachable",
        ),
        runs(
            "A prompt is an error",
            "scripts::test_a_question_is_an_error_and_not_a_wait",
            "scripts::test_nothing_asks_where_a_cmdlet_would",
        ),
    ),
)
STOPPING = Section(
    9,
    "What stops a script",
    (
        runs("Errors that do not end their cmdlet", _STOPPED),
        ruled(
            "Every call says what errors do",
            "product_calls_guarded",
            "Get-PartnerApplication",
            "Get-PartnerApplication -ErrorAction SilentlyContinue",
        ),
        ruled(
            "`Ignore` and `Suspend`",
            "error_actions_kept",
            "Get-Service -ErrorAction Ignore",
            "Get-Service -ErrorAction Suspend",
            "Get-Service -ErrorAction SilentlyContinue",
        ),
        runs(
            "Functions of modules see only global preferences",
            "scripts::test_a_module_sees_the_preference_of_the_bootstrap",
            "scripts::test_an_error_from_behind_a_session_ends_the_script",
            "simulator_powershell::test_errors_of_the_far_side_stop_only_by_the_global_preference",
        ),
        ruled(
            "Nothing may ask",
            "product_calls_guarded",
            "Remove-PartnerApplication -Identity a -ErrorAction Stop",
            "$null = Set-PartnerApplication -Identity a -Enabled $true -ErrorAction Stop",
        ),
        ruled(
            "`$ConfirmPreference` does not reach modules",
            "preferences_kept",
            "$ConfirmPreference = 'None'",
        ),
        ruled("`trap` hides where an error came from", "no_new_nodes", "trap { continue }"),
        ruled(
            "Strict mode's content follows the engine",
            "commands_known",
            "Set-StrictMode -Version Latest",
            "Set-StrictMode -Version 2",
        ),
        runs(
            "Strict mode 2 finds properties that are not there",
            "scripts::test_operations_are_tried_in_strict_mode",
            "scripts::test_scripts_do_the_same_without_strict_mode",
        ),
        ruled(
            "From an advanced function the caller goes on after an error",
            "no_new_nodes",
            "function Get-A { [CmdletBinding()] param() throw 'a' }",
            "function Get-A { param([Parameter(Mandatory=$true)]$A) $A }",
        ),
        runs(
            "An error while tidying up",
            "scripts::test_a_session_that_cannot_be_closed_spoils_nothing",
        ),
    ),
)
PROGRAMS = Section(
    10,
    "Programs",
    (
        ruled(
            "Quotes, empty arguments and backslashes are passed differently",
            "programs_called_plainly",
            "& $program '/a b'",
            '& $program ""',
            "& $program $argument",
            "& $program C:\\a\\",
        ),
        ruled(
            "A name without path and .exe may be an alias",
            "programs_called_plainly",
            "$program = 'iisreset'",
            "$program = 'sc.exe'",
        ),
        ruled(
            "A program's words on standard error become an error under redirection",
            "redirections_merge",
            "& $program 2>&1",
            "& $program 2>$null",
        ),
        ruled("Files for words", "redirections_merge", "Get-Service 2>$null"),
        runs(
            "Only exit codes are judged",
            "products::test_any_other_code_is_a_failed_restart_with_its_words",
            "products::test_iisreset_that_ends_with_zero_is_a_restart",
        ),
        ruled("`Start-Process`", "commands_known", "Start-Process -FilePath a"),
    ),
)
RUNTIME = (ERRORS, STOPPING, PROGRAMS)
