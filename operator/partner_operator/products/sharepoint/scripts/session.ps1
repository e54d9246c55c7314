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
    $listed = New-Object System.Collections.ArrayList
    foreach ($issuer in $read.objects) { $null = $listed.Add((Get-Text -Value $issuer.Id)) }
    $counted = New-Object System.Collections.ArrayList
    foreach ($issuer in @(Get-Property -Object $service -Name 'TrustedSecurityTokenServices')) {
        if ($null -ne $issuer) { $null = $counted.Add((Get-Text -Value $issuer.Id)) }
    }
    $missing = @($counted | Where-Object -FilterScript { -not (Test-Listed -Names $listed -Name $_) })
    if ($null -eq $service) { $null = $doubts.Add('Get-SPSecurityTokenServiceConfig shows nothing.') }
    elseif (($missing.Count -gt 0) -or ($counted.Count -ne $listed.Count)) {
        $null = $doubts.Add("Get-SPTrustedSecurityTokenIssuer shows $($listed.Count) issuers, and the security token service has $($counted.Count).")
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

function Test-OfContent {
    # Whether an issuer is this partner: its identifier, and its address or its realm.
    param($Issuer, [string]$Identifier, [string]$Url, [string]$Realm)
    $name = Get-Text -Value $Issuer.RegisteredIssuerName
    # The text in front of the first @ may bear stray slashes.
    $own = ($name -creplace '@[\s\S]*$', '') -creplace '^[\s/]+|[\s/]+$', ''
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
