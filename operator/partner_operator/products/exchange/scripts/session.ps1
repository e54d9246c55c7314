# The inner session to Exchange's own endpoint with the explicit credential: a network logon cannot make the second hop.

function Open-Exchange {
    param([string[]]$Commands)
    $password = New-Object System.Security.SecureString
    foreach ($character in $Secrets['password'].ToCharArray()) { $password.AppendChar($character) }
    $password.MakeReadOnly()
    $credential = New-Object System.Management.Automation.PSCredential -ArgumentList $Secrets['username'], $password
    try {
        $session = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri "http://$($Request.host)/PowerShell/" -Authentication Kerberos -Credential $credential -ErrorAction Stop
    }
    catch {
        # Setup sets the variable for the whole machine.
        if ([string]::IsNullOrEmpty($env:ExchangeInstallPath)) { throw 'PartnerOperator.NotExchange' }
        throw
    }
    try {
        $null = Import-PSSession -Session $session -CommandName $Commands -DisableNameChecking -AllowClobber -ErrorAction Stop
        $null = Set-ADServerSettings -ViewEntireForest $true -Confirm:$false -ErrorAction Stop
    }
    catch {
        Remove-PSSession -Session $session -ErrorAction SilentlyContinue
        throw
    }
    return $session
}

function Import-Commands {
    # What one of several changes needs, and none before it did. That the account lacks one concerns this change only.
    param($Exchange, [string[]]$Commands)
    $missing = @($Commands | Where-Object -FilterScript { -not (Test-Listed -Names $Exchange.imported -Name $_) })
    if ($missing.Count -eq 0) { return }
    $null = Import-PSSession -Session $Exchange.session -CommandName $missing -DisableNameChecking -AllowClobber -ErrorAction Stop
    foreach ($name in $missing) { $null = $Exchange.imported.Add($name) }
}

function Find-Users {
    # Accounts of a name, and the controller that shows them: an empty one where none may be named.
    param([string]$Name, [string]$Controller)
    $shown = New-Object System.Collections.ArrayList
    try {
        foreach ($user in @(Get-User -Identity $Name -DomainController $Controller -ErrorAction Stop)) {
            if ($null -ne $user) { $null = $shown.Add($user) }
        }
    }
    catch { if (-not (Test-NotFound -Record $_)) { throw } }
    if ((@($shown).Count -gt 0) -or ($Controller -eq '')) { return @{ users = $shown.ToArray(); controller = $Controller } }
    # A named controller may show its own domain alone (P-EX-12). Of that domain it is right, whatever others still show.
    $own = ($Controller -creplace '^[^.]*\.', '') + '/'
    try {
        foreach ($user in @(Get-User -Identity $Name -ErrorAction Stop)) {
            if ($null -eq $user) { continue }
            $identity = Get-Text -Value $user.Identity
            if (-not $identity.StartsWith($own, [StringComparison]::OrdinalIgnoreCase)) { $null = $shown.Add($user) }
        }
    }
    catch { if (-not (Test-NotFound -Record $_)) { throw } }
    if (@($shown).Count -eq 0) { return @{ users = @(); controller = $Controller } }
    return @{ users = $shown.ToArray(); controller = '' }
}

function Select-Usable {
    # Of role assignments, those that let their account use the role: one that is disabled, or lets it only delegate, gives
    # it none (P-EX-13).
    param($Assignments)
    foreach ($assignment in @($Assignments)) {
        if (($null -eq $assignment) -or ((Get-Property -Object $assignment -Name 'Enabled') -eq $false)) { continue }
        $kind = Get-Text -Value (Get-Property -Object $assignment -Name 'RoleAssignmentDelegationType')
        if (-not $kind.StartsWith('Delegating', [StringComparison]::Ordinal)) { $assignment }
    }
}

function Get-Roles {
    # Roles that an account can use, by itself or through a group.
    param([string]$Account, [string]$Controller)
    $at = @{}
    if ($Controller -ne '') { $at['DomainController'] = $Controller }
    $roles = New-Object System.Collections.ArrayList
    # Asked for by parameter, as an enum is only a number in some sessions.
    $found = @(Get-ManagementRoleAssignment -RoleAssignee $Account -Enabled $true -Delegating $false -ErrorAction Stop @at)
    foreach ($assignment in @(Select-Usable -Assignments $found)) { $null = $roles.Add((Get-Text -Value $assignment.Role)) }
    return @{ names = [object[]]@($roles.ToArray()) }
}

function Get-DirectRoles {
    # Roles that accounts have by themselves, by the account's name, in one call for all.
    param([string]$Controller)
    $roles = New-Object System.Collections.Hashtable -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    try { $found = @(Get-ManagementRoleAssignment -RoleAssigneeType User -Enabled $true -Delegating $false -DomainController $Controller -ErrorAction Stop) }
    # It only saves questions: what it does not show is asked for account by account.
    catch { $found = @() }
    foreach ($assignment in @(Select-Usable -Assignments $found)) {
        $account = Get-Text -Value (Get-Property -Object $assignment -Name 'RoleAssignee')
        if ($null -eq $roles[$account]) { $roles[$account] = New-Object System.Collections.ArrayList }
        $null = $roles[$account].Add((Get-Text -Value $assignment.Role))
    }
    return @{ of = $roles }
}

function Read-Account {
    # An account that an entry acts with, and its roles; $null when it is gone.
    param([string]$Name, [string]$Controller)
    $known = Find-Users -Name $Name -Controller $Controller
    if (@($known.users).Count -eq 0) { return $null }
    try { $roles = Get-Roles -Account $Name -Controller $known.controller }
    catch {
        if (Test-NotFound -Record $_) { return $null }
        throw
    }
    return @{ name = $Name; roles = $roles.names }
}

function Set-Accounts {
    # Puts the account of each entry, and its roles, in the place of its name. An account that has all that its partner
    # needs is there. Any other is asked for by itself, once: it may be gone, or have roles through a group.
    param($Entries, $Needed, [string]$Controller)
    $direct = $null
    $asked = New-Object System.Collections.Hashtable -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    foreach ($entry in @($Entries)) {
        $name = $entry.account
        $entry.account = $null
        if ($name -eq '') { continue }
        # What the account of a token server's application may do is nobody's business here.
        $entry.account = @{ name = $name; roles = [object[]]@() }
        if ($entry.useAuthServer) { continue }
        if ($null -eq $direct) { $direct = (Get-DirectRoles -Controller $Controller).of }
        $given = @($direct[$name])
        $lacks = $null -eq $direct[$name]
        foreach ($partner in @($Needed)) {
            if (-not (Test-Same -Left $partner.identifier -Right $entry.applicationIdentifier)) { continue }
            foreach ($role in @($partner.roles)) { $lacks = $lacks -or -not (Test-Listed -Names $given -Name $role) }
        }
        if (-not $lacks) {
            $entry.account = @{ name = $name; roles = [object[]]@($given) }
            continue
        }
        if ($null -eq $asked[$name]) { $asked[$name] = @{ found = Read-Account -Name $name -Controller $Controller } }
        $entry.account = $asked[$name].found
    }
}

function Get-Entries {
    param([string]$Controller)
    return Invoke-Read -Call { Get-PartnerApplication -DomainController $Controller -ErrorAction Stop }
}

function Use-Entries {
    # As the change before this one saw them at its end, where it told; else they are read. Nobody takes such a list twice.
    param($Exchange, [string]$Controller)
    $list = $Exchange.list
    $Exchange.list = $null
    if (($null -ne $list) -and (Test-Same -Left $list.controller -Right $Controller)) { return $list.read }
    return Get-Entries -Controller $Controller
}

function Get-Reference {
    # The directory gives a Guid once and never again: no rename changes it, and no other entry has it.
    param($Entry)
    $guid = Get-Text -Value (Get-Property -Object $Entry -Name 'Guid')
    if ($guid -ne '') { return $guid }
    return Get-Text -Value $Entry.DistinguishedName
}

function Assert-Entry {
    # An entry that is gone, or was made into something else meanwhile, is somebody's: nothing is changed for it.
    param($Exchange, [string]$Reference, [string]$Identifier, [bool]$UseAuthServer, [string]$Controller)
    foreach ($entry in (Use-Entries -Exchange $Exchange -Controller $Controller).objects) {
        if (-not (Test-Same -Left (Get-Reference -Entry $entry) -Right $Reference)) { continue }
        $alike = Test-Same -Left $entry.ApplicationIdentifier -Right $Identifier
        if ($alike -and ([bool]$entry.UseAuthServer -eq $UseAuthServer)) { return }
        throw "Partner application $($entry.Name) was made into another one meanwhile, so nothing was changed."
    }
    throw 'The partner application is not there any more, so nothing was changed.'
}

function Get-FreeName {
    # A name for one more assignment of a role: those that give nothing, or were a deleted account's, keep theirs.
    param([string]$Account, [string]$Role, [string]$Controller)
    $at = @{}
    if ($Controller -ne '') { $at['DomainController'] = $Controller }
    $taken = New-Object System.Collections.ArrayList
    foreach ($assignment in @(Get-ManagementRoleAssignment -Role $Role -ErrorAction Stop @at)) {
        if ($null -ne $assignment) { $null = $taken.Add((Get-Text -Value (Get-Property -Object $assignment -Name 'Name'))) }
    }
    $beginning = $Role + '-' + ($Account -creplace '^.*/', '')
    if ($beginning.Length -gt 60) { $beginning = $beginning.Substring(0, 60) }
    $name = $beginning
    for ($number = 2; Test-Listed -Names $taken -Name $name; $number++) { $name = $beginning + '-' + [string]$number }
    return $name
}

function Add-Roles {
    # Gives an account the roles that it cannot use yet. What is disabled, or only delegates, is somebody's, and stays as it is.
    param([string]$Account, $Roles, [string]$Controller)
    $at = @{}
    if ($Controller -ne '') { $at['DomainController'] = $Controller }
    $usable = Get-Roles -Account $Account -Controller $Controller
    foreach ($role in @($Roles)) {
        if (Test-Listed -Names $usable.names -Name $role) { continue }
        $name = Get-FreeName -Account $Account -Role $role -Controller $Controller
        $null = New-ManagementRoleAssignment -Name $name -Role $role -User $Account -Confirm:$false -ErrorAction Stop @at
    }
}

function Get-TokenServers {
    # The token servers that the organisation trusts, or why they are not known. Imported by itself: an account whose roles
    # lack this cmdlet loses nothing else.
    param($Session, [string]$Controller)
    $servers = New-Object System.Collections.ArrayList
    try {
        $null = Import-PSSession -Session $Session -CommandName @('Get-AuthServer') -DisableNameChecking -AllowClobber -ErrorAction Stop
        $read = Invoke-Read -Call { Get-AuthServer -DomainController $Controller -ErrorAction Stop }
        $warned = Split-Warnings -Read $read
        foreach ($server in $read.objects) {
            $keys = Get-Property -Object $server -Name 'CertificateStrings'
            $certificates = New-Object System.Collections.ArrayList
            foreach ($certificate in @($keys)) {
                if ($null -ne $certificate) { $null = $certificates.Add([string]$certificate) }
            }
            $null = $servers.Add(@{
                    reference = Get-Reference -Entry $server
                    name = Get-Text -Value $server.Name
                    metadataUrl = Get-Text -Value (Get-Property -Object $server -Name 'AuthMetadataUrl')
                    issuer = Get-Text -Value (Get-Property -Object $server -Name 'IssuerIdentifier')
                    realm = Get-Text -Value (Get-Property -Object $server -Name 'Realm')
                    type = Get-Text -Value (Get-Property -Object $server -Name 'Type')
                    enabled = [bool]$server.Enabled
                    certificates = [object[]]@($certificates.ToArray())
                    warning = [string]$warned.about["$(@($servers).Count)"]
                })
        }
        $fault = ''
        if (@($warned.others).Count -gt 0) { $fault = "Get-AuthServer warned: $($warned.others[0])" }
        return @{ servers = [object[]]@($servers.ToArray()); fault = $fault }
    }
    catch { return @{ servers = [object[]]@(); fault = [string]$_.Exception.Message } }
}

function Add-TokenServer {
    # Makes a token server in its plain form, unless one of that address is there. It is shared: nothing else of any is changed.
    param([string]$Name, [string]$Url, [string]$Controller)
    $read = Invoke-Read -Call { Get-AuthServer -DomainController $Controller -ErrorAction Stop }
    if (@($read.warnings).Count -gt 0) { throw "The list of token servers is not whole: $($read.warnings[0])" }
    foreach ($server in $read.objects) {
        if (Test-SameUrl -Left (Get-Property -Object $server -Name 'AuthMetadataUrl') -Right $Url) { return }
        if (Test-Same -Left $server.Name -Right $Name) { throw "There is another token server of the name $Name, so nothing was made." }
    }
    $null = New-AuthServer -Name $Name -AuthMetadataUrl $Url -DomainController $Controller -Confirm:$false -ErrorAction Stop
}

function Test-Behind {
    # Whether an entry is for an application that uses token servers, and for this realm: an empty one is a realm like any other.
    param($Entry, [string]$Identifier, [string]$Realm)
    if (-not [bool]$Entry.UseAuthServer) { return $false }
    if (-not (Test-Same -Left $Entry.ApplicationIdentifier -Right $Identifier)) { return $false }
    return Test-Same -Left $Entry.Realm -Right $Realm
}

function Assert-Account {
    # A linked account that an owner allowed must be there, and be one: its roles are what an application may do. Returns
    # the controller that shows it: an empty one where none may be named.
    param([string]$Name, [string]$Controller)
    $shown = Find-Users -Name $Name -Controller $Controller
    $count = @($shown.users).Count
    if ($count -ne 1) { throw "PartnerOperator.Accounts: $count of $Name" }
    return $shown.controller
}
