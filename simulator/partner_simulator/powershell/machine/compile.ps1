# Compiles C# with the Roslyn that PowerShell carries for Add-Type, under an assembly name of ours.
param([string] $Name, [string] $Folder, [string] $Target, [Parameter(ValueFromRemainingArguments)] [string[]] $References)
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition 'public class LoadsRoslyn {}'
$trees = foreach ($file in Get-ChildItem -LiteralPath $Folder -Filter *.cs | Sort-Object Name) {
    [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText([IO.File]::ReadAllText($file.FullName), $null, $file.Name, $null, [Threading.CancellationToken]::None)
}
$metadata = foreach ($file in @(Get-ChildItem -LiteralPath (Join-Path $PSHOME 'ref') -Filter *.dll).FullName + @(
        [psobject].Assembly.Location, [Microsoft.PowerShell.Commands.ProcessCommandException].Assembly.Location,
        [Microsoft.PowerShell.UnmanagedPSEntry].Assembly.Location,
        [System.ServiceProcess.ServiceControllerStatus].Assembly.Location) + @($References | Where-Object { $_ })) {
    [Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile($file)
}
$options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new(
    [Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary).WithOptimizationLevel(
    [Microsoft.CodeAnalysis.OptimizationLevel]::Release)
$compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($Name, [Microsoft.CodeAnalysis.SyntaxTree[]] @($trees), [Microsoft.CodeAnalysis.MetadataReference[]] @($metadata), $options)
$stream = [IO.File]::Create($Target)
$result = $compilation.Emit($stream)
$stream.Dispose()
if (-not $result.Success) {
    $result.Diagnostics | Where-Object Severity -EQ Error | ForEach-Object { [Console]::Error.WriteLine("$_") }
    exit 1
}
