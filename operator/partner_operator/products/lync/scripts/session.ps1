# Prelude of Lync's operations: the management module, under the name and in the place of this version.

function Import-Lync {
    # A logon may lack what setup added to PSModulePath, hence the paths. The last error says that there is none.
    $names = @('Lync', 'SkypeForBusiness',
        "$($env:CommonProgramFiles)\Microsoft Lync Server 2013\Modules\Lync\Lync.psd1",
        "$($env:CommonProgramFiles)\Skype for Business Server 2015\Modules\SkypeForBusiness\SkypeForBusiness.psd1",
        "$($env:CommonProgramFiles)\Skype for Business Server 2019\Modules\SkypeForBusiness\SkypeForBusiness.psd1")
    for ($place = 0; $place -lt $names.Count; $place++) {
        try {
            Import-Module -Name $names[$place] -DisableNameChecking -ErrorAction Stop
            return
        }
        catch {
            $missing = $_.FullyQualifiedErrorId -cmatch '^Modules_ModuleNotFound'
            if ((-not $missing) -or ($place -eq ($names.Count - 1))) { throw }
        }
    }
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
