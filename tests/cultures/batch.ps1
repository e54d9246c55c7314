# Runs many texts in one process, each in a runspace of its own, as if each were a process's own command.
# Standard input: JSON list of {name, text, line}; output: JSON list of {name, stdout}, and the culture at start.
$ErrorActionPreference = 'Stop'
$console = [Console]::Out
$cases = [Console]::In.ReadToEnd() | ConvertFrom-Json -NoEnumerate
$done = New-Object System.Collections.ArrayList
foreach ($case in $cases) {
    $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
    $runspace.ThreadOptions = 'UseNewThread'
    $runspace.Open()
    $heard = New-Object System.IO.StringWriter
    [Console]::SetOut($heard)
    try {
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        $null = $shell.AddScript($case.text)
        $null = $shell.Invoke([object[]]@([string]$case.line))
        $shell.Dispose()
    }
    finally {
        [Console]::SetOut($console)
        $runspace.Dispose()
    }
    $null = $done.Add(@{ name = $case.name; stdout = $heard.ToString() })
}
[Console]::Out.Write((ConvertTo-Json -InputObject $done.ToArray() -Compress))
