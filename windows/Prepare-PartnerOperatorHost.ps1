# This script has run on no Windows: only in tests, with stand-ins for Windows' own cmdlets. Read it before you use it.
<#
.SYNOPSIS
Prepares one Exchange, Lync / Skype for Business or SharePoint server for partner-operator, or takes that back.

.DESCRIPTION
Four steps, as docs/prepare-windows.md explains them: a WinRM listener for HTTPS, a firewall rule for the given addresses, CredSSP
where the product needs it, and the account as a local administrator. Without -Apply nothing is changed, and each line says what
would be. What is there already is left as it is and is not taken back by -Undo: a record keeps what this script made.

.EXAMPLE
.\Prepare-PartnerOperatorHost.ps1 -Product Lync -Account LITWAREINC\partner-operator -From 10.20.0.0/24
.EXAMPLE
.\Prepare-PartnerOperatorHost.ps1 -Product Lync -Account LITWAREINC\partner-operator -From 10.20.0.0/24 -Apply
.EXAMPLE
.\Prepare-PartnerOperatorHost.ps1 -Undo -Apply
#>
[CmdletBinding(SupportsShouldProcess = $true, DefaultParameterSetName = 'Prepare')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')]
    [ValidateSet('Exchange', 'Lync', 'SharePoint')]
    [string]$Product,
    # DOMAIN\name
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')]
    [ValidatePattern('^[^\\@/]+\\[^\\@/]+$')]
    [string]$Account,
    # Addresses or subnets from which the operator comes
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')]
    [ValidatePattern('^[0-9a-fA-F.:]+(/[0-9.]+|-[0-9a-fA-F.:]+)?$')]
    [string[]]$From,
    # Of the certificate for the listener; without it the one that fits and is good for longest
    [Parameter(ParameterSetName = 'Prepare')]
    [ValidatePattern('^([0-9a-fA-F]{40})?$')]
    [string]$Thumbprint = '',
    [Parameter(ParameterSetName = 'Prepare')]
    [ValidateRange(1, 65535)]
    [int]$Port = 5986,
    [Parameter(Mandatory = $true, ParameterSetName = 'Undo')]
    [switch]$Undo,
    [switch]$Apply,
    [string]$Record = "$($env:ProgramData)\partner-operator\prepared.xml"
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
if (-not $Apply) { $WhatIfPreference = $true }
$Rule = 'partner-operator-winrm-https'
$Listener = 'winrm/config/Listener'
$Selector = @{ Address = '*'; Transport = 'HTTPS' }
$Administrators = 'S-1-5-32-544'

function Test-Same {
    param($Left, $Right)
    return [string]::Equals([string]$Left, [string]$Right, [StringComparison]::OrdinalIgnoreCase)
}

function Get-Word {
    # A setting as text. One that comes from a group policy is an XML element of its own.
    param($Value)
    if ($Value -is [System.Xml.XmlElement]) { return [string]$Value.InnerText }
    return [string]$Value
}

function Get-Prepared {
    if (Test-Path -LiteralPath $Record) { return Import-Clixml -Path $Record }
    return @{}
}

function Save-Prepared {
    param($Prepared)
    $folder = Split-Path -Path $Record -Parent
    if (-not (Test-Path -LiteralPath $folder)) { $null = New-Item -Path $folder -ItemType 'Directory' -Force }
    Export-Clixml -InputObject $Prepared -Path $Record -Force
}

function Write-Step {
    param([string]$Step, [string]$State, [string]$Detail)
    $line = New-Object -TypeName PSObject -Property @{ Step = $Step; State = $State; Detail = $Detail }
    Select-Object -InputObject $line -Property Step, State, Detail
}

function Invoke-Step {
    # Remember it first: what cannot be remembered cannot be taken back.
    param([string]$Step, [string]$Detail, $Made, [scriptblock]$Change)
    if (-not $Script:Caller.ShouldProcess($env:COMPUTERNAME, "${Step}: $Detail")) {
        Write-Step -Step $Step -State 'would be done' -Detail $Detail
        return
    }
    $Prepared[$Step] = $Made
    Save-Prepared -Prepared $Prepared
    $null = & $Change
    Write-Step -Step $Step -State 'done' -Detail $Detail
}

function Invoke-Undo {
    param([string]$Step, [string]$Detail, [scriptblock]$Change)
    if (-not $Script:Caller.ShouldProcess($env:COMPUTERNAME, "Undo ${Step}: $Detail")) {
        Write-Step -Step $Step -State 'would be undone' -Detail $Detail
        return
    }
    $null = & $Change
    $Prepared.Remove($Step)
    Save-Prepared -Prepared $Prepared
    Write-Step -Step $Step -State 'undone' -Detail $Detail
}

function Get-HostName {
    $computer = Get-CimInstance -ClassName Win32_ComputerSystem
    return "$($computer.DNSHostName).$($computer.Domain)"
}

function Get-Fault {
    # Why a certificate cannot be the listener's; empty where it can.
    param($Certificate, [string]$Name)
    $now = [DateTime]::UtcNow
    if (-not $Certificate.HasPrivateKey) { return 'its private key is not here' }
    if ($Certificate.NotAfter.ToUniversalTime() -lt $now) { return 'it has expired' }
    if ($Certificate.NotBefore.ToUniversalTime() -gt $now) { return 'it is not valid yet' }
    $uses = @($Certificate.EnhancedKeyUsageList | ForEach-Object { [string]$_.ObjectId })
    if ($uses -cnotcontains '1.3.6.1.5.5.7.3.1') { return 'it is not for server authentication' }
    foreach ($known in @($Certificate.DnsNameList)) {
        if (Test-Same -Left $known.Unicode -Right $Name) { return '' }
    }
    return "it does not name $Name"
}

function Get-ListenerCertificate {
    param([string]$Name)
    $best = $null
    foreach ($certificate in @(Get-ChildItem -Path 'Cert:\LocalMachine\My')) {
        $asked = Test-Same -Left $certificate.Thumbprint -Right $Thumbprint
        if (($Thumbprint -ne '') -and (-not $asked)) { continue }
        $fault = Get-Fault -Certificate $certificate -Name $Name
        if ($asked -and ($fault -ne '')) { throw "Certificate $Thumbprint cannot be used: $fault." }
        if (($fault -eq '') -and (($null -eq $best) -or ($certificate.NotAfter -gt $best.NotAfter))) { $best = $certificate }
    }
    if (($null -eq $best) -and ($Thumbprint -ne '')) { throw "There is no certificate $Thumbprint in LocalMachine\My." }
    if ($null -eq $best) { throw "No certificate in LocalMachine\My is for server authentication and names $Name." }
    return [string]$best.Thumbprint
}

function Get-HttpsListener {
    foreach ($found in @(Get-WSManInstance -ResourceURI $Listener -Enumerate)) {
        if (Test-Same -Left (Get-Word -Value $found.Transport) -Right 'HTTPS') { return $found }
    }
    return $null
}

function Set-Listener {
    $name = Get-HostName
    $wanted = Get-ListenerCertificate -Name $name
    $values = @{ Hostname = $name; CertificateThumbprint = $wanted; Port = [string]$Port }
    $detail = "port $Port, $name, certificate $wanted"
    $found = Get-HttpsListener
    if ($null -eq $found) {
        Invoke-Step -Step 'listener' -Detail $detail -Made $values -Change {
            New-WSManInstance -ResourceURI $Listener -SelectorSet $Selector -ValueSet $values
        }
        return
    }
    $bound = Get-Word -Value $found.CertificateThumbprint
    $place = Get-Word -Value $found.Port
    if ((Test-Same -Left $bound -Right $wanted) -and (Test-Same -Left $place -Right $Port)) {
        Write-Step -Step 'listener' -State 'already' -Detail $detail
    }
    elseif ($Prepared.ContainsKey('listener')) {
        Invoke-Step -Step 'listener' -Detail $detail -Made $values -Change {
            Set-WSManInstance -ResourceURI $Listener -SelectorSet $Selector -ValueSet $values
        }
    }
    else {
        $other = "somebody else's, on port $place with certificate $bound; wanted: $detail"
        Write-Step -Step 'listener' -State 'left alone' -Detail $other
    }
}

function Test-Rule {
    foreach ($found in @(Get-NetFirewallRule)) {
        if (Test-Same -Left $found.Name -Right $Rule) { return $true }
    }
    return $false
}

function Set-Firewall {
    $detail = "port $Port from $($From -join ', ')"
    $made = @{ From = $From; Port = $Port }
    $ours = $Prepared.ContainsKey('firewall')
    if (-not (Test-Rule)) {
        Invoke-Step -Step 'firewall' -Detail $detail -Made $made -Change {
            New-NetFirewallRule -Name $Rule -DisplayName 'WinRM over HTTPS for partner-operator' -Direction 'Inbound' `
                -Action 'Allow' -Protocol 'TCP' -LocalPort ([string]$Port) -RemoteAddress $From
        }
    }
    elseif (-not $ours) {
        Write-Step -Step 'firewall' -State 'left alone' -Detail "a rule $Rule is there that this script did not make"
    }
    elseif ((Test-Same -Left ($Prepared['firewall'].From -join ' ') -Right ($From -join ' ')) -and (Test-Same -Left $Prepared['firewall'].Port -Right $Port)) {
        Write-Step -Step 'firewall' -State 'already' -Detail $detail
    }
    else {
        Invoke-Step -Step 'firewall' -Detail $detail -Made $made -Change {
            Set-NetFirewallRule -Name $Rule -Protocol 'TCP' -LocalPort ([string]$Port) -RemoteAddress $From
        }
    }
}

function Set-CredSsp {
    $on = Test-Same -Left (Get-Word -Value (Get-WSManInstance -ResourceURI 'winrm/config/service/auth').CredSSP) -Right 'true'
    if ($Product -eq 'Exchange') {
        if ($on) { Write-Step -Step 'CredSSP' -State 'left alone' -Detail 'it is on, and Exchange needs none' }
        else { Write-Step -Step 'CredSSP' -State 'already' -Detail 'off: Exchange needs none' }
    }
    elseif ($on) { Write-Step -Step 'CredSSP' -State 'already' -Detail 'on' }
    else { Invoke-Step -Step 'CredSSP' -Detail 'on for this server' -Made @{} -Change { Enable-WSManCredSSP -Role 'Server' -Force } }
}

function Get-AdministratorsGroup {
    # By its identifier: its name is another one in each language.
    return Get-CimInstance -ClassName Win32_Group -Filter "SID='$Administrators'"
}

function Test-Member {
    param([string]$Member)
    foreach ($found in @(Get-CimAssociatedInstance -InputObject (Get-AdministratorsGroup) -Association Win32_GroupUser)) {
        if (Test-Same -Left "$($found.Domain)\$($found.Name)" -Right $Member) { return $true }
    }
    return $false
}

function Set-Member {
    # By net.exe, because the cmdlets for local groups need PowerShell 5.1.
    param([string]$Member, [string]$What)
    $program = "$($env:windir)\System32\net.exe"
    & $program localgroup (Get-AdministratorsGroup).Name $Member $What
    if ($LASTEXITCODE -ne 0) { throw "net localgroup $What ended with $LASTEXITCODE for $Member." }
}

function Set-Administrator {
    if (Test-Member -Member $Account) { Write-Step -Step 'account' -State 'already' -Detail "$Account is a local administrator"; return }
    $made = @{ Account = $Account }
    Invoke-Step -Step 'account' -Detail "$Account becomes a local administrator" -Made $made -Change {
        Set-Member -Member $Account -What '/add'
    }
}

function Undo-Everything {
    if ($Prepared.ContainsKey('account')) {
        $member = $Prepared['account'].Account
        Invoke-Undo -Step 'account' -Detail "$member is no local administrator any more" -Change {
            if (Test-Member -Member $member) { Set-Member -Member $member -What '/delete' }
        }
    }
    if ($Prepared.ContainsKey('CredSSP')) {
        Invoke-Undo -Step 'CredSSP' -Detail 'off for this server' -Change { Disable-WSManCredSSP -Role 'Server' }
    }
    if ($Prepared.ContainsKey('firewall')) {
        Invoke-Undo -Step 'firewall' -Detail "the rule $Rule goes" -Change {
            if (Test-Rule) { Remove-NetFirewallRule -Name $Rule }
        }
    }
    if ($Prepared.ContainsKey('listener')) {
        $bound = $Prepared['listener'].CertificateThumbprint
        Invoke-Undo -Step 'listener' -Detail "the HTTPS listener with certificate $bound goes" -Change {
            $found = Get-HttpsListener
            # Somebody may have put another one in its place.
            if (($null -ne $found) -and (Test-Same -Left (Get-Word -Value $found.CertificateThumbprint) -Right $bound)) {
                Remove-WSManInstance -ResourceURI $Listener -SelectorSet $Selector
            }
        }
    }
}

$Script:Caller = $PSCmdlet
$Prepared = Get-Prepared
if ($Undo) { Undo-Everything }
else {
    foreach ($address in $From) {
        if ($address -cmatch '^[0:.]+(/0+)?$') { throw "$address is every address. Name those of the operator's nodes." }
    }
    Set-Listener
    Set-Firewall
    Set-CredSsp
    Set-Administrator
}
