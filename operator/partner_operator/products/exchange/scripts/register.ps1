$commands = @('Set-ADServerSettings', 'Get-PartnerApplication', 'New-PartnerApplication', 'Set-PartnerApplication', 'Get-User', 'New-MailUser',
    'Set-MailUser', 'Get-AcceptedDomain', 'Get-ManagementRole', 'Get-ManagementRoleAssignment', 'New-ManagementRoleAssignment')
$controller = [string]$Request.controller
$session = Open-Exchange -Commands $commands
try {
    $known = New-Object System.Collections.ArrayList
    $existing = ''
    foreach ($entry in (Get-Entries -Controller $controller).objects) {
        $null = $known.Add((Get-Text -Value $entry.DistinguishedName))
        $same = [string]::Equals((Get-Text -Value $entry.ApplicationIdentifier), [string]$Request.applicationIdentifier, [StringComparison]::OrdinalIgnoreCase)
        $url = [string]::Equals((Get-Text -Value $entry.AuthMetadataUrl), [string]$Request.metadataUrl, [StringComparison]::OrdinalIgnoreCase)
        if ($same -and $url -and -not [bool]$entry.UseAuthServer) { $existing = Get-Text -Value $entry.DistinguishedName }
    }
    $created = ''
    if ($existing -eq '') {
        # The shipped script is the documented way; it makes the account, its roles and the entry.
        $configure = "$($env:ExchangeInstallPath)Scripts\Configure-EnterprisePartnerApplication.ps1"
        $null = & $configure -AuthMetadataUrl $Request.metadataUrl -ApplicationType $Request.applicationType -DomainController $controller
        foreach ($entry in (Get-Entries -Controller $controller).objects) {
            $reference = Get-Text -Value $entry.DistinguishedName
            if ($known.Contains($reference)) { continue }
            $created = Get-Text -Value $entry.Name
            $null = Set-PartnerApplication -Identity $reference -Name $Request.identity -DomainController $controller -Confirm:$false -ErrorAction Stop
        }
    }
}
finally { Remove-PSSession -Session $session -ErrorAction SilentlyContinue }
@{ existing = $existing; created = $created }
