# In front of every operation: this very process ends itself when nobody can be waiting for its answer any more. A
# killed operator's run is so over after a known time. The timer is one of .NET, so that no cmdlet can hold it up.
$watchdog = New-Object System.Threading.CancellationTokenSource
$own = [System.Diagnostics.Process]::GetCurrentProcess()
$null = $watchdog.Token.Register([System.Delegate]::CreateDelegate([System.Action], $own, 'Kill'))
$null = $watchdog.CancelAfter(1000 * $Request.lifeSeconds)
