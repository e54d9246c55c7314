$commands = @('Set-ADServerSettings', 'Get-OrganizationConfig', 'Get-PartnerApplication', 'Get-User', 'Get-ManagementRole',
    'Get-ManagementRoleAssignment', 'Get-AuthConfig', 'Get-ExchangeCertificate', 'Get-ExchangeServer', 'Get-AcceptedDomain')
$session = Open-Exchange -Commands $commands
try {
    $organization = $null
    if ([string]$Request.controller -ne '') {
        # The controller of last time, while it answers: another one may not know the newest changes yet.
        try { $organization = Get-OrganizationConfig -DomainController $Request.controller -ErrorAction Stop }
        catch { $organization = $null }
    }
    if ($null -eq $organization) { $organization = Get-OrganizationConfig -ErrorAction Stop }
    $controller = Get-Text -Value $organization.OriginatingServer
    $read = Get-Entries -Controller $controller
    $warned = Split-Warnings -Read $read

    $entries = New-Object System.Collections.ArrayList
    foreach ($entry in $read.objects) {
        $thumbprints = New-Object System.Collections.ArrayList
        foreach ($certificate in @($entry.CertificateStrings)) {
            if ($null -eq $certificate) { continue }
            # What nobody can read differs from any.
            try { $thumbprint = Get-Thumbprint -Bytes ([Convert]::FromBase64String([string]$certificate)) }
            catch { $thumbprint = 'UNREADABLE' }
            $null = $thumbprints.Add($thumbprint)
        }
        $url = $entry.AuthMetadataUrl
        $null = $entries.Add(@{
                reference = Get-Reference -Entry $entry
                name = Get-Text -Value $entry.Name
                applicationIdentifier = Get-Text -Value $entry.ApplicationIdentifier
                realm = Get-Text -Value $entry.Realm
                issuer = Get-Text -Value $entry.IssuerIdentifier
                metadataUrl = $(if ($null -eq $url) { $null } else { Get-Text -Value $url })
                useAuthServer = [bool]$entry.UseAuthServer
                enabled = [bool]$entry.Enabled
                acceptsSecurityIdentifiers = [bool]$entry.AcceptSecurityIdentifierInformation
                thumbprints = [object[]]@($thumbprints.ToArray())
                account = Get-Text -Value (Get-Property -Object $entry -Name 'LinkedAccount')
                changedAt = Get-Instant -Value $entry.WhenChangedUTC
                warning = [string]$warned.about["$(@($entries).Count)"]
            })
    }

    $roles = New-Object System.Collections.ArrayList
    foreach ($name in @($Request.roles)) {
        try {
            foreach ($role in @(Get-ManagementRole -Identity $name -DomainController $controller -ErrorAction Stop)) {
                if (Test-Same -Left $role.Name -Right $name) { $null = $roles.Add([string]$name) }
            }
        }
        catch { if (-not (Test-NotFound -Record $_)) { throw } }
    }

    $needed = New-Object System.Collections.ArrayList
    foreach ($partner in @($Request.needed)) {
        $there = @($partner.roles | Where-Object -FilterScript { Test-Listed -Names $roles -Name $_ })
        $null = $needed.Add(@{ identifier = $partner.identifier; roles = $there })
    }
    $page = Select-Entries -Entries $entries -More 150
    Set-Accounts -Entries $page.entries -Needed $needed -Controller $controller

    $configuration = Get-AuthConfig -DomainController $controller -ErrorAction Stop
    $certificates = New-Object System.Collections.ArrayList
    $certificateFault = ''
    try {
        $stored = @(Get-ExchangeCertificate -Server $Request.host -DomainController $controller -ErrorAction Stop)
        if (($stored.Count -eq 0) -or ($null -eq $stored[0])) { $certificateFault = 'Get-ExchangeCertificate returns nothing.' }
        $named = @($configuration.CurrentCertificateThumbprint, $configuration.PreviousCertificateThumbprint, $configuration.NextCertificateThumbprint)
        foreach ($certificate in $stored) {
            if (($null -eq $certificate) -or -not (Test-Listed -Names $named -Name $certificate.Thumbprint)) { continue }
            $raw = Get-Property -Object $certificate -Name 'RawData'
            if ($null -ne $raw) {
                $null = $certificates.Add(@{
                        thumbprint = Get-Text -Value $certificate.Thumbprint
                        der = [Convert]::ToBase64String([byte[]]$raw)
                    })
            }
        }
    }
    catch { $certificateFault = [string]$_.Exception.Message }

    $hosts = New-Object System.Collections.ArrayList
    $version = ''
    foreach ($server in @(Get-ExchangeServer -DomainController $controller -ErrorAction Stop)) {
        if ($null -eq $server) { continue }
        $fqdn = Get-Text -Value $server.Fqdn
        if (Test-Same -Left $fqdn -Right $Request.host) { $version = Get-Text -Value $server.AdminDisplayVersion }
        # Exchange 2010 in the same organisation knows no OAuth, so there is nothing that it would have to load.
        $older = (Get-Property -Object $server -Name 'IsE15OrLater') -eq $false
        $null = $hosts.Add(@{
                fqdn = $fqdn
                edge = [bool](Get-Property -Object $server -Name 'IsEdgeServer')
                restarts = (-not $older) -and ([bool]$server.IsMailboxServer -or [bool]$server.IsClientAccessServer)
            })
    }

    $tokenServers = Get-TokenServers -Session $session -Controller $controller

    $accounts = New-Object System.Collections.ArrayList
    foreach ($name in @($Request.accounts)) {
        # Of one that cannot be looked up nothing is told: who needs it, asks again.
        try { $null = $accounts.Add(@{ name = [string]$name; count = @((Find-Users -Name $name -Controller $controller).users).Count }) }
        catch { continue }
    }

    $domains = New-Object System.Collections.ArrayList
    foreach ($domain in @(Get-AcceptedDomain -DomainController $controller -ErrorAction Stop)) {
        if ($null -ne $domain) { $null = $domains.Add((Get-Text -Value $domain.DomainName)) }
    }
}
finally { Remove-PSSession -Session $session -ErrorAction SilentlyContinue }

@{
    product = 'Exchange'
    version = $version
    organization = Get-Text -Value $organization.DistinguishedName
    controller = $controller
    entries = $page.entries
    after = $page.next
    warnings = $warned.others
    roles = [object[]]@($roles.ToArray())
    current = Get-Text -Value $configuration.CurrentCertificateThumbprint
    previous = Get-Text -Value $configuration.PreviousCertificateThumbprint
    next = Get-Text -Value $configuration.NextCertificateThumbprint
    nextEffectiveAt = Get-Instant -Value $configuration.NextCertificateEffectiveDate
    certificates = [object[]]@($certificates.ToArray())
    certificateFault = $certificateFault
    hosts = [object[]]@($hosts.ToArray())
    domains = [object[]]@($domains.ToArray())
    accounts = [object[]]@($accounts.ToArray())
    tokenServers = $tokenServers.servers
    tokenServersFault = $tokenServers.fault
    documents = [object[]]@(Get-Documents -Room ($Request.answerBytes - $page.bytes))
}
