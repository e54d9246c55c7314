Import-Lync
$removed = $false
foreach ($entry in (Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }).objects) {
    $identity = Get-Text -Value $entry.Identity
    if (-not (Test-Same -Left $identity -Right $Request.reference)) { continue }
    $null = Remove-CsPartnerApplication -Identity $identity -Force -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
