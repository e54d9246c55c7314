Import-Lync
Invoke-Items -Steps $steps
