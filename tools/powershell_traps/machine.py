"""Traps of .NET, of certificates and of the machine (sections 11 to 13)."""

from __future__ import annotations

from powershell_traps.trap import BOOTSTRAP, LYNC, Section, not_ours, ruled, runs

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
            "scripts::test_a_time_zone_changes_nothing",
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
MACHINE_SECTIONS = (NET, CERTIFICATES, MACHINE)
