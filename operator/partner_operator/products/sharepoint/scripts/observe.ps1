function Read-AppPermission {
    # What an issuer's principal may do, or why that is not known: what is not known is never absent.
    param($Opened, [string]$Name)
    if ($null -ne $Opened.fault) { return $Opened.fault }
    try {
        $found = Get-AppPermission -Web $Opened.web -Name $Name
        return @{ right = $found.right; appOnly = $found.appOnly; fault = ''; words = '' }
    }
    catch { return Get-PermissionFault -Record $_ }
}

function Get-PermissionFault {
    param([System.Management.Automation.ErrorRecord]$Record)
    $inner = Get-Innermost -Exception $Record.Exception
    return @{ right = ''; appOnly = $false; fault = [string]$inner.GetType().FullName; words = [string]$inner.Message }
}

function Set-Permissions {
    # Puts what each partner's principal may do into its entry. All are asked through one web.
    param($Entries)
    $opened = $null
    try {
        foreach ($entry in @($Entries)) {
            if (-not (Test-Listed -Names $Request.partners -Name (Get-Identifier -Issuer @{ RegisteredIssuerName = $entry.issuer }))) { continue }
            if ($null -eq $opened) {
                try { $opened = @{ web = Open-Web; fault = $null } }
                catch { $opened = @{ web = $null; fault = Get-PermissionFault -Record $_ } }
            }
            $entry.permission = Read-AppPermission -Opened $opened -Name $entry.issuer
        }
    }
    finally { if ($null -ne $opened) { Close-Web -Web $opened.web } }
}

$opened = Open-Farm
$read = Get-Issuers -Warnings $opened.warnings

$entries = New-Object System.Collections.ArrayList
foreach ($issuer in $read.objects) {
    $thumbprints = New-Object System.Collections.ArrayList
    foreach ($certificate in @($issuer.SigningCertificate) + @(Get-Property -Object $issuer -Name 'AdditionalSigningCertificates')) {
        if ($null -eq $certificate) { continue }
        $raw = Get-Property -Object $certificate -Name 'RawData'
        # What nobody can read differs from any.
        if ($null -eq $raw) { $null = $thumbprints.Add('UNREADABLE') }
        else { $null = $thumbprints.Add((Get-Thumbprint -Bytes $raw)) }
    }
    $null = $entries.Add(@{
            reference = Get-Text -Value $issuer.Id
            name = Get-Text -Value $issuer.Name
            issuer = Get-Text -Value $issuer.RegisteredIssuerName
            metadataUrl = Get-Url -Issuer $issuer
            broker = -not [bool]$issuer.IsSelfIssuer
            thumbprints = [object[]]@($thumbprints.ToArray())
            permission = @{ right = ''; appOnly = $false; fault = ''; words = '' }
        })
}

$page = Select-Entries -Entries $entries -More 150
Set-Permissions -Entries $page.entries

$service = $read.service
$hosts = New-Object System.Collections.ArrayList
foreach ($server in (Invoke-Read -Call { Get-SPServer -ErrorAction Stop }).objects) {
    # SQL and mail servers, which the farm only knows of, have no role in it.
    if ((Get-Text -Value $server.Role) -ne 'Invalid') { $null = $hosts.Add((Get-Text -Value $server.Address)) }
}

@{
    product = 'SharePoint'
    version = Get-Text -Value $opened.farm.BuildVersion
    organization = Get-Text -Value $opened.farm.Id
    entries = $page.entries
    after = $page.next
    doubts = $read.doubts
    certificate = Get-Der -Certificate (Get-Property -Object (Get-Property -Object $service -Name 'LocalLoginProvider') -Name 'SigningCertificate')
    oauthOverHttp = [bool](Get-Property -Object $service -Name 'AllowOAuthOverHttp')
    metadataOverHttp = [bool](Get-Property -Object $service -Name 'AllowMetadataOverHttp')
    hybridSelection = [bool](Get-Property -Object $service -Name 'HybridStsSelectionEnabled')
    realm = Get-Shown -Call { Get-SPAuthenticationRealm -ErrorAction Stop }
    roots = Get-Shown -Call { Get-SPTrustedRootAuthority -ErrorAction Stop } -Property 'Name'
    rootSite = Get-Shown -Call { Get-SPSite -Identity $Request.web -ErrorAction Stop } -Property 'Url'
    proxies = [object[]]@((Get-Proxies).types.ToArray())
    hosts = [object[]]@($hosts.ToArray())
    documents = [object[]]@(Get-Documents -Room ($Request.answerBytes - $page.bytes))
}
