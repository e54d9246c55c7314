"""Traps of errors, programs, .NET, certificates and of the machine itself (sections 8 to 13)."""

from __future__ import annotations

from support.scripts_trap import BOOTSTRAP, LYNC, Section, not_ours, ruled, runs

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
NET = Section(
    11,
    ".NET",
    (
        ruled(
            "Types that .NET 4.5 lacks",
            "types_known",
            "[System.Text.Json.JsonDocument]::Parse($a)",
            "[System.Security.Cryptography.RSACng]$a",
            "[System.DateTimeOffset]$a",
            "[System.Net.SecurityProtocolType]::Tls13",
            "New-Object System.Security.Cryptography.X509Certificates.CertificateRequest",
        ),
        ruled(
            "Static members that .NET 4.5 lacks",
            "members_known",
            "[Convert]::ToHexString($a)",
            "[System.Security.Cryptography.SHA256]::HashData($a)",
            "[DateTime]::UnixEpoch",
            "[string]::Join(',', $a)",
            "[Array]::Empty()",
            "[System.Globalization.CultureInfo]::CurrentCulture = 'en-US'",
        ),
        ruled(
            "Methods that .NET 4.5 lacks",
            "members_known",
            "$certificate.Dispose()",
            "$certificate.GetRSAPublicKey()",
            "$date.ToUnixTimeSeconds()",
            "$certificate.GetCertHashString('SHA256')",
            "$list.ToHashSet()",
        ),
        ruled("`StartType` of a service", "properties_in_every_engine", "$service.StartType"),
        ruled(
            "A text for an enumeration picks another constructor",
            "constructors_typed",
            "New-Object DateTime 1970,1,1,0,0,0,'Utc'",
        ),
        runs(
            "TLS 1.2 is off, on, or the system's choice",
            "scripts::test_tls_1_2_is_added_and_the_choice_of_the_system_kept",
        ),
        ruled(
            "A web request waits, follows and takes proxies",
            "web_requests_bounded",
            "$request = [System.Net.WebRequest]::Create($url)\n$request.Timeout = 1",
        ),
        runs(
            "A redirect is not followed, a slow body not waited for",
            "products::test_a_redirect_is_not_followed",
            "products::test_a_document_that_drips_is_given_up_in_time",
        ),
        ruled(
            "A script as judge of certificates",
            "properties_in_every_engine",
            "[System.Net.ServicePointManager]::ServerCertificateValidationCallback = { $true }",
        ),
    ),
)
CERTIFICATES = Section(
    12,
    "Certificates and secure strings",
    (
        ruled(
            "`X509Certificate2` unrolls bytes, cannot import, shows other keys",
            "types_known",
            "New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 $bytes",
            "[System.Security.Cryptography.X509Certificates.X509Certificate2]$bytes",
        ),
        ruled("`.Import()`", "members_known", "$certificate.Import($bytes)"),
        ruled(
            "Key sizes, private keys, names of extensions",
            "properties_in_every_engine",
            "$certificate.PublicKey.Key.KeySize",
            "$certificate.PrivateKey",
            "$extension.Oid.FriendlyName",
            "$certificate.DnsNameList",
        ),
        ruled("`.Format()` of an extension", "members_known", "$extension.Format($true)"),
        runs(
            "Bytes go to Python, which judges",
            "products::test_deserialised_certificates_keep_their_bytes",
            "products::test_the_key_is_judged_on_the_machines_own_copy",
        ),
        ruled(
            "Secure strings are encrypted or not",
            "commands_known",
            "ConvertTo-SecureString -String a",
            "ConvertFrom-SecureString -SecureString $a",
        ),
        runs(
            "A password stays out of the logs of commands",
            "products::test_the_password_reaches_the_inner_session_and_nothing_else",
        ),
        ruled(
            "Secure strings read back",
            "types_known",
            "[System.Runtime.InteropServices.Marshal]::PtrToStringAuto($a)",
        ),
    ),
)
_CULTURES = "cultures::test_a_session_culture_changes_nothing"
MACHINE = Section(
    13,
    "Modules, remoting, culture, services",
    (
        ruled("Snap-ins are gone in 6", "commands_known", "Add-PSSnapin -Name a"),
        ruled(
            "Modules warn of names and fail silently",
            "imports_quiet",
            LYNC + "Import-Module -Name Lync -ErrorAction Stop",
            LYNC + "Import-Module -Name Lync -DisableNameChecking",
        ),
        runs(
            "A logon may lack a module's path",
            "products::test_skype_for_business_has_the_same_cmdlets_in_another_module",
            "products::test_a_machine_without_the_module_is_the_wrong_product",
        ),
        ruled("Types of a product", "types_known", "[Microsoft.Exchange.Data.SmtpAddress]$a"),
        runs(
            "Seconds since 1970 are local or have a fraction",
            "winrm::test_facts_of_the_host_come_with_the_answer",
        ),
        runs(
            "A 32-bit PowerShell lacks modules",
            "winrm::test_facts_of_the_host_come_with_the_answer",
        ),
        runs(
            "Objects of a session are copies",
            "products::test_deserialised_objects_are_read_as_live_ones",
            "scripts::test_copies_of_objects_are_read_as_the_objects_themselves",
        ),
        ruled(
            "An enumeration that is a number",
            "enumerations_read_as_text",
            "$service.Status -eq 'Running'",
            "'Full' -eq $entry.ApplicationTrustLevel",
        ),
        runs(
            "An enumeration in both guises",
            "products::test_enums_are_names_in_both_guises",
        ),
        runs(
            "Dates, numbers and letters follow the session's culture",
            _CULTURES,
            "cultures::test_an_operation_needs_no_help_of_the_bootstrap",
        ),
        ruled(
            "`-f` follows the culture",
            "formats_without_culture",
            "'{0:yyyy}' -f $date",
            "'{0}' -f 1.5",
        ),
        ruled(
            "`.ToString` follows the culture",
            "members_known",
            "$date.ToString('yyyy')",
            "$number.ToString()",
        ),
        ruled(
            "`Get-Date -Format`",
            "commands_known",
            "Get-Date -Format o",
            "Get-Date -UFormat %s",
        ),
        ruled(
            "`Parse` follows the culture",
            "members_known",
            "[datetime]::Parse($a)",
            "[int]::Parse($a)",
        ),
        ruled("A fraction of a text", "dates_and_fractions_not_cast", "[double]'1,5'"),
        runs(
            "Times are local",
            "scripts::test_time_zones_change_nothing",
            "products::test_local_times_become_utc",
            "products::test_workers_started_in_local_time_are_compared_in_utc",
        ),
        ruled(
            "A restart of a service waits without end",
            "commands_known",
            "Restart-Service -Name a -Force",
            "Stop-Service -Name a",
        ),
        ruled(
            "Services of other machines",
            "parameters_without_traps",
            "Get-Service -ComputerName a",
        ),
        not_ours(
            "A service's status is read once",
            "a state is read anew by each run, and no run waits for one",
        ),
        runs(
            "Objects of services in both spellings",
            "products::test_running_services_of_exchange_and_iis_are_told",
        ),
        ruled(
            "A product's cmdlet is not where the other product is",
            "commands_known",
            LYNC + "Get-PartnerApplication -ErrorAction Stop",
            BOOTSTRAP + "Get-PartnerApplication -ErrorAction Stop",
        ),
    ),
)
RUNTIME = (ERRORS, STOPPING, PROGRAMS, NET, CERTIFICATES, MACHINE)
