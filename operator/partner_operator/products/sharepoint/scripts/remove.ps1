$null = Open-Farm
$removed = $false
foreach ($issuer in (Invoke-Read -Call { Get-SPTrustedSecurityTokenIssuer -ErrorAction Stop }).objects) {
    if (-not (Test-Same -Left $issuer.Id -Right $Request.reference)) { continue }
    # What was made into something else meanwhile is somebody else's.
    if (-not (Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.storedUrl -Realm $Request.storedRealm)) { continue }
    $null = Remove-SPTrustedSecurityTokenIssuer -Identity (Get-Text -Value $issuer.Id) -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
