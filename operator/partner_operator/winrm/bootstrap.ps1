$ErrorActionPreference='Stop';$global:ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
$n=@($input)-join"`n";$m=$null;$q=$false;$a=@{ok=$false}
function hx($b){([BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($b))-replace'-').ToLowerInvariant()}
function un($v){
if($v-is[string]){return $v.Substring(1)}
if($v-is[object[]]){$l=New-Object Collections.ArrayList;foreach($e in $v){$null=$l.Add((un $e))};return ,$l.ToArray()}
if($v-is[Management.Automation.PSCustomObject]){$h=[ordered]@{};foreach($p in $v.PSObject.Properties){$h[$p.Name]=un $p.Value};return [pscustomobject]$h}
$v}
function er($r){$x=$r.Exception;$s=@();$y=$x
while($y){$s+="$($y.Message)";$z=$y;$y=$y.InnerException}
@{id="$($r.FullyQualifiedErrorId)";type=$x.GetType().FullName;inner=$z.GetType().FullName;category="$($r.CategoryInfo.Category)";messages=[object[]]$s;position="$($r.ScriptStackTrace)"}}
try{
$a.why='Damaged'
$x=[regex]::Match($n,'PO1<(\d+):([0-9a-f]{64}):([A-Za-z0-9+/=]+)>PO1');$b=$null
if($x.Success){try{$b=[Convert]::FromBase64String($x.Groups[3].Value)}catch{}}
if($null-ne$b-and$b.Length-eq[int]$x.Groups[1].Value-and(hx $b)-eq$x.Groups[2].Value){
$t=[Threading.Thread]::CurrentThread
try{$t.CurrentCulture='en-US';$t.CurrentUICulture='en-US'}catch{$t.CurrentCulture=[Globalization.CultureInfo]::InvariantCulture}
Remove-TypeData -TypeName System.Array -ErrorAction SilentlyContinue
$p=[Text.Encoding]::UTF8.GetString($b)|ConvertFrom-Json
$Request=un $p.parameters
$Secrets=@{};foreach($e in $p.secrets.PSObject.Properties){$Secrets[$e.Name]=un $e.Value}
$a.why='Busy'
$m=New-Object Threading.Mutex $false,"Global\partner-operator-$env:COMPUTERNAME"
try{$q=$m.WaitOne([int]$p.wait)}catch [Threading.AbandonedMutexException]{$q=$true}
if($q){
$a.why='Parse';$c=[scriptblock]::Create((un $p.script))
$a.why='Script';$r=@(& $c)
if($r.Count-ne 1){throw "The script returned $($r.Count) objects, not one."}
$a.data=$r[0];$a.ok=$true}}}
catch{$a.error=er $_}
finally{if($q){$m.ReleaseMutex()}}
$a.host=@{version="$($PSVersionTable.PSVersion)";clock=[int64]([DateTime]::UtcNow-(New-Object DateTime 1970,1,1,0,0,0,([DateTimeKind]::Utc))).TotalSeconds;bits=[IntPtr]::Size*8}
try{$j=ConvertTo-Json -InputObject $a -Compress -Depth 10}catch{$j=ConvertTo-Json -InputObject @{ok=$false;why='Script';error=(er $_)} -Compress -Depth 5}
$j=[regex]::Replace($j,'[^\x20-\x7e]',{param($c)'\u{0:x4}'-f[int][char]$c.Value})
$b=[Text.Encoding]::ASCII.GetBytes($j)
[Console]::Out.Write('PO1['+$b.Length+':'+(hx $b)+':'+[Convert]::ToBase64String($b)+']PO1')
[Console]::Out.Flush()
exit 0
