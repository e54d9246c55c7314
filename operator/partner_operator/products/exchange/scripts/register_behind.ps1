$commands = @('Get-PartnerApplication', 'New-PartnerApplication', 'Set-PartnerApplication', 'Get-User')
if ([string]$Request.tokenServerName -ne '') { $commands += @('Get-AuthServer', 'New-AuthServer') }
$controller = [string]$Request.controller
Import-Commands -Exchange $exchange -Commands $commands
$known = New-Object System.Collections.ArrayList
$existing = ''
$taken = $false
$before = Use-Entries -Exchange $exchange -Controller $controller
$doubts = @((Split-Warnings -Read $before).others)
if ($doubts.Count -gt 0) { throw "The list of partner applications is not whole: $($doubts[0])" }
foreach ($entry in $before.objects) {
    $null = $known.Add((Get-Reference -Entry $entry))
    if (Test-Behind -Entry $entry -Identifier $Request.applicationIdentifier -Realm $Request.realm) { $existing = Get-Reference -Entry $entry }
    elseif (Test-Same -Left $entry.Name -Right $Request.identity) { $taken = $true }
}
$created = ''
if ($existing -eq '') {
    if ($taken) { throw "There is another partner application of the name $($Request.identity), so nothing was made." }
    $more = @{}
    $elsewhere = $false
    if ([string]$Request.account -ne '') {
        $place = Assert-Account -Name $Request.account -Controller $controller
        $elsewhere = -not (Test-Same -Left $place -Right $controller)
        if (-not $elsewhere) { $more['LinkedAccount'] = [string]$Request.account }
    }
    if ([string]$Request.realm -ne '') { $more['Realm'] = [string]$Request.realm }
    # First: without it another token server would vouch for the application, and this one not.
    if ([string]$Request.tokenServerName -ne '') { Add-TokenServer -Name $Request.tokenServerName -Url $Request.tokenServerUrl -Controller $controller }
    $null = New-PartnerApplication -Name $Request.identity -ApplicationIdentifier $Request.applicationIdentifier -Enabled $true -DomainController $controller -Confirm:$false -ErrorAction Stop @more
    $made = New-Object System.Collections.ArrayList
    $after = Get-Entries -Controller $controller
    foreach ($entry in $after.objects) {
        $new = -not $known.Contains((Get-Reference -Entry $entry))
        if ($new -and (Test-Behind -Entry $entry -Identifier $Request.applicationIdentifier -Realm $Request.realm)) { $null = $made.Add($entry) }
    }
    # Of none or several it is not known which is ours: the read-back decides.
    if ($made.Count -eq 1) { $created = Get-Reference -Entry $made[0] }
    if ($elsewhere -and ($created -ne '')) {
        # An account of another domain: the controller that made the entry does not know it.
        $null = Set-PartnerApplication -Identity $created -LinkedAccount $Request.account -Confirm:$false -ErrorAction Stop
    }
    $exchange.list = @{ controller = $controller; read = $after }
}
@{ existing = $existing; created = $created; configured = $false }
