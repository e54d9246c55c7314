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
