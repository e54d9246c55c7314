$program = "$($env:windir)\System32\iisreset.exe"
$lines = New-Object System.Collections.ArrayList
$code = ''
# Nobody else restarts IIS for an operator while this run has the mutex: what is young now needs no restart.
$old = $false
foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter "Name='w3wp.exe'" -ErrorAction Stop)) {
    if ($null -eq $process) { continue }
    $started = Get-Instant -Value $process.CreationDate
    # Texts of this form stand in the order of time.
    if (($null -eq $started) -or ([string]::CompareOrdinal($started, [string]$Request.olderThan) -le 0)) { $old = $true }
}
if ($old) {
    # Dates have whole seconds here: what starts in the second of that look cannot be told from what was there.
    for ($waited = 0; $waited -lt 10; $waited++) {
        if ([string]::CompareOrdinal((Get-Instant -Value ([DateTime]::UtcNow)), [string]$Request.olderThan) -gt 0) { break }
        Start-Sleep -Milliseconds 200
    }
    $preference = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    try { & $program /RESTART /TIMEOUT:120 | ForEach-Object -Process { $null = $lines.Add([string]$_) } }
    finally { $ErrorActionPreference = $preference }
    $code = [string]$LASTEXITCODE
}
@{ restarted = $old; code = $code; lines = [object[]]@($lines.ToArray()) }
