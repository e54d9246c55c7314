# Prelude of a run that makes several changes: one after the other, and what became of each.

function Get-Failure {
    # What the bootstrap tells of an error that ends a script, cut to a length at which all of them fit into one answer.
    param([System.Management.Automation.ErrorRecord]$Record)
    $messages = New-Object System.Collections.ArrayList
    $exception = $Record.Exception
    while ($null -ne $exception) {
        if (@($messages).Count -lt 5) { $null = $messages.Add((Get-Beginning -Text $exception.Message -Length 1000)) }
        $innermost = $exception
        $exception = $exception.InnerException
    }
    return @{
        id = Get-Beginning -Text $Record.FullyQualifiedErrorId -Length 1000
        type = [string]$Record.Exception.GetType().FullName
        inner = [string]$innermost.GetType().FullName
        category = [string]$Record.CategoryInfo.Category
        messages = [object[]]@($messages.ToArray())
        position = Get-Beginning -Text $Record.ScriptStackTrace -Length 2000
    }
}

function Get-Beginning {
    param([string]$Text, [int]$Length)
    if ($Text.Length -le $Length) { return $Text }
    return $Text.Substring(0, $Length)
}

function Invoke-Step {
    # A step sees its own parameters as the request.
    param([scriptblock]$Step, $Request)
    $ended = $false
    # A break or continue of a program that has no loop of its own leaves the caller's: this one, and not that over the items.
    do {
        $told = @(& $Step)
        $ended = $true
    } while ($false)
    if (-not $ended) { throw 'A program that the step called broke the step off before its end.' }
    if ($told.Count -ne 1) { throw "The step returned $($told.Count) objects, not one." }
    return $told[0]
}

function Invoke-Items {
    # That one fails does not keep the others. Those for which no time is left are not begun.
    param($Steps)
    $results = New-Object System.Collections.ArrayList
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($item in @($Request.items)) {
        if ((@($results).Count -gt 0) -and ($watch.ElapsedMilliseconds -gt (1000 * $Request.beginSeconds))) { break }
        # It tells what was begun also where no answer comes any more, and parts what programs write for people.
        [Console]::Out.Write("PO1+$(@($results).Count);")
        $result = @{ data = $null; error = $null }
        try { $result.data = Invoke-Step -Step $Steps[[string]$item.step] -Request $item.parameters }
        catch { $result.error = Get-Failure -Record $_ }
        $null = $results.Add($result)
    }
    return @{ results = [object[]]@($results.ToArray()) }
}
