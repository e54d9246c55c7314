Import-Lync
$wanted = @($Request.hosts)
Invoke-CsManagementStoreReplication -ErrorAction Stop
$fresh = @()
for ($attempt = 0; $attempt -lt 10; $attempt++) {
    $fresh = New-Object System.Collections.ArrayList
    foreach ($replica in @(Get-CsManagementStoreReplicationStatus -ErrorAction Stop)) {
        if (($null -ne $replica) -and [bool]$replica.UpToDate) { $null = $fresh.Add((Get-Text -Value $replica.ReplicaFqdn)) }
    }
    $missing = @($wanted | Where-Object -FilterScript { $fresh -notcontains $_ })
    if ($missing.Count -eq 0) { break }
    Start-Sleep -Milliseconds 1000
}
@{ upToDate = [object[]]@($fresh.ToArray()) }
