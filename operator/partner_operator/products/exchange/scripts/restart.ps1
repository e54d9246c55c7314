$program = "$($env:windir)\System32\iisreset.exe"
$lines = New-Object System.Collections.ArrayList
$code = ''
# Nobody else restarts IIS for an operator while this run has the mutex: what is young now needs no restart.
$old = $false
foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter "Name='w3wp.exe'" -ErrorAction Stop)) {
    if ($null -eq $process) { continue }
    $started = Get-Instant -Value $process.CreationDate
    # Texts of this form stand in the order of time.
    if (($null -eq $started) -or ([string]::CompareOrdinal($started, [string]$Request.olderThan) -lt 0)) { $old = $true }
}
if ($old) {
    $preference = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    try { & $program /RESTART /TIMEOUT:120 | ForEach-Object -Process { $null = $lines.Add([string]$_) } }
    finally { $ErrorActionPreference = $preference }
    $code = [string]$LASTEXITCODE
}
@{ restarted = $old; code = $code; lines = [object[]]@($lines.ToArray()) }
