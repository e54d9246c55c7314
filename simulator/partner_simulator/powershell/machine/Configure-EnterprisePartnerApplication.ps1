# Stand-in for the script of this name that ships with Exchange, written from its documented
# behaviour and transcript; none of its text is Microsoft's code.
param(
    [Parameter(Mandatory = $true)] [string] $AuthMetadataUrl,
    [Parameter(Mandatory = $true)] [string] $ApplicationType,
    [string] $DomainController,
    [bool] $TrustAnySSLCertificate
)

trap { break }

function Write-Message([string] $Text, [string] $Color) {
    Write-Host ''
    Write-Host $Text -ForegroundColor $Color
}

$directory = @{}
if ($DomainController) { $directory['DomainController'] = $DomainController }

switch ($ApplicationType.ToLower()) {
    'lync' { $prefix = 'LyncEnterprise'; $roles = @({lync_roles}); $accept = $true }
    'sharepoint' {
        $prefix = 'SharePointEnterprise'; $accept = $true
        $roles = @('UserApplication', 'LegalHoldApplication', 'Mailbox Search', 'TeamMailboxLifecycleApplication', 'Legal Hold')
    }
    'generic' { $prefix = 'GenericEnterprise'; $roles = @('UserApplication'); $accept = $false }
    default {
        Write-Message "Invalid (ServiceName) specified. Possible values are 'Lync', 'SharePoint', or 'Generic'." 'Red'
        exit 1
    }
}

$name = "$prefix-ApplicationAccount"
$user = $null
for ($retry = 1; $retry -le 10; $retry++) {
    $found = Get-User $name @directory -ErrorAction SilentlyContinue
    if (-not $found) { break }
    $kind = [string] $found.RecipientType
    if ($found.RecipientType.Value) { $kind = $found.RecipientType.Value }
    if ($kind -eq 'MailUser' -or $kind -eq 'User') { $user = $found; break }
    Write-Message "Cannot use existing User <$($found.Identity)> with RecipientType <$kind>. Retry with <$name-$retry>" 'Yellow'
    $name = "$name-$retry"
}
if ($retry -gt 10) {
    Write-Message 'Can not create a user for this Partner Application. Max retry reached.' 'Red'
    exit 1
}
if ($user) {
    Write-Message "User <$($user.Identity)> already exists. Using this user for the Partner Application." 'Yellow'
}
else {
    Write-Message "Creating User <$name> for Partner Application." 'Yellow'
    $accepted = Get-AcceptedDomain @directory
    if (-not $accepted) { Write-Message 'There is no accepted domain so user can not be created.' 'Red' }
    $user = New-MailUser -Name $name -ExternalEmailAddress "$name@$($accepted[0].Name)" @directory
    if (-not $user) { exit 1 }
    Set-MailUser -Identity $user.Identity -HiddenFromAddressListsEnabled $true @directory
    Write-Message "Created User <$($user.Identity)> for Partner Application." 'Yellow'
}

foreach ($role in $roles) {
    $assigned = Get-ManagementRoleAssignment @directory |
        Where-Object { $_.Role -eq $role -and $_.RoleAssigneeName -eq $user.Name }
    if ($assigned) {
        Write-Message "Skipping role assignment: Role <$role> already assigned to Application User <$($user.Identity)>." 'Yellow'
        continue
    }
    Write-Message "Assigning role <$role> to Application User <$($user.Identity)>." 'Yellow'
    $assignment = New-ManagementRoleAssignment -Role $role -User $user.Identity @directory
    if (-not $assignment) { exit 1 }
}

$application = "$prefix-$([guid]::NewGuid().ToString('N'))"
Write-Message "Creating Partner Application <$application> using metadata <$AuthMetadataUrl> with linked account <$($user.Identity)>." 'Yellow'
$options = @{}
if ($TrustAnySSLCertificate) { $options['TrustAnySSLCertificate'] = $true }
$created = New-PartnerApplication -Name $application -AuthMetadataUrl $AuthMetadataUrl -AcceptSecurityIdentifierInformation $accept -Enabled $true -LinkedAccount $user.Identity @options @directory
if (-not $created) { exit 1 }
Write-Message "Created Partner Application <$($created.Identity)>." 'Yellow'
Write-Message 'THE CONFIGURATION HAS SUCCEEDED.' 'Green'
