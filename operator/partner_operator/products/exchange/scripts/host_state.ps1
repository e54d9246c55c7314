Get-HostState -Prefix 'MSExchange' -Site ''
