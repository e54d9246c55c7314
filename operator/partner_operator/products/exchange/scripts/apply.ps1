$exchange = @{ session = $null; imported = New-Object System.Collections.ArrayList; list = $null; fit = $null }
$exchange.session = Open-Exchange -Commands @('Set-ADServerSettings')
try { Invoke-Items -Steps $steps }
finally { Remove-PSSession -Session $exchange.session -ErrorAction SilentlyContinue }
