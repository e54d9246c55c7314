Import-Lync
$removed = $false
foreach ($entry in (Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }).objects) {
    $identity = Get-Text -Value $entry.Identity
    if (-not (Test-Same -Left $identity -Right $Request.reference)) { continue }
    # Names can be given again: an entry for somebody else under this one stays.
    if ($Request.useAuthServer) { $same = Test-Behind -Entry $entry -Identifier $Request.applicationIdentifier -Realm $Request.realm }
    else { $same = Test-OfContent -Entry $entry -Identifier $Request.applicationIdentifier -Url $Request.metadataUrl -Realm $Request.realm }
    if (-not $same) { continue }
    $null = Remove-CsPartnerApplication -Identity $identity -Force -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
