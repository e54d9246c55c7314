# Reads a JSON list of {name, text} from standard input, prints facts of each text's syntax tree as JSON.
# It runs in the PowerShell 7 of the tests; what the facts mean is decided in Python.
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

function Get-Line { param($Ast) $Ast.Extent.StartLineNumber }

function Get-Element {
    param($Element)
    if ($Element -is [System.Management.Automation.Language.CommandParameterAst]) {
        $argument = $null
        if ($null -ne $Element.Argument) { $argument = $Element.Argument.Extent.Text }
        return @{ kind = 'parameter'; name = $Element.ParameterName; argument = $argument }
    }
    $constant = $null
    if ($Element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $constant = $Element.Value }
    $splatted = ($Element -is [System.Management.Automation.Language.VariableExpressionAst]) -and $Element.Splatted
    return @{ kind = 'argument'; text = $Element.Extent.Text; constant = $constant; splatted = $splatted; ast = $Element.GetType().Name }
}

function Get-CommandFact {
    param($Ast)
    $elements = @($Ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { Get-Element $_ })
    @{
        line = Get-Line $Ast; name = $Ast.GetCommandName(); head = $Ast.CommandElements[0].Extent.Text
        operator = "$($Ast.InvocationOperator)"; elements = $elements
        redirections = @($Ast.Redirections | ForEach-Object { $_.Extent.Text })
        bare = (Test-Bare $Ast.Parent) -and ($Ast.Parent.PipelineElements.Count -eq 1)
    }
}

function Get-MemberFact {
    param($Ast)
    $member = $null
    if ($Ast.Member -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $member = $Ast.Member.Value }
    $type = $null
    if ($Ast.Expression -is [System.Management.Automation.Language.TypeExpressionAst]) { $type = $Ast.Expression.TypeName.FullName }
    $arguments = @()
    $call = $Ast -is [System.Management.Automation.Language.InvokeMemberExpressionAst]
    if ($call -and ($null -ne $Ast.Arguments)) { $arguments = @($Ast.Arguments | ForEach-Object { $_.Extent.Text }) }
    @{
        line = Get-Line $Ast; call = $call; static = $Ast.Static; member = $member; type = $type; arguments = $arguments
        nullConditional = $Ast.NullConditional; target = $Ast.Expression.Extent.Text
        bare = ($Ast.Parent -is [System.Management.Automation.Language.CommandExpressionAst]) -and (Test-Bare $Ast.Parent.Parent)
        generic = $call -and ($null -ne $Ast.GenericTypeArguments) -and ($Ast.GenericTypeArguments.Count -gt 0)
    }
}

function Get-Side {
    # One operand: its kind and text; a constant string's value; what a cast casts to.
    param($Ast)
    $constant = $null; $cast = $null
    if ($Ast -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $constant = $Ast.Value }
    elseif ($Ast -is [System.Management.Automation.Language.ConstantExpressionAst]) { $constant = "$($Ast.Value)" }
    elseif ($Ast -is [System.Management.Automation.Language.ConvertExpressionAst]) { $cast = $Ast.Type.TypeName.FullName }
    @{ ast = $Ast.GetType().Name; text = $Ast.Extent.Text; constant = $constant; cast = $cast }
}

function Test-Bare {
    # Whether what a pipeline emits goes to the output of a script, a block or a function.
    param($Pipeline)
    if ($Pipeline -isnot [System.Management.Automation.Language.PipelineAst]) { return $false }
    if ($Pipeline.Parent -is [System.Management.Automation.Language.NamedBlockAst]) { return $true }
    if ($Pipeline.Parent -isnot [System.Management.Automation.Language.StatementBlockAst]) { return $false }
    $above = $Pipeline.Parent.Parent
    ($above -isnot [System.Management.Automation.Language.ArrayExpressionAst]) -and ($above -isnot [System.Management.Automation.Language.SubExpressionAst])
}

function Test-InFunction {
    param($Ast)
    for ($above = $Ast.Parent; $null -ne $above; $above = $above.Parent) {
        if ($above -is [System.Management.Automation.Language.FunctionDefinitionAst]) { return $true }
    }
    return $false
}

function Get-Assignment {
    param($Ast)
    $right = $Ast.Right
    $element = $null
    if ($right -is [System.Management.Automation.Language.CommandExpressionAst]) { $right = $right.Expression }
    elseif (($right -is [System.Management.Automation.Language.PipelineAst]) -and ($right.PipelineElements.Count -eq 1)) {
        $element = $right.PipelineElements[0]
        if ($element -is [System.Management.Automation.Language.CommandExpressionAst]) { $right = $element.Expression }
    }
    @{ line = Get-Line $Ast; left = $Ast.Left.Extent.Text; operator = "$($Ast.Operator)"; right = Get-Side $right }
}

function Get-FunctionFact {
    param($Ast)
    $parameters = @()
    if ($null -ne $Ast.Body.ParamBlock) { $parameters = @($Ast.Body.ParamBlock.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath }) }
    elseif ($null -ne $Ast.Parameters) { $parameters = @($Ast.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath }) }
    @{ line = Get-Line $Ast; name = $Ast.Name; parameters = $parameters }
}

function Get-Facts {
    param([string]$Name, [string]$Text)
    $tokens = $null; $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref]$tokens, [ref]$errors)
    $fact = @{ name = $Name; errors = @($errors | ForEach-Object { @{ line = $_.Extent.StartLineNumber; id = $_.ErrorId } }) }
    $kinds = @{}; $commands = @(); $members = @(); $types = @(); $functions = @(); $variables = @(); $binaries = @()
    $hashtables = @{}; $assignments = @(); $casts = @()
    foreach ($ast in $tree.FindAll({ $true }, $true)) {
        $kind = $ast.GetType().Name
        if (-not $kinds.ContainsKey($kind)) { $kinds[$kind] = Get-Line $ast }
        switch ($kind) {
            'CommandAst' { $commands += Get-CommandFact $ast }
            'MemberExpressionAst' { $members += Get-MemberFact $ast }
            'InvokeMemberExpressionAst' { $members += Get-MemberFact $ast }
            'TypeExpressionAst' { $types += @{ line = Get-Line $ast; name = $ast.TypeName.FullName } }
            'TypeConstraintAst' { $types += @{ line = Get-Line $ast; name = $ast.TypeName.FullName } }
            'FunctionDefinitionAst' { $functions += Get-FunctionFact $ast }
            'VariableExpressionAst' { $variables += @{ line = Get-Line $ast; name = $ast.VariablePath.UserPath; infunction = Test-InFunction $ast } }
            'ConvertExpressionAst' { $casts += @{ line = Get-Line $ast; type = $ast.Type.TypeName.FullName; child = Get-Side $ast.Child } }
            'UnaryExpressionAst' { if ("$($ast.TokenKind)" -eq 'Comma') { $kinds['UnaryComma'] = Get-Line $ast } }
            'ArrayLiteralAst' { if ($ast.Elements.Count -eq 1) { $kinds['UnaryComma'] = Get-Line $ast } }
            'IndexExpressionAst' { if ($ast.NullConditional) { $members += @{ line = Get-Line $ast; call = $false; static = $false; member = '[]'; type = $null; arguments = @(); nullConditional = $true; target = ''; generic = $false; bare = $false } } }
            'PipelineAst' { if ($ast.Background) { $kinds['Background'] = Get-Line $ast } }
            'BinaryExpressionAst' { $binaries += @{ line = Get-Line $ast; operator = "$($ast.Operator)"; left = Get-Side $ast.Left; right = Get-Side $ast.Right } }
            'ScriptBlockAst' {
                if ($null -ne $ast.CleanBlock) { $kinds['CleanBlock'] = Get-Line $ast }
                if ($null -ne $ast.ScriptRequirements) { $kinds['Requires'] = 1 }
            }
            'AssignmentStatementAst' {
                $assignments += Get-Assignment $ast
                $isTable = ($ast.Right -is [System.Management.Automation.Language.CommandExpressionAst]) -and ($ast.Right.Expression -is [System.Management.Automation.Language.HashtableAst])
                if ($isTable -and ($ast.Left -is [System.Management.Automation.Language.VariableExpressionAst])) {
                    $hashtables[$ast.Left.VariablePath.UserPath] = @($ast.Right.Expression.KeyValuePairs | ForEach-Object { $_.Item1.Extent.Text })
                }
                $isKey = ($ast.Left -is [System.Management.Automation.Language.IndexExpressionAst]) -and ($ast.Left.Index -is [System.Management.Automation.Language.StringConstantExpressionAst])
                if ($isKey -and $hashtables.ContainsKey($ast.Left.Target.Extent.Text.TrimStart('$'))) {
                    $hashtables[$ast.Left.Target.Extent.Text.TrimStart('$')] += $ast.Left.Index.Value
                }
            }
        }
    }
    $previous = ''
    $odd = @()
    foreach ($token in $tokens) {
        $kind = "$($token.Kind)"
        if (($kind -eq 'Pipe') -and ($previous -eq 'NewLine')) { $odd += @{ line = $token.Extent.StartLineNumber; kind = 'LeadingPipe'; text = '|' } }
        if ($kind -in 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'Number', 'StringExpandable', 'HereStringExpandable') {
            $odd += @{ line = $token.Extent.StartLineNumber; kind = $kind; text = $token.Text }
        }
        if ($kind -ne 'Comment') { $previous = $kind }
    }
    $fact.kinds = $kinds; $fact.commands = $commands; $fact.members = $members; $fact.types = $types; $fact.functions = $functions
    $fact.variables = $variables; $fact.binaries = $binaries; $fact.hashtables = $hashtables; $fact.tokens = $odd
    $fact.assignments = $assignments; $fact.casts = $casts
    $fact
}

$units = [Console]::In.ReadToEnd() | ConvertFrom-Json -NoEnumerate
$facts = @($units | ForEach-Object { Get-Facts $_.name $_.text })
$aliases = @(Get-Alias | ForEach-Object { $_.Name })
[Console]::Out.Write((ConvertTo-Json @{ units = $facts; aliases = $aliases } -Depth 8 -Compress))
