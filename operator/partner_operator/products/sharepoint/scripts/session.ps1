# Prelude of SharePoint's operations: the cmdlets, the farm that proves them, and its issuers.

function Open-Farm {
    # The farm, and what was warned while the cmdlets were loaded. That they load proves nothing: a snap-in only warns
    # where the farm is out of reach, and cmdlets may then show nothing at all.
    $warnings = @()
    try {
        $loaded = Invoke-Read -Call { Import-Module -Name SharePointServer -DisableNameChecking -ErrorAction Stop }
    }
    catch {
        # Subscription Edition has a module, older versions have a snap-in.
        if ($_.FullyQualifiedErrorId -cnotmatch '^Modules_ModuleNotFound') { throw }
        $loaded = Invoke-Read -Call { Add-PSSnapin -Name Microsoft.SharePoint.PowerShell -ErrorAction Stop }
        $warnings = $loaded.warnings
    }
    $farm = $null
    foreach ($found in (Invoke-Read -Call { Get-SPFarm -ErrorAction Stop }).objects) { $farm = $found }
    if ($null -eq $farm) { throw 'PartnerOperator.NoFarm' }
    return @{ farm = $farm; warnings = $warnings }
}

function Get-Issuers {
    # All issuers, the token service, and why the list is not believed: the service counts the issuers a second time.
    param($Warnings)
    $read = Invoke-Read -Call { Get-SPTrustedSecurityTokenIssuer -ErrorAction Stop }
    $service = $null
    foreach ($found in (Invoke-Read -Call { Get-SPSecurityTokenServiceConfig -ErrorAction Stop }).objects) { $service = $found }
    $doubts = New-Object System.Collections.ArrayList
    foreach ($warning in @($Warnings) + @($read.warnings)) {
        if ($null -ne $warning) { $null = $doubts.Add([string]$warning) }
    }
    $count = @($read.objects).Count
    $listed = New-Object System.Collections.Hashtable -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    foreach ($issuer in $read.objects) { $listed[(Get-Text -Value $issuer.Id)] = $true }
    $counted = New-Object System.Collections.ArrayList
    foreach ($issuer in @(Get-Property -Object $service -Name 'TrustedSecurityTokenServices')) {
        if ($null -ne $issuer) { $null = $counted.Add((Get-Text -Value $issuer.Id)) }
    }
    $missing = @($counted | Where-Object -FilterScript { $null -eq $listed[$_] })
    if ($null -eq $service) { $null = $doubts.Add('Get-SPSecurityTokenServiceConfig shows nothing.') }
    elseif (($missing.Count -gt 0) -or ($counted.Count -ne $count)) {
        $null = $doubts.Add("Get-SPTrustedSecurityTokenIssuer shows $count issuers, and the security token service has $($counted.Count).")
    }
    return @{ objects = $read.objects; service = $service; doubts = [object[]]@($doubts.ToArray()) }
}

function Get-Url {
    # As it was given: a Uri's own text may be another.
    param($Issuer)
    $url = Get-Property -Object $Issuer -Name 'MetadataEndPoint'
    $original = Get-Property -Object $url -Name 'OriginalString'
    if ($null -ne $original) { return [string]$original }
    return Get-Text -Value $url
}

function Get-Identifier {
    # The text in front of the first @ of the name for tokens, which may bear stray slashes.
    param($Issuer)
    return ((Get-Text -Value $Issuer.RegisteredIssuerName) -creplace '@[\s\S]*$', '') -creplace '^[\s/]+|[\s/]+$', ''
}

function Test-OfContent {
    # Whether an issuer is this partner: its identifier, and its address or its realm.
    param($Issuer, [string]$Identifier, [string]$Url, [string]$Realm)
    $name = Get-Text -Value $Issuer.RegisteredIssuerName
    $own = Get-Identifier -Issuer $Issuer
    $realmOfIssuer = ($name -creplace '^[^@]*@?', '').Trim()
    if (-not (Test-Same -Left $own -Right $Identifier)) { return $false }
    if (Test-SameUrl -Left (Get-Url -Issuer $Issuer) -Right $Url) { return $true }
    return ($Realm -ne '') -and (Test-Same -Left $realmOfIssuer -Right $Realm)
}

function Get-Der {
    param($Certificate)
    $raw = Get-Property -Object $Certificate -Name 'RawData'
    if ($null -eq $raw) { return '' }
    return [Convert]::ToBase64String([byte[]]$raw)
}

function Get-Shown {
    # Texts that are only shown to people. That they cannot be read stops nothing, and is shown in their place.
    param([scriptblock]$Call, [string]$Property)
    $texts = New-Object System.Collections.ArrayList
    try {
        foreach ($found in (Invoke-Read -Call $Call).objects) {
            if ($Property -eq '') { $null = $texts.Add((Get-Text -Value $found)) }
            else { $null = $texts.Add((Get-Text -Value (Get-Property -Object $found -Name $Property))) }
        }
    }
    catch { return @{ texts = @(); fault = [string]$_.Exception.Message } }
    return @{ texts = [object[]]@($texts.ToArray()); fault = '' }
}

function Get-Proxies {
    # Class names of the service applications' proxies: their names may be missing, and TypeName is localised.
    $types = New-Object System.Collections.ArrayList
    foreach ($proxy in (Invoke-Read -Call { Get-SPServiceApplicationProxy -ErrorAction Stop }).objects) { $null = $types.Add([string]$proxy.GetType().FullName) }
    return @{ types = $types }
}

function Open-Web {
    # The root web that partners know the farm by: what applications may do is asked and changed through a web.
    $web = $null
    foreach ($found in (Invoke-Read -Call { Get-SPWeb -Identity $Request.web -ErrorAction Stop }).objects) { $web = $found }
    if ($null -eq $web) { throw 'PartnerOperator.NoWeb' }
    return $web
}

function Close-Web {
    param($Web)
    if ($null -ne $Web) { $null = $Web.Dispose() }
}

function Get-AppPermission {
    # What the principal of this name may do on all sites, and whether by its own token. No cmdlet reads it.
    param($Web, [string]$Name)
    $manager = [Microsoft.SharePoint.SPAppPrincipalManager]::GetManager($Web)
    $named = [Microsoft.SharePoint.SPAppPrincipalName]::CreateFromNameIdentifier($Name)
    $principal = $manager.LookupAppPrincipal([Microsoft.SharePoint.SPAppPrincipalIdentityProvider]::External, $named)
    if ($null -eq $principal) { return @{ right = 'None'; appOnly = $false } }
    $reader = New-Object Microsoft.SharePoint.SPAppPrincipalPermissionsManager -ArgumentList $Web
    $right = $reader.GetAppPrincipalSiteSubscriptionContentPermission($principal)
    return @{ right = Get-Text -Value $right; appOnly = [bool]$reader.IsAppOnlyPolicyAllowed($principal) }
}

function Find-AppPrincipal {
    # The principal of an issuer, if it may do what it did when it was looked at. Nothing is changed here.
    param($Web, $Issuer)
    $name = Get-Text -Value $Issuer.RegisteredIssuerName
    $there = Get-AppPermission -Web $Web -Name $name
    if (-not (Test-Same -Left $there.right -Right $Request.rightBefore) -or ([bool]$there.appOnly -ne [bool]$Request.appOnlyBefore)) { throw "The permission of $name was changed by somebody else meanwhile, so nothing was changed." }
    $principal = $null
    foreach ($found in (Invoke-Read -Call { Get-SPAppPrincipal -Site $Web -NameIdentifier $name -ErrorAction Stop }).objects) { $principal = $found }
    if ($null -eq $principal) { throw "Get-SPAppPrincipal shows nothing for $name, so nothing was changed." }
    return $principal
}

function Set-AppPermission {
    param($Web, $Principal)
    $nothing = Test-Same -Left $Request.right -Right 'None'
    $narrower = [bool]$Request.appOnlyBefore -and -not [bool]$Request.appOnly
    if ($nothing -or $narrower) {
        # Set can allow the use of its own token, and only Remove takes that back.
        $null = Remove-SPAppPrincipalPermission -AppPrincipal $Principal -Site $Web -Scope SiteSubscription -DisableAppOnlyPolicy:$narrower -Confirm:$false -ErrorAction Stop
    }
    if (-not $nothing) {
        $null = Set-SPAppPrincipalPermission -AppPrincipal $Principal -Site $Web -Scope SiteSubscription -Right $Request.right -EnableAppOnlyPolicy:([bool]$Request.appOnly) -Confirm:$false -ErrorAction Stop
    }
}
