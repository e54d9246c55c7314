$commands = @('Get-PartnerApplication', 'Set-PartnerApplication', 'Get-User')
if ([string]$Request.tokenServerName -ne '') { $commands += @('Get-AuthServer', 'New-AuthServer') }
if (@($Request.refreshed).Count -gt 0) { $commands += @('Set-AuthServer') }
$controller = [string]$Request.controller
$reference = [string]$Request.reference
Import-Commands -Exchange $exchange -Commands $commands
Assert-Entry -Exchange $exchange -Reference $reference -Identifier $Request.applicationIdentifier -UseAuthServer $true -Controller $controller
$at = @{}
if ([string]$Request.account -ne '') {
    $place = Assert-Account -Name $Request.account -Controller $controller
    if ($place -ne '') { $at['DomainController'] = $place }
}
if ([string]$Request.tokenServerName -ne '') { Add-TokenServer -Name $Request.tokenServerName -Url $Request.tokenServerUrl -Controller $controller }
foreach ($server in @($Request.refreshed)) {
    $null = Set-AuthServer -Identity $server -RefreshAuthMetadata -DomainController $controller -Confirm:$false -ErrorAction Stop
}
if ($Request.setRealm) {
    $null = Set-PartnerApplication -Identity $reference -ApplicationIdentifier $Request.applicationIdentifier -Realm $Request.realm -DomainController $controller -Confirm:$false -ErrorAction Stop
}
if ([string]$Request.account -ne '') {
    $null = Set-PartnerApplication -Identity $reference -LinkedAccount $Request.account -Confirm:$false -ErrorAction Stop @at
}
if ($Request.enable) {
    $null = Set-PartnerApplication -Identity $reference -Enabled $true -DomainController $controller -Confirm:$false -ErrorAction Stop
}
# Last: whatever fails before it is tried again under the known name.
if ([string]$Request.name -ne '') {
    $null = Set-PartnerApplication -Identity $reference -Name $Request.name -DomainController $controller -Confirm:$false -ErrorAction Stop
}
@{ reference = $reference }
