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

function Get-Places {
    # Where an object stands in a list, by each text that a warning may mean it by: its name, its Guid or its path.
    param($Objects)
    $places = New-Object System.Collections.Hashtable -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    $number = 0
    foreach ($object in @($Objects)) {
        foreach ($property in @('Name', 'Identity', 'Guid', 'DistinguishedName')) {
            $text = Get-Text -Value (Get-Property -Object $object -Name $property)
            if ($text -ne '') { $places[$text] = $number }
        }
        $number++
    }
    return @{ of = $places }
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
    $places = $null
    foreach ($warning in @($Read.warnings)) {
        $subject = Get-Subject -Warning $warning
        $place = $null
        if ($subject -ne '') {
            # Made once: a server may warn about each of its objects.
            if ($null -eq $places) { $places = (Get-Places -Objects $objects).of }
            # A path may be another one than the object's own, and ends in its name.
            foreach ($found in @($places[$subject], $places[($subject -creplace '^[\s\S]*/', '')])) {
                if (($null -ne $found) -and (($null -eq $place) -or ($found -gt $place))) { $place = $found }
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
    $result = @{ url = $Url; status = 0; type = ''; body = ''; fault = ''; detail = ''; seconds = 0 }
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
    $milliseconds = $watch.ElapsedMilliseconds
    $result.seconds = [int](($milliseconds - ($milliseconds % 1000)) / 1000)
    return $result
}

function Get-Thumbprint {
    # Of a certificate in bytes. Whole ones of many entries do not fit into an answer.
    param($Bytes)
    $hash = [System.Security.Cryptography.SHA1]::Create().ComputeHash([byte[]]$Bytes)
    return [BitConverter]::ToString($hash) -creplace '-', ''
}

function Get-Size {
    # Bytes that a value takes in an answer, at most: what is no plain letter may be written as \uXXXX.
    param($Value)
    $size = 6
    if ($Value -is [System.Collections.IDictionary]) {
        foreach ($key in @($Value.Keys)) { $size += ([string]$key).Length + 4 + (Get-Size -Value $Value[$key]) }
        return $size
    }
    if ($Value -is [object[]]) {
        foreach ($one in $Value) { $size += Get-Size -Value $one }
        return $size
    }
    $text = [string]$Value
    return $size + $text.Length + (5 * ($text -creplace '[A-Za-z0-9 ./:@_=+-]+', '').Length)
}

function Select-Entries {
    # As many entries as one answer holds. Where not all fit, by reference, and after which one the next run goes on:
    # what is there all the time is read once, whatever comes and goes between two runs.
    param($Entries, [int]$More)
    $sizes = New-Object System.Collections.SortedList -ArgumentList ([StringComparer]::Ordinal)
    foreach ($entry in @($Entries)) {
        $known = $sizes[$entry.reference]
        if ($null -eq $known) { $known = 0 }
        $sizes[$entry.reference] = [int]$known + $More + (Get-Size -Value $entry)
    }
    $after = [string]$Request.after
    $last = ''
    $next = ''
    $bytes = 0
    foreach ($reference in @($sizes.Keys)) {
        if (($after -ne '') -and ([string]::CompareOrdinal($reference, $after) -le 0)) { continue }
        if (($bytes -gt 0) -and (($bytes + $sizes[$reference]) -gt $Request.entryBytes)) {
            $next = $last
            break
        }
        $bytes += $sizes[$reference]
        $last = $reference
    }
    $chosen = New-Object System.Collections.ArrayList
    foreach ($entry in @($Entries)) {
        if (($after -ne '') -and ([string]::CompareOrdinal($entry.reference, $after) -le 0)) { continue }
        if ([string]::CompareOrdinal($entry.reference, $last) -le 0) { $null = $chosen.Add($entry) }
    }
    return @{ entries = [object[]]@($chosen.ToArray()); next = $next; bytes = $bytes }
}

function Get-Documents {
    # In the order that is asked for, as long as the time and the room for all of them last: PowerShell 3.0 and 4.0 write no
    # answer of more than 2 MiB. Another run fetches the others. The first one always fits.
    param([int]$Room)
    Set-Tls
    $documents = New-Object System.Collections.ArrayList
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($url in @($Request.urls)) {
        if ($watch.ElapsedMilliseconds -ge (1000 * $Request.allDocumentsSeconds)) { break }
        $document = Get-Document -Url $url -Limit $Request.documentBytes
        $Room -= Get-Size -Value $document
        if (($Room -lt 0) -and (@($documents).Count -gt 0)) { break }
        $null = $documents.Add($document)
    }
    return $documents.ToArray()
}
