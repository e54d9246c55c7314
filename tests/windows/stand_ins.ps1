# Stand-ins for Windows' own cmdlets, for tests/windows: what the host is stands in the file HOST_FILE.
# Their parameters are those of tests/data/prepare_commands.json; support/windows/host.py declares them.
$ErrorActionPreference = 'Stop'
function Read-Host_ { Get-Content -LiteralPath $env:HOST_FILE -Raw | Microsoft.PowerShell.Utility\ConvertFrom-Json }
function Save-Host_ { param($Kept) Microsoft.PowerShell.Utility\ConvertTo-Json -InputObject $Kept -Depth 8 | Set-Content -LiteralPath $env:HOST_FILE }
function Change-Host_ {
    param($What, $With, [scriptblock]$How)
    $kept = Read-Host_
    $kept.changes = @($kept.changes) + @($What)
    Save-Host_ $kept
    if ($kept.fails_at -eq @($kept.changes).Count) { throw "The system cannot do $What now." }
    . $How
    Save-Host_ $kept
}
function Element_ {
    param($Name, $Values)
    $document = New-Object System.Xml.XmlDocument
    $root = $document.AppendChild($document.CreateElement($Name))
    foreach ($one in $Values.PSObject.Properties) {
        $child = $root.AppendChild($document.CreateElement($one.Name))
        if ($one.Value -is [string]) { $child.InnerText = $one.Value; continue }
        $child.InnerText = $one.Value.text
        $child.SetAttribute('Source', $one.Value.source)
    }
    $root
}
function Get-ChildItem {
    param($Path)
    if ($Path -ne 'Cert:\LocalMachine\My') { throw "a look at $Path" }
    foreach ($one in (Read-Host_).certificates) {
        [pscustomobject]@{
            Thumbprint = $one.thumbprint; HasPrivateKey = $one.key
            NotBefore = [datetime]::UtcNow.AddDays($one.begins); NotAfter = [datetime]::UtcNow.AddDays($one.ends)
            EnhancedKeyUsageList = @($one.uses | ForEach-Object { [pscustomobject]@{ FriendlyName = '?'; ObjectId = $_ } })
            DnsNameList = @($one.names | ForEach-Object { [pscustomobject]@{ Punycode = $_; Unicode = $_ } })
        }
    }
}
function Stand-In {
    param($Name, $Given)
    switch ($Name) {
        'Get-CimInstance' {
            if ($Given.ClassName -eq 'Win32_ComputerSystem') { return [pscustomobject]@{ DNSHostName = 'fe1'; Domain = 'litwareinc.com' } }
            if (($Given.ClassName -eq 'Win32_Group') -and ($Given.Filter -eq "SID='S-1-5-32-544'")) { return [pscustomobject]@{ Name = (Read-Host_).group } }
            throw "asked for $($Given.ClassName) $($Given.Filter)"
        }
        'Get-CimAssociatedInstance' {
            foreach ($one in (Read-Host_).members) { $domain, $user = $one -split '\\'; [pscustomobject]@{ Domain = $domain; Name = $user } }
        }
        'Get-WSManInstance' {
            $kept = Read-Host_
            if ("$($Given.ResourceURI)" -eq 'winrm/config/service/auth') { return Element_ 'Auth' $kept.auth }
            if (("$($Given.ResourceURI)" -ne 'winrm/config/Listener') -or (-not $Given.Enumerate)) { throw 'asked for something else' }
            foreach ($one in $kept.listeners) { Element_ 'Listener' $one }
        }
        'New-WSManInstance' {
            Change-Host_ $Name $Given {
                foreach ($one in $kept.listeners) { if ($one.Transport -eq $With.SelectorSet.Transport) { throw 'The service cannot create the resource because it already exists.' } }
                $made = [pscustomobject]@{ Address = $With.SelectorSet.Address; Transport = $With.SelectorSet.Transport; Port = $With.ValueSet.Port; Hostname = $With.ValueSet.Hostname; Enabled = 'true'; URLPrefix = 'wsman'; CertificateThumbprint = $With.ValueSet.CertificateThumbprint }
                $kept.listeners = @($kept.listeners) + @($made)
            }
        }
        'Set-WSManInstance' {
            Change-Host_ $Name $Given {
                foreach ($one in $kept.listeners) {
                    if ($one.Transport -ne $With.SelectorSet.Transport) { continue }
                    foreach ($key in $With.ValueSet.Keys) { $one.$key = $With.ValueSet[$key] }
                }
            }
        }
        'Remove-WSManInstance' {
            Change-Host_ $Name $Given { $kept.listeners = @($kept.listeners | Where-Object { $_.Transport -ne $With.SelectorSet.Transport }) }
        }
        'Enable-WSManCredSSP' { Change-Host_ $Name $Given { if (-not $With.Force) { throw 'it would ask' }; $kept.auth.CredSSP = 'true' } }
        'Disable-WSManCredSSP' { Change-Host_ $Name $Given { $kept.auth.CredSSP = 'false' } }
        'Get-NetFirewallRule' { foreach ($one in (Read-Host_).rules) { $one } }
        'New-NetFirewallRule' {
            Change-Host_ $Name $Given {
                if (-not $With.DisplayName) { throw 'DisplayName is mandatory' }
                $made = [pscustomobject]@{ Name = $With.Name; Direction = $With.Direction; Action = $With.Action; Protocol = $With.Protocol; LocalPort = $With.LocalPort; RemoteAddress = @($With.RemoteAddress) }
                $kept.rules = @($kept.rules) + @($made)
            }
        }
        'Set-NetFirewallRule' {
            Change-Host_ $Name $Given { foreach ($one in $kept.rules) { if ($one.Name -eq $With.Name) { $one.RemoteAddress = @($With.RemoteAddress); $one.LocalPort = $With.LocalPort } } }
        }
        'Remove-NetFirewallRule' { Change-Host_ $Name $Given { $kept.rules = @($kept.rules | Where-Object { $_.Name -ne $With.Name }) } }
    }
}

# @@ declared @@

# A request is a line of JSON: what the script is called with, and what is in its environment. The answer is one, too.
while ($null -ne ($line = [Console]::In.ReadLine())) {
    $asked = ConvertFrom-Json -InputObject $line
    foreach ($one in $asked.environment.PSObject.Properties) { Set-Item -Path "env:$($one.Name)" -Value $one.Value }
    $answer = @{ steps = @(); error = '' }
    try { $answer.steps = @(Invoke-Expression "& '$($asked.script)' $($asked.arguments)") }
    catch { $answer.error = "$_" }
    [Console]::Out.WriteLine('answer ' + (ConvertTo-Json -InputObject $answer -Depth 4 -Compress))
}
