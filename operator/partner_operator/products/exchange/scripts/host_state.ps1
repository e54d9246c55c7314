function Get-Answer {
    param([string]$Path)
    $asked = $null
    $response = $null
    try {
        $asked = New-WebRequest -Url "https://$($Request.host)$Path" -Seconds 30
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

Set-Tls
$answers = @{}
foreach ($path in @($Request.paths)) { $answers[$path] = Get-Answer -Path $path }
$started = New-Object System.Collections.ArrayList
foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter "Name='w3wp.exe'" -ErrorAction Stop)) {
    if ($null -ne $process) { $null = $started.Add((Get-Instant -Value $process.CreationDate)) }
}
$services = New-Object System.Collections.ArrayList
foreach ($service in @(Get-Service -ErrorAction Stop)) {
    $wanted = (@('W3SVC', 'WAS') -contains $service.Name) -or $service.Name.StartsWith('MSExchange', [StringComparison]::OrdinalIgnoreCase)
    if ($wanted -and ((Get-Text -Value $service.Status) -eq 'Running')) { $null = $services.Add([string]$service.Name) }
}
$listeners = New-Object System.Collections.ArrayList
foreach ($listener in [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()) {
    foreach ($port in @($Request.ports)) {
        if (([int]$listener.Port -eq [int]$port) -and -not $listeners.Contains($port)) { $null = $listeners.Add($port) }
    }
}
@{
    answers = $answers
    listeners = [object[]]@($listeners.ToArray())
    workers = [object[]]@($started.ToArray())
    services = [object[]]@($services.ToArray())
}
