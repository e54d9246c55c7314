$controller = [string]$Request.controller
$session = Open-Exchange -Commands @('Set-ADServerSettings', 'Get-PartnerApplication', 'Remove-PartnerApplication')
try {
    # An identity that matches nothing can mean "all" (a documented trap): only what was listed is removed.
    $removed = $false
    foreach ($entry in (Get-Entries -Controller $controller).objects) {
        $reference = Get-Reference -Entry $entry
        if (-not (Test-Same -Left $reference -Right $Request.reference)) { continue }
        # What was made into something else meanwhile is somebody else's.
        if ([bool]$entry.UseAuthServer -ne [bool]$Request.useAuthServer) { continue }
        if (-not (Test-Same -Left $entry.ApplicationIdentifier -Right $Request.applicationIdentifier)) { continue }
        $null = Remove-PartnerApplication -Identity $reference -DomainController $controller -Confirm:$false -ErrorAction Stop
        $removed = $true
    }
}
finally { Remove-PSSession -Session $session -ErrorAction SilentlyContinue }
@{ removed = $removed }
