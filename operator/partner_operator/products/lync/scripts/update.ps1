$identity = [string]$Request.reference
Assert-Entry -Reference $identity -Identifier $Request.applicationIdentifier -UseAuthServer $Request.useAuthServer
if ([string]$Request.tokenServerName -ne '') { Add-TokenServer -Name $Request.tokenServerName -Url $Request.tokenServerUrl }
if ($Request.setUrl) {
    # Reads the document again, and with it the partner's certificates.
    $null = Set-CsPartnerApplication -Identity $identity -MetadataUrl $Request.metadataUrl -Force -Confirm:$false -ErrorAction Stop
}
if ([string]$Request.trustLevel -ne '') {
    $null = Set-CsPartnerApplication -Identity $identity -ApplicationTrustLevel $Request.trustLevel -Force -Confirm:$false -ErrorAction Stop
}
if ($Request.enable) {
    $null = Set-CsPartnerApplication -Identity $identity -Enabled $true -Force -Confirm:$false -ErrorAction Stop
}
@{ identity = $identity }
