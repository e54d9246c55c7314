# What makes a run look like Windows. Loaded by PowerShell itself, before the operator's script.
$ErrorView = 'NormalView'
$null = New-PSDrive -Name C -PSProvider FileSystem -Root ([PartnerSimulator.Run]::Root) -Scope Global
Import-Module ([PartnerSimulator.Run]::Core) -Global -DisableNameChecking
[PartnerSimulator.Machine]::Prepare($ExecutionContext)
[PartnerSimulator.Prelude]::Apply($ExecutionContext, [PartnerSimulator.Run]::Emulates)
