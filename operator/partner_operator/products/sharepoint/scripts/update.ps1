function Find-Ours {
    $read = Invoke-Read -Call { Get-SPTrustedSecurityTokenIssuer -ErrorAction Stop }
    foreach ($issuer in $read.objects) {
        if (Test-Same -Left $issuer.Id -Right $Request.reference) { return $issuer }
    }
    throw "There is no token issuer $($Request.reference) any more, so nothing was changed."
}

$issuer = Find-Ours
if (-not (Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.storedUrl -Realm $Request.storedRealm)) { throw "The token issuer $($issuer.Name) was made into another one meanwhile, so nothing was changed." }
$asked = [string]$Request.right -ne ''
$web = $null
$principal = $null
try {
    if ($asked) {
        # First, while nothing is changed yet.
        $web = Open-Web
        $principal = Find-AppPrincipal -Web $web -Issuer $issuer
    }
    if ($Request.setUrl) {
        # Reads the document again. The flag stays as it is: leaving it out may change it.
        $broker = -not [bool]$issuer.IsSelfIssuer
        $null = Set-SPTrustedSecurityTokenIssuer -Identity (Get-Text -Value $issuer.Id) -MetadataEndPoint $Request.metadataUrl -IsTrustBroker:$broker -Confirm:$false -ErrorAction Stop
    }
    if ([string]$Request.name -ne '') {
        # Read again: an object from before another change cannot be stored any more.
        $issuer = Find-Ours
        $issuer.Name = [string]$Request.name
        $null = $issuer.Update()
    }
    if ($asked) { Set-AppPermission -Web $web -Principal $principal }
}
finally { Close-Web -Web $web }
@{ reference = Get-Text -Value $issuer.Id }
