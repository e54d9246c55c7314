# Prelude of Lync's operations: the management module, under the name and in the place of this version.

function Import-Lync {
    foreach ($name in 'Lync', 'SkypeForBusiness') {
        try {
            Import-Module -Name $name -DisableNameChecking -ErrorAction Stop
            return
        }
        catch {
            if ($_.FullyQualifiedErrorId -cnotmatch '^Modules_ModuleNotFound') { throw }
            $missing = $_
        }
    }
    # A logon may lack what setup added to PSModulePath. Setup's folder is named after the version.
    if (Test-Path -LiteralPath $env:CommonProgramFiles) {
        foreach ($folder in @(Get-ChildItem -LiteralPath $env:CommonProgramFiles -ErrorAction Stop)) {
            foreach ($name in 'Lync', 'SkypeForBusiness') {
                $file = "$($folder.FullName)\Modules\$name\$name.psd1"
                if (-not (Test-Path -LiteralPath $file)) { continue }
                Import-Module -Name $file -DisableNameChecking -ErrorAction Stop
                return
            }
        }
    }
    throw $missing
}

function Test-OfContent {
    # Whether an entry is for the partner that is asked for: identifier, no token server, and URL or realm.
    param($Entry, [string]$Identifier, [string]$Url, [string]$Realm)
    if (-not (Test-Same -Left $Entry.ApplicationIdentifier -Right $Identifier)) { return $false }
    $token = Get-Text -Value $Entry.AuthToken
    if ($token -cmatch 'UseOAuthServer$') { return $false }
    if (Test-SameUrl -Left ($token -creplace '^Value=', '') -Right $Url) { return $true }
    return ($Realm -ne '') -and (Test-Same -Left $Entry.Realm -Right $Realm)
}

function Test-Behind {
    # Whether an entry is for an application that uses token servers, and for this realm. Where none is asked for, Lync may
    # write its own.
    param($Entry, [string]$Identifier, [string]$Realm, [string]$OwnRealm)
    if ((Get-Text -Value $Entry.AuthToken) -cnotmatch 'UseOAuthServer$') { return $false }
    if (-not (Test-Same -Left $Entry.ApplicationIdentifier -Right $Identifier)) { return $false }
    if (Test-Same -Left $Entry.Realm -Right $Realm) { return $true }
    return ($Realm -eq '') -and ($OwnRealm -ne '') -and (Test-Same -Left $Entry.Realm -Right $OwnRealm)
}

function Assert-Entry {
    # An entry that is gone, or was made into something else meanwhile, is somebody's: nothing is changed for it.
    param([string]$Reference, [string]$Identifier, [bool]$UseAuthServer)
    foreach ($entry in (Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }).objects) {
        if (-not (Test-Same -Left $entry.Identity -Right $Reference)) { continue }
        $alike = Test-Same -Left $entry.ApplicationIdentifier -Right $Identifier
        $usesServer = (Get-Text -Value $entry.AuthToken) -cmatch 'UseOAuthServer$'
        if ($alike -and ([bool]$usesServer -eq $UseAuthServer)) { return }
        throw "Partner application $Reference was made into another one meanwhile, so nothing was changed."
    }
    throw 'The partner application is not there any more, so nothing was changed.'
}

function Add-TokenServer {
    # Makes a token server in its plain form, unless one of that address is there. It is shared: nothing else of any is changed.
    param([string]$Name, [string]$Url)
    $read = Invoke-Read -Call { Get-CsOAuthServer -ErrorAction Stop }
    if (@($read.warnings).Count -gt 0) { throw "The list of token servers is not whole: $($read.warnings[0])" }
    foreach ($server in $read.objects) {
        if (Test-SameUrl -Left (Get-Property -Object $server -Name 'MetadataUrl') -Right $Url) { return }
        if (Test-Same -Left $server.Identity -Right $Name) { throw "There is another token server of the name $Name, so nothing was made." }
    }
    $null = New-CsOAuthServer -Identity $Name -MetadataUrl $Url -Force -Confirm:$false -ErrorAction Stop
}
