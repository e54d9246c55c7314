$existing = ''
$replaced = ''
$read = Invoke-Read -Call { Get-CsPartnerApplication -ErrorAction Stop }
$doubts = @((Split-Warnings -Read $read).others)
if ($doubts.Count -gt 0) { throw "The list of partner applications is not whole: $($doubts[0])" }
foreach ($entry in $read.objects) {
    $identity = Get-Text -Value $entry.Identity
    if (Test-Same -Left $identity -Right $Request.replaces) {
        # Names can be given again: an entry for somebody else under this one stays.
        $same = Test-OfContent -Entry $entry -Identifier $Request.replacedIdentifier -Url $Request.replacedUrl -Realm $Request.replacedRealm
        if (-not $same) { throw "Partner application $identity was made into another one meanwhile, so nothing was removed." }
        $replaced = $identity
    }
    elseif (Test-Same -Left $identity -Right $Request.identity) { $existing = $identity }
    elseif (([string]$Request.replaces -eq '') -and ($existing -eq '')) {
        if (Test-OfContent -Entry $entry -Identifier $Request.applicationIdentifier -Url $Request.metadataUrl -Realm $Request.realm) { $existing = $identity }
    }
}
if ($replaced -ne '') {
    # Realm and identifier cannot be changed. The old entry goes only while the new one can be made.
    if ($existing -ne '') { throw "There is another partner application of the name $existing, so nothing was removed." }
    Set-Tls
    $document = Get-Document -Url $Request.metadataUrl
    if (($document.fault -ne '') -or ($document.status -ne 200)) { throw "The document cannot be had now ($($document.status) $($document.detail)), so nothing was removed." }
    $null = Remove-CsPartnerApplication -Identity $replaced -Force -Confirm:$false -ErrorAction Stop
}
if ($existing -eq '') {
    $null = New-CsPartnerApplication -Identity $Request.identity -MetadataUrl $Request.metadataUrl -ApplicationTrustLevel $Request.trustLevel -Force -Confirm:$false -ErrorAction Stop
}
@{ existing = $existing }
