$l="$($ExecutionContext.SessionState.LanguageMode)";if($l-ne'FullLanguage'){"PO1?$l";exit 3}
$global:ErrorActionPreference='Stop';$global:ProgressPreference='SilentlyContinue'
$n=@($input)-join"`n";$m=$null;$q=$false;$a=@{ok=$false}
function hx($b){([BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($b))-replace'-').ToLowerInvariant()}
function wk($v,$s,$d=0){
if($null-eq$v-or$v-is[bool]-or$v-is[int]){return $v}
if($v-is[long]){if($s){return $v};return [int]$v}
if($v-is[string]){if($s){return "=$v"};return [regex]::Unescape($v.Substring(1))}
if($d-gt 20){throw 'The answer is nested too deeply.'}
$h=[ordered]@{};$k=$null;$g='Name'
if($v-is[Collections.IDictionary]){$k=$v.GetEnumerator();$g='Key'}elseif($v-is[Management.Automation.PSCustomObject]){$k=$v.PSObject.Properties}
if($null-ne$k){foreach($e in $k){$h["$($e.$g)"]=wk $e.Value $s ($d+1)};return [pscustomobject]$h}
if($v-isnot[Collections.IEnumerable]){throw "The answer holds a $($v.GetType().FullName), no plain data."}
$r=New-Object Collections.ArrayList;foreach($e in $v){$null=$r.Add((wk $e $s ($d+1)))}
if($s){return ,$r};,$r.ToArray()}
function er($r){$x=$r.Exception;$s=@();$y=$x
while($y){$s+="$($y.Message)";$z=$y;$y=$y.InnerException}
@{id="$($r.FullyQualifiedErrorId)";type=$x.GetType().FullName;inner=$z.GetType().FullName;category="$($r.CategoryInfo.Category)";messages=$s;position="$($r.ScriptStackTrace)"}}
try{
$a.why='Damaged'
$u=[regex]::Match($n,'PO1<(\d+):([0-9a-f]{64}):([A-Za-z0-9+/=]+)>PO1').Groups
$a.to=$u[2].Value;$b=$null
try{$b=[Convert]::FromBase64String($u[3].Value)}catch{}
if($null-ne$b-and$b.Length-eq[int]$u[1].Value-and(hx $b)-eq$a.to){
$a.why='Prepare'
$t=[Threading.Thread]::CurrentThread
try{$t.CurrentCulture='en-US';$t.CurrentUICulture='en-US'}catch{$t.CurrentCulture=[Globalization.CultureInfo]::InvariantCulture}
$p=[Text.Encoding]::UTF8.GetString($b)|ConvertFrom-Json
$Request=wk $p.parameters
$Secrets=@{};foreach($e in $p.secrets.PSObject.Properties){$Secrets[$e.Name]=wk $e.Value}
$c=[scriptblock]::Create((wk $p.script))
$m=New-Object Threading.Mutex $false,"Global\partner-operator-$env:COMPUTERNAME"
try{$q=$m.WaitOne([int]$p.wait)}catch [Threading.AbandonedMutexException]{$q=$true}
$a.why='Busy'
if($q){
[Console]::Out.Write('PO1!');$a.why='Script'
$r=@(& $c)
$a.why='Answer'
if($r.Count-ne 1){throw "The script returned $($r.Count) objects, not one."}
$a.data=wk $r[0] 1;$a.ok=$true}}}
catch{$a.error=er $_}
finally{if($q){$m.ReleaseMutex()}}
$a.host=@{version="$($PSVersionTable.PSVersion)";clock=[int64]([DateTime]::UtcNow-(New-Object DateTime 1970,1,1,0,0,0,([DateTimeKind]::Utc))).TotalSeconds;bits=[IntPtr]::Size*8}
function js{ConvertTo-Json -InputObject $a -Compress -Depth 30}
$j=try{js}catch{$a.data=0;$a.ok=$false;$a.error=er $_;js}
$j=[regex]::Replace($j,'[^\x20-\x7e]',{param($c)'\u{0:x4}'-f[int][char]$c.Value})
$b=[Text.Encoding]::ASCII.GetBytes($j)
[Console]::Out.Write('PO1['+$b.Length+':'+(hx $b)+':'+[Convert]::ToBase64String($b)+']PO1')
exit 0
