function Test-OfPartner {
    # Its identifier alone proves nothing: entries of an auth server share it.
    param($Entry)
    if ([bool]$Entry.UseAuthServer) { return $false }
    if (-not (Test-Same -Left $Entry.ApplicationIdentifier -Right $Request.applicationIdentifier)) { return $false }
    if (Test-Same -Left $Entry.AuthMetadataUrl -Right $Request.metadataUrl) { return $true }
    $realm = Get-Text -Value $Entry.Realm
    return ($realm -ne '') -and (Test-Same -Left $realm -Right $Request.realm)
}

$commands = @('Set-ADServerSettings', 'Get-PartnerApplication', 'New-PartnerApplication', 'Set-PartnerApplication', 'Get-User', 'New-MailUser',
    'Set-MailUser', 'Get-AcceptedDomain', 'Get-ManagementRole', 'Get-ManagementRoleAssignment', 'New-ManagementRoleAssignment')
$controller = [string]$Request.controller
$session = Open-Exchange -Commands $commands
try {
    $known = New-Object System.Collections.ArrayList
    $existing = ''
    $taken = $false
    $before = Get-Entries -Controller $controller
    if (@($before.warnings).Count -gt 0) { throw "The list of partner applications is not whole: $($before.warnings[0])" }
    foreach ($entry in $before.objects) {
        $null = $known.Add((Get-Text -Value $entry.DistinguishedName))
        if (Test-OfPartner -Entry $entry) { $existing = Get-Text -Value $entry.DistinguishedName }
        elseif (Test-Same -Left $entry.Name -Right $Request.identity) { $taken = $true }
    }
    $created = ''
    if ($existing -eq '') {
        if ($taken) { throw "There is another partner application of the name $($Request.identity), so nothing was made." }
        # The shipped script is the documented way; it makes the account, its roles and the entry.
        $configure = "$($env:ExchangeInstallPath)Scripts\Configure-EnterprisePartnerApplication.ps1"
        try { $null = & $configure -AuthMetadataUrl $Request.metadataUrl -ApplicationType $Request.applicationType -DomainController $controller }
        catch [System.Management.Automation.CommandNotFoundException] {
            if (Test-Same -Left $_.Exception.CommandName -Right $configure) { throw "Exchange's own script $configure is not there, so nothing was made." }
            throw
        }
        $made = New-Object System.Collections.ArrayList
        foreach ($entry in (Get-Entries -Controller $controller).objects) {
            $reference = Get-Text -Value $entry.DistinguishedName
            if ((-not $known.Contains($reference)) -and (Test-OfPartner -Entry $entry)) { $null = $made.Add($entry) }
        }
        # Of none or several it is not known which is ours: the read-back decides.
        if ($made.Count -eq 1) {
            $created = Get-Text -Value $made[0].Name
            $reference = Get-Text -Value $made[0].DistinguishedName
            $null = Set-PartnerApplication -Identity $reference -Name $Request.identity -DomainController $controller -Confirm:$false -ErrorAction Stop
        }
    }
}
finally { Remove-PSSession -Session $session -ErrorAction SilentlyContinue }
@{ existing = $existing; created = $created }
