function Test-Web {
    # The partner shall be allowed something when it is there: where that cannot be, nothing is made.
    $web = Open-Web
    try { $null = Get-AppPermission -Web $web -Name "$($Request.applicationIdentifier)@$($Request.realm)" }
    finally { Close-Web -Web $web }
}

function Find-Made {
    # The issuer with the content that is wanted, and none of those that were there; empty where it is not one.
    param($Known)
    $found = New-Object System.Collections.ArrayList
    foreach ($issuer in (Get-Issuers -Warnings @()).objects) {
        $of = Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.metadataUrl -Realm $Request.realm
        if ($of -and -not (Test-Listed -Names $Known -Name $issuer.Id)) { $null = $found.Add($issuer) }
    }
    if ($found.Count -eq 1) { return $found[0] }
    return $null
}

function Set-OldPermission {
    # While the old issuer is there: its principal is not found without it.
    param($Issuer)
    $web = Open-Web
    try { Set-AppPermission -Web $web -Principal (Find-AppPrincipal -Web $web -Issuer $Issuer) }
    finally { Close-Web -Web $web }
}

$read = Get-Issuers -Warnings $opened.warnings
$doubts = @($read.doubts)
if ($doubts.Count -gt 0) { throw "The list of token issuers is not whole: $($doubts[0])" }
# Without it the principals of issuers have no place, and every call with a token fails.
if (-not (Test-Listed -Names (Get-Proxies).types -Name $Request.appManagement)) { throw 'PartnerOperator.NoAppManagement' }
if ([string]$Request.web -ne '') { Test-Web }
$known = New-Object System.Collections.ArrayList
$existing = ''
$taken = ''
$old = $null
$unfinished = $null
foreach ($issuer in $read.objects) {
    $reference = Get-Text -Value $issuer.Id
    $null = $known.Add($reference)
    $of = Test-OfContent -Issuer $issuer -Identifier $Request.applicationIdentifier -Url $Request.metadataUrl -Realm $Request.realm
    if (([string]$Request.replaces -ne '') -and (Test-Same -Left $reference -Right $Request.replaces)) {
        if (-not (Test-OfContent -Issuer $issuer -Identifier $Request.replacedIdentifier -Url $Request.replacedUrl -Realm $Request.replacedRealm)) { throw "The token issuer $($issuer.Name) was made into another one meanwhile, so nothing was removed." }
        $old = $issuer
    }
    # What a run left that was broken off between making the new one and removing the old one.
    elseif ($of -and ([string]$Request.replaces -ne '') -and (Test-Same -Left $issuer.Name -Right $Request.interim)) { $unfinished = $issuer }
    elseif ($of) { $existing = $reference }
    elseif (Test-Same -Left $issuer.Name -Right $Request.identity) { $taken = $reference }
}
$created = ''
if (($existing -ne '') -and ($null -ne $old)) { throw 'There is another token issuer for the same partner, so nothing was removed.' }
if ($existing -eq '') {
    if ($taken -ne '') { throw "There is another token issuer of the name $($Request.identity), so nothing was made." }
    $name = [string]$Request.identity
    # The new one first: what cannot be made costs nothing then.
    if ($null -ne $old) { $name = [string]$Request.interim }
    if ($null -eq $unfinished) {
        $null = New-SPTrustedSecurityTokenIssuer -Name $name -MetadataEndPoint $Request.metadataUrl -IsTrustBroker:$false -Confirm:$false -ErrorAction Stop
    }
    # What New gives is no proof: it may give nothing, and be done, or give nothing and not be.
    $made = $unfinished
    if ($null -eq $made) { $made = Find-Made -Known $known }
    if ($null -ne $made) {
        $created = Get-Text -Value $made.Id
        if ($null -ne $old) {
            if ([string]$Request.right -ne '') { Set-OldPermission -Issuer $old }
            $null = Remove-SPTrustedSecurityTokenIssuer -Identity (Get-Text -Value $old.Id) -Confirm:$false -ErrorAction Stop
            $made.Name = [string]$Request.identity
            $null = $made.Update()
        }
    }
}
@{ existing = $existing; created = $created }
