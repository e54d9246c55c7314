function Test-OfPartner {
    # Its identifier alone proves nothing: entries of an auth server share it.
    param($Entry)
    if ([bool]$Entry.UseAuthServer) { return $false }
    if (-not (Test-Same -Left $Entry.ApplicationIdentifier -Right $Request.applicationIdentifier)) { return $false }
    if (Test-SameUrl -Left $Entry.AuthMetadataUrl -Right $Request.metadataUrl) { return $true }
    $realm = Get-Text -Value $Entry.Realm
    return ($realm -ne '') -and (Test-Same -Left $realm -Right $Request.realm)
}

function Find-Account {
    # The linked account where it is there already and fit for it, an empty one otherwise, and the controller that shows it.
    param([string]$Controller)
    $known = Find-Users -Name $Request.accountName -Controller $Controller
    $users = @($known.users)
    if ($users.Count -gt 1) { throw "There are several accounts named $($Request.accountName), so nothing was made. Leave one of them." }
    $account = ''
    if ($users.Count -eq 1) {
        $kind = Get-Text -Value (Get-Property -Object $users[0] -Name 'RecipientType')
        $identity = Get-Text -Value $users[0].Identity
        if (Test-Listed -Names @('MailUser', 'User') -Name $kind) { $account = $identity }
        # The shipped script would not see it, and make another one.
        elseif (-not (Test-Same -Left $known.controller -Right $Controller)) { throw "The account $identity of another domain is of the kind $kind and cannot be linked, so nothing was made. Rename it." }
    }
    return @{ name = $account; controller = $known.controller }
}

function Find-FitAccount {
    # That account with all roles that the partner needs. What one change of a run found, the next one of the same kind need
    # not look for.
    param($Exchange, [string]$Controller)
    $fit = $Exchange.fit
    $Exchange.fit = $null
    $kind = (@($Request.accountName, $Controller) + @($Request.roles)) -join '|'
    if (($null -ne $fit) -and (Test-Same -Left $fit.kind -Right $kind)) { return $fit }
    $account = Find-Account -Controller $Controller
    if ($account.name -ne '') { Add-Roles -Account $account.name -Roles $Request.roles -Controller $account.controller }
    return @{ kind = $kind; name = $account.name; controller = $account.controller }
}

$commands = @('Get-PartnerApplication', 'New-PartnerApplication', 'Set-PartnerApplication', 'Get-User', 'New-MailUser',
    'Set-MailUser', 'Get-AcceptedDomain', 'Get-ManagementRole', 'Get-ManagementRoleAssignment', 'New-ManagementRoleAssignment')
$controller = [string]$Request.controller
Import-Commands -Exchange $exchange -Commands $commands
$known = New-Object System.Collections.ArrayList
$existing = ''
$taken = $false
$configured = $false
$before = Use-Entries -Exchange $exchange -Controller $controller
$doubts = @((Split-Warnings -Read $before).others)
if ($doubts.Count -gt 0) { throw "The list of partner applications is not whole: $($doubts[0])" }
foreach ($entry in $before.objects) {
    $null = $known.Add((Get-Reference -Entry $entry))
    if (Test-OfPartner -Entry $entry) { $existing = Get-Reference -Entry $entry }
    elseif (Test-Same -Left $entry.Name -Right $Request.identity) { $taken = $true }
}
$created = ''
if ($existing -eq '') {
    if ($taken) { throw "There is another partner application of the name $($Request.identity), so nothing was made." }
    $account = Find-FitAccount -Exchange $exchange -Controller $controller
    $link = @{}
    if (($account.name -ne '') -and (Test-Same -Left $account.controller -Right $controller)) { $link['LinkedAccount'] = $account.name }
    if ($account.name -ne '') {
        # The shipped script looks for its role assignments in a way that does not find them in every session, and then
        # fails on their names or makes them twice. So where the account is there, its other steps are taken here.
        $null = New-PartnerApplication -Name $Request.identity -AuthMetadataUrl $Request.metadataUrl -AcceptSecurityIdentifierInformation $true -Enabled $true -DomainController $controller -Confirm:$false -ErrorAction Stop @link
    }
    else {
        # The shipped script is the documented way; it makes the account, its roles and the entry.
        $configured = $true
        $configure = "$($env:ExchangeInstallPath)Scripts\Configure-EnterprisePartnerApplication.ps1"
        try { $null = & $configure -AuthMetadataUrl $Request.metadataUrl -ApplicationType $Request.applicationType -DomainController $controller }
        catch [System.Management.Automation.CommandNotFoundException] {
            if (Test-Same -Left $_.Exception.CommandName -Right $configure) { throw "Exchange's own script $configure is not there, so nothing was made." }
            throw
        }
    }
    $made = New-Object System.Collections.ArrayList
    $after = Get-Entries -Controller $controller
    foreach ($entry in $after.objects) {
        if ((-not $known.Contains((Get-Reference -Entry $entry))) -and (Test-OfPartner -Entry $entry)) { $null = $made.Add($entry) }
    }
    # Of none or several it is not known which is ours: the read-back decides.
    if ($made.Count -eq 1) {
        $created = Get-Reference -Entry $made[0]
        if ($configured) {
            $null = Set-PartnerApplication -Identity $created -Name $Request.identity -DomainController $controller -Confirm:$false -ErrorAction Stop
        }
        elseif (-not (Test-Same -Left $account.controller -Right $controller)) {
            # The controller does not show the account. Where this fails, the entry is there, and the link is repaired.
            $null = Set-PartnerApplication -Identity $created -LinkedAccount $account.name -Confirm:$false -ErrorAction Stop
        }
        if (-not $configured) {
            $exchange.list = @{ controller = $controller; read = $after }
            $exchange.fit = $account
        }
    }
}
@{ existing = $existing; created = $created; configured = $configured }
