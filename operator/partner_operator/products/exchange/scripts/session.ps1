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

function Get-LinkedAccount {
    # Roles of the account that an entry acts with; $null when the entry has none or it is gone.
    param($Entry, [string]$Controller)
    $name = Get-Text -Value (Get-Property -Object $Entry -Name 'LinkedAccount')
    if ($name -eq '') { return $null }
    try {
        $user = @(Get-User -Identity $name -DomainController $Controller -ErrorAction Stop)
        if ($user.Count -eq 0) { return $null }
        $assignments = @(Get-ManagementRoleAssignment -RoleAssignee $name -DomainController $Controller -ErrorAction Stop)
    }
    catch {
        if (Test-NotFound -Record $_) { return $null }
        throw
    }
    $roles = New-Object System.Collections.ArrayList
    foreach ($assignment in $assignments) {
        if ($null -ne $assignment) { $null = $roles.Add((Get-Text -Value $assignment.Role)) }
    }
    return @{ name = $name; roles = [object[]]@($roles.ToArray()) }
}

function Get-Entries {
    param([string]$Controller)
    return Invoke-Read -Call { Get-PartnerApplication -DomainController $Controller -ErrorAction Stop }
}

function Get-Reference {
    # The directory gives a Guid once and never again: no rename changes it, and no other entry has it.
    param($Entry)
    $guid = Get-Text -Value (Get-Property -Object $Entry -Name 'Guid')
    if ($guid -ne '') { return $guid }
    return Get-Text -Value $Entry.DistinguishedName
}

function Add-Roles {
    # Gives an account the roles that it does not hold yet.
    param([string]$Account, $Roles, [string]$Controller)
    $held = New-Object System.Collections.ArrayList
    foreach ($assignment in @(Get-ManagementRoleAssignment -RoleAssignee $Account -DomainController $Controller -ErrorAction Stop)) {
        if ($null -ne $assignment) { $null = $held.Add((Get-Text -Value $assignment.Role)) }
    }
    foreach ($role in @($Roles)) {
        if (Test-Listed -Names $held -Name $role) { continue }
        $null = New-ManagementRoleAssignment -Role $role -User $Account -DomainController $Controller -Confirm:$false -ErrorAction Stop
    }
}
