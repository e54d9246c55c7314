$parameters = @{ Service = 'Generic'; TargetUri = [string]$Request.url; ReloadConfig = $true; Confirm = $false; ErrorAction = 'Continue' }
if ([string]$Request.mailbox -ne '') { $parameters['Mailbox'] = [string]$Request.mailbox }
else { $parameters['AppOnly'] = $true }

$results = New-Object System.Collections.ArrayList
$problems = New-Object System.Collections.ArrayList
$session = Open-Exchange -Commands @('Set-ADServerSettings', 'Test-OAuthConnectivity')
$watch = [System.Diagnostics.Stopwatch]::StartNew()
$global:ErrorActionPreference = 'Continue'
try {
    foreach ($record in @(Test-OAuthConnectivity @parameters 2>&1 3>&1)) {
        if ($record -is [System.Management.Automation.ErrorRecord]) { $null = $problems.Add([string]$record.Exception.Message) }
        elseif (($null -ne $record) -and ($record -isnot [System.Management.Automation.WarningRecord])) {
            # The log is long, and what came of it stands at its end.
            $detail = Get-Text -Value (Get-Property -Object $record -Name 'Detail')
            if ($detail.Length -gt 8000) { $detail = $detail.Substring($detail.Length - 8000) }
            # In some sessions it is an object with its name beside it.
            $kind = Get-Property -Object $record -Name 'ResultType'
            $named = Get-Property -Object $kind -Name 'Value'
            if ($null -ne $named) { $kind = $named }
            $null = $results.Add(@{ type = Get-Text -Value $kind; detail = $detail })
        }
    }
}
catch [System.Management.Automation.CommandNotFoundException] { throw }
catch [System.Management.Automation.ParameterBindingException] { throw }
catch { $null = $problems.Add([string]$_.Exception.Message) }
finally {
    $watch.Stop()
    $global:ErrorActionPreference = 'Stop'
    Remove-PSSession -Session $session -ErrorAction SilentlyContinue
}
@{
    results = [object[]]@($results.ToArray())
    problems = [object[]]@($problems.ToArray())
    milliseconds = [int]$watch.ElapsedMilliseconds
}
