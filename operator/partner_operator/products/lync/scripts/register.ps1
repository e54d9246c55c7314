Import-Module -Name $Request.module -DisableNameChecking -ErrorAction Stop
$existing = ''
foreach ($entry in (Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }).objects) {
    $identity = Get-Text -Value $entry.Identity
    $same = [string]::Equals($identity, [string]$Request.identity, [StringComparison]::OrdinalIgnoreCase)
    $replaced = [string]::Equals($identity, [string]$Request.replaces, [StringComparison]::OrdinalIgnoreCase)
    if ($replaced) { Remove-CsPartnerApplication -Identity $identity -Force -Confirm:$false -ErrorAction Stop }
    elseif ($same) { $existing = $identity }
}
if ($existing -eq '') {
    $null = New-CsPartnerApplication -Identity $Request.identity -MetadataUrl $Request.metadataUrl -ApplicationTrustLevel $Request.trustLevel -Force -Confirm:$false -ErrorAction Stop
}
@{ existing = $existing }
