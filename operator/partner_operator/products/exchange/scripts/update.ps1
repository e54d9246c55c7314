$commands = @('Get-PartnerApplication', 'Set-PartnerApplication', 'Get-User', 'New-MailUser', 'Set-MailUser',
    'Get-AcceptedDomain', 'Get-ManagementRoleAssignment', 'New-ManagementRoleAssignment')
$controller = [string]$Request.controller
$reference = [string]$Request.reference
Import-Commands -Exchange $exchange -Commands $commands
Assert-Entry -Exchange $exchange -Reference $reference -Identifier $Request.applicationIdentifier -UseAuthServer $false -Controller $controller
$account = [string]$Request.account
$place = $controller
if ($Request.repairAccount) {
    $name = [string]$Request.accountName
    $shown = Find-Users -Name $name -Controller $controller
    $found = @($shown.users)
    $place = $shown.controller
    if ($found.Count -gt 1) { throw "There are several accounts named $name, so none was linked. Leave one of them." }
    if ($found.Count -eq 0) {
        $domain = ''
        foreach ($accepted in @(Get-AcceptedDomain -DomainController $controller -ErrorAction Stop)) {
            if ($null -eq $accepted) { continue }
            # An address needs a domain of its own: '*.litwareinc.com' is none. The default one is the best.
            $candidate = Get-Text -Value $accepted.DomainName
            if (($candidate -eq '') -or $candidate.StartsWith('*', [StringComparison]::Ordinal)) { continue }
            if (($domain -eq '') -or [bool](Get-Property -Object $accepted -Name 'Default')) { $domain = $candidate }
        }
        if ($domain -eq '') { throw 'There is no accepted domain for an address, so the linked account cannot be made.' }
        $address = $name + '@' + $domain
        $null = New-MailUser -Name $name -ExternalEmailAddress $address -DomainController $controller -Confirm:$false -ErrorAction Stop
        $null = Set-MailUser -Identity $name -HiddenFromAddressListsEnabled $true -DomainController $controller -Confirm:$false -ErrorAction Stop
        $found = @(Get-User -Identity $name -DomainController $controller -ErrorAction Stop)
    }
    $account = Get-Text -Value $found[0].Identity
}
elseif (@($Request.roles).Count -gt 0) { $place = (Find-Users -Name $account -Controller $controller).controller }
if (@($Request.roles).Count -gt 0) { Add-Roles -Account $account -Roles $Request.roles -Controller $place }
if ($Request.repairAccount) {
    $at = @{}
    if ($place -ne '') { $at['DomainController'] = $place }
    $null = Set-PartnerApplication -Identity $reference -LinkedAccount $account -Confirm:$false -ErrorAction Stop @at
}
if ($Request.setUrl) {
    $null = Set-PartnerApplication -Identity $reference -AuthMetadataUrl $Request.metadataUrl -DomainController $controller -Confirm:$false -ErrorAction Stop
}
if ($Request.refresh) {
    $null = Set-PartnerApplication -Identity $reference -RefreshAuthMetadata -DomainController $controller -Confirm:$false -ErrorAction Stop
}
if ($Request.accept) {
    $null = Set-PartnerApplication -Identity $reference -AcceptSecurityIdentifierInformation $true -DomainController $controller -Confirm:$false -ErrorAction Stop
}
if ($Request.enable) {
    $null = Set-PartnerApplication -Identity $reference -Enabled $true -DomainController $controller -Confirm:$false -ErrorAction Stop
}
# Last: whatever fails before it is tried again under the known name.
if ([string]$Request.name -ne '') {
    $null = Set-PartnerApplication -Identity $reference -Name $Request.name -DomainController $controller -Confirm:$false -ErrorAction Stop
}
@{ account = $account }
