# Whom the workers of this very machine trust: a balancer in front of the site would hide which of them answers.
Set-Tls
$asked = $null
$response = $null
$status = 'none'
$challenge = ''
try {
    $asked = New-WebRequest -Url "https://$($Request.host)$($Request.path)" -Seconds 30
    $asked.Host = [string]$Request.site
    $asked.Headers['Authorization'] = 'Bearer'
    try { $response = $asked.GetResponse() }
    catch {
        $web = Get-WebException -Exception $_.Exception
        if ($null -eq $web) { throw }
        $response = $web.Response
    }
    if ($null -ne $response) {
        $status = [string][int]$response.StatusCode
        # Several are folded into one.
        $challenge = [string]$response.Headers['WWW-Authenticate']
    }
}
finally { Close-Response -WebRequest $asked -Response $response }
@{ status = $status; challenge = $challenge }
