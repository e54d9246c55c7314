$null = Open-Farm
$removed = $false
foreach ($issuer in (Invoke-Read -Call { Get-SPTrustedSecurityTokenIssuer -ErrorAction Stop }).objects) {
    # Also what a change that was broken off has left beside it.
    $named = Test-Same -Left $issuer.Id -Right $Request.reference
    if (-not ($named -or (Test-Same -Left $issuer.Name -Right $Request.interim))) { continue }
    # What was made into something else meanwhile is somebody else's.
    if (-not (Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.storedUrl -Realm $Request.storedRealm)) { continue }
    if ($named -and ([string]$Request.right -ne '')) {
        # While the issuer is there: its principal is not found without it.
        $web = Open-Web
        try { Set-AppPermission -Web $web -Principal (Find-AppPrincipal -Web $web -Issuer $issuer) }
        finally { Close-Web -Web $web }
    }
    $null = Remove-SPTrustedSecurityTokenIssuer -Identity (Get-Text -Value $issuer.Id) -Confirm:$false -ErrorAction Stop
    $removed = $true
}
@{ removed = $removed }
