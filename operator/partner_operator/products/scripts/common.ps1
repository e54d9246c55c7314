# Prelude of every operation: plain text, guarded reads, and documents fetched from this very server.

function Get-Text {
    param($Value)
    if ($null -eq $Value) { return '' }
    $named = $Value.PSObject.Properties['Value']
    if (($Value -is [int]) -and ($null -ne $named)) { return [string]$named.Value }
    return [string]$Value
}

function Test-Same {
    # Letter by letter but for case: -eq takes some letters for others, and which ones depends on the engine.
    param($Left, $Right)
    return [string]::Equals((Get-Text -Value $Left), (Get-Text -Value $Right), [StringComparison]::OrdinalIgnoreCase)
}

function Test-SameUrl {
    # A slash at the end of the path makes no other address, whether a query follows or not.
    param($Left, $Right)
    $one = (Get-Text -Value $Left) -creplace '/(?=$|\?)', ''
    $other = (Get-Text -Value $Right) -creplace '/(?=$|\?)', ''
    return Test-Same -Left $one -Right $other
}

function Test-Listed {
    param($Names, $Name)
    foreach ($one in $Names) {
        if (($null -ne $one) -and (Test-Same -Left $one -Right $Name)) { return $true }
    }
    return $false
}

function Get-Property {
    param($Object, [string]$Name)
    if ($null -eq $Object) { return $null }
    $property = $Object.PSObject.Properties[$Name]
    if ($null -eq $property) { return $null }
    return $property.Value
}

function Get-Instant {
    param($Value)
    if ($Value -isnot [datetime]) { return $null }
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $culture)
}

function Invoke-Read {
    # Objects and warnings of one reading call, apart. An error ends the script.
    param([scriptblock]$Call)
    $objects = New-Object System.Collections.ArrayList
    $warnings = New-Object System.Collections.ArrayList
    foreach ($record in @(& $Call 3>&1)) {
        if ($record -is [System.Management.Automation.WarningRecord]) {
            $null = $warnings.Add([string]$record.Message)
        }
        elseif ($null -ne $record) { $null = $objects.Add($record) }
    }
    return @{ objects = $objects.ToArray(); warnings = $warnings.ToArray() }
}

function Get-Subject {
    # The object that a warning is about, by the words for one whose values do not fit; empty where it is about the read.
    param([string]$Warning)
    $words = '^(?:The o|O)bject [''"]?(.+?)[''"]? (?:has been corrupted|is corrupted|is in an inconsistent state)[\s\S]*$'
    if ($Warning -cnotmatch $words) { return '' }
    return $Warning -creplace $words, '$1'
}

function Test-Subject {
    # Whether an object is meant by a name, a Guid or a path that ends in the name.
    param($Object, [string]$Subject)
    $last = $Subject -creplace '^[\s\S]*/', ''
    foreach ($property in @('Name', 'Identity', 'Guid', 'DistinguishedName')) {
        $text = Get-Text -Value (Get-Property -Object $Object -Name $property)
        if ($text -eq '') { continue }
        if ((Test-Same -Left $text -Right $Subject) -or (Test-Same -Left $text -Right $last)) { return $true }
    }
    return $false
}

function Test-Told {
    # Whether a warning speaks of a property of this object.
    param($Object, [string]$Warning)
    foreach ($property in $Object.PSObject.Properties) {
        if ($Warning -cmatch ('\b' + [string]$property.Name + '\b')) { return $true }
    }
    return $false
}

function Split-Warnings {
    # By the object that each is about (P-EX-14). A warning that ends in a colon goes on in others, which speak of that object's properties.
    param($Read)
    $objects = @($Read.objects)
    $about = @{}
    $others = New-Object System.Collections.ArrayList
    $open = $null
    foreach ($warning in @($Read.warnings)) {
        $subject = Get-Subject -Warning $warning
        $place = $null
        if ($subject -ne '') {
            for ($number = 0; $number -lt $objects.Count; $number++) {
                if (Test-Subject -Object $objects[$number] -Subject $subject) { $place = $number }
            }
            $open = $null
            if ($warning -cmatch ':\s*$') { $open = $place }
        }
        elseif (($null -ne $open) -and (Test-Told -Object $objects[$open] -Warning $warning)) { $place = $open }
        if ($null -eq $place) { $null = $others.Add($warning) }
        else { $about["$place"] = ([string]$about["$place"] + ' ' + $warning).Trim() }
    }
    return @{ about = $about; others = [object[]]@($others.ToArray()) }
}

function Get-Innermost {
    param([System.Exception]$Exception)
    $inner = $Exception
    while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
    return $inner
}

function Test-NotFound {
    # Exchange's "no such object", by type: the sentence is localised.
    param([System.Management.Automation.ErrorRecord]$Record)
    $names = @($Record.FullyQualifiedErrorId, $Record.CategoryInfo.Reason, $Record.Exception.GetType().Name)
    foreach ($name in $names) {
        if ([string]$name -cmatch 'ManagementObjectNotFoundException') { return $true }
    }
    return $false
}

function Set-Tls {
    # .NET before 4.7 offers no TLS 1.2 by itself; 0 means that the system chooses.
    $protocols = [int][System.Net.ServicePointManager]::SecurityProtocol
    if (($protocols -ne 0) -and -not ($protocols -band 3072)) {
        [System.Net.ServicePointManager]::SecurityProtocol = $protocols -bor 3072
    }
}

function New-WebRequest {
    param([string]$Url, [int]$Seconds)
    $request = [System.Net.HttpWebRequest][System.Net.WebRequest]::Create($Url)
    $request.Method = 'GET'
    $request.Timeout = $Seconds * 1000
    $request.ReadWriteTimeout = $Seconds * 1000
    $request.AllowAutoRedirect = $false
    $request.Proxy = $null
    return $request
}

function Get-Body {
    # The body as base64; $null when it is too large. Ends in time however slowly bytes drip.
    param($Response, $Watch, [int]$Limit)
    $stream = $Response.GetResponseStream()
    $memory = New-Object System.IO.MemoryStream
    $buffer = New-Object byte[] 16384
    while ($true) {
        $count = $stream.Read($buffer, 0, $buffer.Length)
        if ($count -le 0) { break }
        $memory.Write($buffer, 0, $count)
        if ($memory.Length -gt $Limit) { return $null }
        if ($Watch.ElapsedMilliseconds -gt (1000 * $Request.documentSeconds)) { throw "The document did not arrive within $($Request.documentSeconds) seconds." }
    }
    return [Convert]::ToBase64String($memory.ToArray())
}

function Get-WebException {
    param([System.Exception]$Exception)
    $web = $Exception
    while (($null -ne $web) -and ($web -isnot [System.Net.WebException])) { $web = $web.InnerException }
    return $web
}

function Close-Response {
    # An open answer keeps one of the two connections that .NET makes to a host; a half read one is cut off.
    param($WebRequest, $Response)
    if ($null -ne $WebRequest) { $WebRequest.Abort() }
    if ($null -ne $Response) { $Response.Close() }
}

function Get-Document {
    # One metadata document as this server gets it: bytes, or why there are none.
    param([string]$Url, [int]$Limit = 1048576)
    $result = @{ url = $Url; status = 0; type = ''; body = ''; fault = ''; detail = '' }
    $asked = $null
    $response = $null
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        $asked = New-WebRequest -Url $Url -Seconds $Request.documentSeconds
        $asked.Accept = 'application/json'
        $response = $asked.GetResponse()
        $result.status = [int]$response.StatusCode
        $result.type = [string]$response.ContentType
        $read = Get-Body -Response $response -Watch $watch -Limit $Limit
        if ($null -eq $read) {
            $result.fault = 'TooLarge'
            $result.detail = "The document is larger than $Limit bytes."
        }
        else { $result.body = $read }
    }
    catch {
        $inner = Get-Innermost -Exception $_.Exception
        $result.fault = 'Exception'
        $result.detail = [string]$inner.Message
        $web = Get-WebException -Exception $_.Exception
        if ($null -ne $web) {
            $result.fault = [string]$web.Status
            if ($null -ne $web.Response) {
                $response = $web.Response
                $result.status = [int]$response.StatusCode
            }
        }
        if ($inner -is [System.Security.Authentication.AuthenticationException]) { $result.fault = 'TrustFailure' }
    }
    finally { Close-Response -WebRequest $asked -Response $response }
    return $result
}

function Get-Documents {
    # All of them share an amount of time, so that dead partners do not use up the whole run's, and an
    # amount of bytes: PowerShell 3.0 and 4.0 write no answer of more than 2 MiB.
    Set-Tls
    $urls = @($Request.urls)
    if ($urls.Count -eq 0) { return @() }
    $limit = [int](1048576 / $urls.Count)
    $documents = New-Object System.Collections.ArrayList
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($url in $urls) {
        if ($watch.ElapsedMilliseconds -lt (1000 * $Request.allDocumentsSeconds)) { $document = Get-Document -Url $url -Limit $limit }
        else { $document = @{ url = [string]$url; status = 0; type = ''; body = ''; fault = 'NotAsked'; detail = 'Other documents took so long that this one was not asked for.' } }
        $null = $documents.Add($document)
    }
    return $documents.ToArray()
}
