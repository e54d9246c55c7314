function Get-StoredCertificate {
    # Get-CsCertificate shows no key; this machine's own copy does. Empty when it has none.
    param([string]$Thumbprint)
    if ($Thumbprint -eq '') { return '' }
    $path = "Cert:\LocalMachine\My\$Thumbprint"
    if (-not (Test-Path -LiteralPath $path)) { return '' }
    $raw = Get-Property -Object (Get-Item -LiteralPath $path -ErrorAction Stop) -Name 'RawData'
    if ($null -eq $raw) { return '' }
    return [Convert]::ToBase64String([byte[]]$raw)
}

function Get-TokenServers {
    # The token servers that the deployment trusts, or why they are not known. Objects of Lync 2013 lack some properties.
    $servers = New-Object System.Collections.ArrayList
    try {
        $read = Invoke-Read -Call { Get-CsOAuthServer -ErrorAction Stop }
        $warned = Split-Warnings -Read $read
        foreach ($server in $read.objects) {
            $null = $servers.Add(@{
                    name = Get-Text -Value $server.Identity
                    metadataUrl = Get-Text -Value (Get-Property -Object $server -Name 'MetadataUrl')
                    issuer = Get-Text -Value (Get-Property -Object $server -Name 'IssuerIdentifier')
                    realm = Get-Text -Value (Get-Property -Object $server -Name 'Realm')
                    type = Get-Text -Value (Get-Property -Object $server -Name 'Type')
                    warning = [string]$warned.about["$(@($servers).Count)"]
                })
        }
        $fault = ''
        if (@($warned.others).Count -gt 0) { $fault = "Get-CsOAuthServer warned: $($warned.others[0])" }
        return @{ servers = [object[]]@($servers.ToArray()); fault = $fault }
    }
    catch { return @{ servers = [object[]]@(); fault = [string]$_.Exception.Message } }
}

Import-Lync

$read = Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }
$warned = Split-Warnings -Read $read
$entries = New-Object System.Collections.ArrayList
foreach ($entry in $read.objects) {
    # There is no MetadataUrl property; the URL is the text of AuthToken, with or without 'Value='.
    $token = Get-Text -Value $entry.AuthToken
    $usesServer = $token -cmatch 'UseOAuthServer$'
    $url = ''
    if (-not $usesServer) { $url = $token -creplace '^Value=', '' }
    $null = $entries.Add(@{
            reference = Get-Text -Value $entry.Identity
            name = Get-Text -Value $entry.Identity
            applicationIdentifier = Get-Text -Value $entry.ApplicationIdentifier
            realm = Get-Text -Value $entry.Realm
            metadataUrl = $url
            useAuthServer = $usesServer
            enabled = [bool]$entry.Enabled
            acceptsSecurityIdentifiers = [bool]$entry.AcceptSecurityIdentifierInformation
            trustLevel = Get-Text -Value $entry.ApplicationTrustLevel
            warning = [string]$warned.about["$(@($entries).Count)"]
        })
}

$page = Select-Entries -Entries $entries -More 0

$certificate = $null
$certificateFault = ''
try {
    foreach ($found in @(Get-CsCertificate -Type OAuthTokenIssuer -ErrorAction Stop)) {
        if ($null -eq $found) { continue }
        $thumbprint = Get-Text -Value $found.Thumbprint
        $previous = Get-Text -Value $found.PreviousThumbprint
        $certificate = @{
            thumbprint = $thumbprint
            der = Get-StoredCertificate -Thumbprint $thumbprint
            previous = $previous
            previousDer = Get-StoredCertificate -Thumbprint $previous
            subject = Get-Text -Value $found.Subject
            notBefore = Get-Instant -Value $found.NotBefore
            notAfter = Get-Instant -Value $found.NotAfter
            effectiveAt = Get-Instant -Value $found.EffectiveDate
        }
    }
}
catch { $certificateFault = [string]$_.Exception.Message }

$replicas = New-Object System.Collections.ArrayList
$version = ''
foreach ($replica in @(Get-CsManagementStoreReplicationStatus -ErrorAction Stop)) {
    if ($null -eq $replica) { continue }
    $fqdn = Get-Text -Value $replica.ReplicaFqdn
    # While two versions live side by side, this machine's own is meant.
    if (Test-Same -Left $fqdn -Right $Request.host) { $version = Get-Text -Value $replica.ProductVersion }
    $null = $replicas.Add(@{ fqdn = $fqdn; upToDate = [bool]$replica.UpToDate })
}

$tokenServers = Get-TokenServers
$connection = Get-CsManagementConnection -ErrorAction Stop
@{
    product = 'Lync'
    version = $version
    organization = Get-Text -Value $connection.Connection
    entries = $page.entries
    after = $page.next
    warnings = $warned.others
    certificate = $certificate
    certificateFault = $certificateFault
    replicas = [object[]]@($replicas.ToArray())
    tokenServers = $tokenServers.servers
    tokenServersFault = $tokenServers.fault
    documents = [object[]]@(Get-Documents -Room ($Request.answerBytes - $page.bytes))
}
