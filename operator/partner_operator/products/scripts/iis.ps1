# Prelude of operations on IIS itself: what it serves, its workers, its restart.

function Get-Answer {
    # The status of one path of this machine. Site: the name under which it serves it; empty for its own.
    param([string]$Path, [string]$Site)
    $asked = $null
    $response = $null
    try {
        $asked = New-WebRequest -Url "https://$($Request.host)$Path" -Seconds 30
        if ($Site -ne '') { $asked.Host = $Site }
        $response = $asked.GetResponse()
        return [string][int]$response.StatusCode
    }
    catch {
        $web = Get-WebException -Exception $_.Exception
        if (($null -eq $web) -or ($null -eq $web.Response)) { return 'none' }
        $response = $web.Response
        return [string][int]$response.StatusCode
    }
    finally { Close-Response -WebRequest $asked -Response $response }
}

function Get-Workers {
    # When each worker process of IIS started.
    $started = New-Object System.Collections.ArrayList
    foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter "Name='w3wp.exe'" -ErrorAction Stop)) {
        if ($null -ne $process) { $null = $started.Add((Get-Instant -Value $process.CreationDate)) }
    }
    return @{ started = $started }
}

function Get-HostState {
    # Prefix: of the product's services.
    param([string]$Prefix, [string]$Site)
    Set-Tls
    $answers = @{}
    foreach ($path in @($Request.paths)) { $answers[$path] = Get-Answer -Path $path -Site $Site }
    $workers = (Get-Workers).started
    $services = New-Object System.Collections.ArrayList
    foreach ($service in @(Get-Service -ErrorAction Stop)) {
        $wanted = (@('W3SVC', 'WAS') -contains $service.Name) -or $service.Name.StartsWith($Prefix, [StringComparison]::OrdinalIgnoreCase)
        if ($wanted -and ((Get-Text -Value $service.Status) -eq 'Running')) { $null = $services.Add([string]$service.Name) }
    }
    $listeners = New-Object System.Collections.ArrayList
    foreach ($listener in [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()) {
        foreach ($port in @($Request.ports)) {
            if (([int]$listener.Port -eq [int]$port) -and -not $listeners.Contains($port)) { $null = $listeners.Add($port) }
        }
    }
    return @{
        answers = $answers
        listeners = [object[]]@($listeners.ToArray())
        workers = [object[]]@($workers.ToArray())
        services = [object[]]@($services.ToArray())
    }
}

function Restart-Workers {
    $program = "$($env:windir)\System32\iisreset.exe"
    $lines = New-Object System.Collections.ArrayList
    $code = ''
    # Nobody else restarts IIS for an operator while this run has the mutex: what is young now needs no restart.
    $old = $false
    foreach ($started in (Get-Workers).started) {
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
    return @{ restarted = $old; code = $code; lines = [object[]]@($lines.ToArray()) }
}
