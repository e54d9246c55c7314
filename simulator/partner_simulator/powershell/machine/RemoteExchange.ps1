# Stand-in for the Exchange Management Shell's start script: an inner session under the caller's
# own logon, which is a second hop.
function global:Connect-ExchangeServer {
    [CmdletBinding()]
    param([switch] $Auto, [string] $ServerFqdn, [string] $ClientApplication, [switch] $AllowClobber)
    $fqdn = $ServerFqdn
    if (-not $fqdn) {
        $computer = Get-CimInstance Win32_ComputerSystem
        $fqdn = "$($computer.DNSHostName).$($computer.Domain)"
    }
    $session = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri "http://$fqdn/PowerShell/" -Authentication Kerberos
    if (-not $session) {
        Write-Error 'Failed to connect to an Exchange server in the current site.'
        return
    }
    $null = Import-PSSession -Session $session -DisableNameChecking -AllowClobber:$AllowClobber
}
