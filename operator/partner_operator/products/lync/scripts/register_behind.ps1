$existing = ''
$replaced = ''
$read = Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }
$doubts = @((Split-Warnings -Read $read).others)
if ($doubts.Count -gt 0) { throw "The list of partner applications is not whole: $($doubts[0])" }
foreach ($entry in $read.objects) {
    $identity = Get-Text -Value $entry.Identity
    if (Test-Same -Left $identity -Right $Request.replaces) {
        # Names can be given again: an entry for somebody else under this one stays.
        if (-not (Test-Behind -Entry $entry -Identifier $Request.applicationIdentifier -Realm $Request.replacedRealm)) { throw "Partner application $identity was made into another one meanwhile, so nothing was removed." }
        $replaced = $identity
    }
    elseif (Test-Same -Left $identity -Right $Request.identity) { $existing = $identity }
    elseif (([string]$Request.replaces -eq '') -and ($existing -eq '')) {
        if (Test-Behind -Entry $entry -Identifier $Request.applicationIdentifier -Realm $Request.realm -OwnRealm $Request.ownRealm) { $existing = $identity }
    }
}
if (($replaced -ne '') -and ($existing -ne '')) { throw "There is another partner application of the name $existing, so nothing was removed." }
# First: without it another token server would vouch for the application, and this one not.
if (($existing -eq '') -and ([string]$Request.tokenServerName -ne '')) { Add-TokenServer -Name $Request.tokenServerName -Url $Request.tokenServerUrl }
if ($replaced -ne '') { $null = Remove-CsPartnerApplication -Identity $replaced -Force -Confirm:$false -ErrorAction Stop }
if ($existing -eq '') {
    $more = @{}
    if ([string]$Request.realm -ne '') { $more['Realm'] = [string]$Request.realm }
    $null = New-CsPartnerApplication -Identity $Request.identity -ApplicationIdentifier $Request.applicationIdentifier -ApplicationTrustLevel $Request.trustLevel -UseOAuthServer -Force -Confirm:$false -ErrorAction Stop @more
}
@{ existing = $existing }
