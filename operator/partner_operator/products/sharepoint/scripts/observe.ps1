function Read-AppPermission {
    # What an issuer's principal may do, or why that is not known: what is not known is never absent.
    param($Issuer)
    $web = $null
    try {
        $web = Open-Web
        $found = Get-AppPermission -Web $web -Name (Get-Text -Value $Issuer.RegisteredIssuerName)
        return @{ right = $found.right; appOnly = $found.appOnly; fault = ''; words = '' }
    }
    catch {
        $inner = Get-Innermost -Exception $_.Exception
        return @{ right = ''; appOnly = $false; fault = [string]$inner.GetType().FullName; words = [string]$inner.Message }
    }
    finally { Close-Web -Web $web }
}

$opened = Open-Farm
$read = Get-Issuers -Warnings $opened.warnings

$entries = New-Object System.Collections.ArrayList
foreach ($issuer in $read.objects) {
    $certificates = New-Object System.Collections.ArrayList
    foreach ($certificate in @($issuer.SigningCertificate) + @(Get-Property -Object $issuer -Name 'AdditionalSigningCertificates')) {
        if ($null -ne $certificate) { $null = $certificates.Add((Get-Der -Certificate $certificate)) }
    }
    $permission = @{ right = ''; appOnly = $false; fault = ''; words = '' }
    if (Test-Listed -Names $Request.partners -Name (Get-Identifier -Issuer $issuer)) { $permission = Read-AppPermission -Issuer $issuer }
    $null = $entries.Add(@{
            reference = Get-Text -Value $issuer.Id
            name = Get-Text -Value $issuer.Name
            issuer = Get-Text -Value $issuer.RegisteredIssuerName
            metadataUrl = Get-Url -Issuer $issuer
            broker = -not [bool]$issuer.IsSelfIssuer
            certificates = [object[]]@($certificates.ToArray())
            permission = $permission
        })
}

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
    entries = [object[]]@($entries.ToArray())
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
    documents = [object[]]@(Get-Documents)
}
