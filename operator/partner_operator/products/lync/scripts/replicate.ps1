Import-Lync
$wanted = @($Request.hosts)
$null = Invoke-CsManagementStoreReplication -ErrorAction Stop
$fresh = @()
for ($attempt = 0; $attempt -lt 10; $attempt++) {
    $fresh = New-Object System.Collections.ArrayList
    foreach ($replica in @(Get-CsManagementStoreReplicationStatus -ErrorAction Stop)) {
        if (($null -ne $replica) -and [bool]$replica.UpToDate) { $null = $fresh.Add((Get-Text -Value $replica.ReplicaFqdn)) }
    }
    $behind = @($wanted | Where-Object -FilterScript { -not (Test-Listed -Names $fresh -Name $_) })
    if ($behind.Count -eq 0) { break }
    Start-Sleep -Milliseconds 1000
}
@{ upToDate = [object[]]@($fresh.ToArray()) }
