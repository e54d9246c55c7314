$program = "$($env:windir)\System32\iisreset.exe"
$lines = New-Object System.Collections.ArrayList
$preference = $ErrorActionPreference
$ErrorActionPreference = 'Continue'
try { & $program /RESTART /TIMEOUT:120 | ForEach-Object -Process { $null = $lines.Add([string]$_) } }
finally { $ErrorActionPreference = $preference }
@{ code = [string]$LASTEXITCODE; lines = [object[]]@($lines.ToArray()) }
