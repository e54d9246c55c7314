Import-Lync
$parameters = @{ SipUri = [string]$Request.sipUri; ErrorAction = 'Continue' }
if ($Request.deleteItem) { $parameters['DeleteItem'] = $true }
if ([string]$Request.folder -ne '') { $parameters['Folder'] = [string]$Request.folder }

$output = New-Object System.Collections.ArrayList
$problems = New-Object System.Collections.ArrayList
$details = New-Object System.Collections.ArrayList
$global:ErrorActionPreference = 'Continue'
$watch = [System.Diagnostics.Stopwatch]::StartNew()
try {
    foreach ($record in @(Test-CsExStorageConnectivity @parameters -Verbose 2>&1 3>&1 4>&1)) {
        if ($record -is [System.Management.Automation.ErrorRecord]) { $null = $problems.Add([string]$record.Exception.Message) }
        elseif ($record -is [System.Management.Automation.VerboseRecord]) { $null = $details.Add([string]$record.Message) }
        elseif ($record -is [System.Management.Automation.WarningRecord]) { $null = $details.Add([string]$record.Message) }
        elseif ($record -is [string]) { $null = $output.Add([string]$record) }
        elseif ($null -ne $record) { $null = $output.Add([string](Out-String -InputObject $record -Width 400)) }
    }
}
catch [System.Management.Automation.CommandNotFoundException] { throw }
catch { $null = $problems.Add([string]$_.Exception.Message) }
finally {
    $watch.Stop()
    $global:ErrorActionPreference = 'Stop'
}
@{
    output = [object[]]@($output.ToArray())
    problems = [object[]]@($problems.ToArray())
    details = [object[]]@($details.ToArray())
    milliseconds = [int]$watch.ElapsedMilliseconds
}
