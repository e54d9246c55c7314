Get-HostState -Prefix 'SPTimer' -Site $Request.site
