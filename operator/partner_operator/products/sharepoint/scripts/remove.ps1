$null = Open-Farm
$removed = $false
foreach ($issuer in (Invoke-Read -Call { Get-SPTrustedSecurityTokenIssuer -ErrorAction Stop }).objects) {
    # Also what a change that was broken off has left beside it.
    $named = (Test-Same -Left $issuer.Id -Right $Request.reference) -or (Test-Same -Left $issuer.Name -Right $Request.interim)
    if (-not $named) { continue }
    # What was made into something else meanwhile is somebody else's.
    if (-not (Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.storedUrl -Realm $Request.storedRealm)) { continue }
    $null = Remove-SPTrustedSecurityTokenIssuer -Identity (Get-Text -Value $issuer.Id) -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
