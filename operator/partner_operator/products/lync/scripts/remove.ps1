Import-Lync
$removed = $false
foreach ($entry in (Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }).objects) {
    $identity = Get-Text -Value $entry.Identity
    if (-not [string]::Equals($identity, [string]$Request.reference, [StringComparison]::OrdinalIgnoreCase)) { continue }
    Remove-CsPartnerApplication -Identity $identity -Force -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
