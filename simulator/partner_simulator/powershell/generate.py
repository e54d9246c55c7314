"""C# source of a product's cmdlets, and the text of the functions that implicit remoting makes."""

from __future__ import annotations

from collections.abc import Iterator

from partner_simulator.powershell import overlay
from partner_simulator.powershell.signatures import Binding, Cmdlet, Parameter


def csharp(cmdlets: tuple[Cmdlet, ...]) -> str:
    """One compilation unit with every cmdlet and every enum they use."""
    lines = ["using System.Management.Automation;", ""]
    lines += _enums(cmdlets)
    for cmdlet in cmdlets:
        lines += _cmdlet(cmdlet)
    return "\n".join(lines) + "\n"


def manifest(cmdlets: tuple[Cmdlet, ...], assembly: str, *needed: str) -> str:
    """Module manifest that exports exactly these cmdlets from `assembly` (a file name).

    `needed` are files of assemblies that it refers to.
    """
    names = ", ".join(f"'{cmdlet.name}'" for cmdlet in cmdlets)
    first = ", ".join(f"'{file}'" for file in needed)
    return (
        f"@{{\nModuleVersion = '1.0'\nRequiredAssemblies = @({first})\n"
        f"RootModule = '{assembly}'\nCmdletsToExport = @({names})\n"
        "FunctionsToExport = @()\nAliasesToExport = @()\nVariablesToExport = @()\n}\n"
    )


def proxy(cmdlet: Cmdlet) -> str:
    """The function that Import-PSSession makes of `cmdlet`; `{session}` is left to be filled in.

    As in implicit remoting, parameters are untyped and not mandatory: the far side decides.
    """
    lines = [f"function {cmdlet.name} {{", f"[CmdletBinding({_default(cmdlet)})]", "param("]
    declared = [_proxy_parameter(parameter) for parameter in cmdlet.parameters]
    if cmdlet.asks:
        declared += ["[switch] ${Confirm}", "[switch] ${WhatIf}"]
    lines.append(",\n".join(declared))
    lines += [
        ")",
        "process {",
        "Invoke-SimulatedRemoteCommand -Session {session} -Name '" + cmdlet.name + "' "
        "-Bound $PSBoundParameters -ErrorAction $global:ErrorActionPreference",
        "}",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _default(cmdlet: Cmdlet) -> str:
    return f"DefaultParameterSetName = '{cmdlet.default_set}'" if cmdlet.default_set else ""


def _proxy_parameter(parameter: Parameter) -> str:
    attributes = " ".join(
        f"[Parameter({', '.join(_facts(parameter, binding, mandatory=False, quote=chr(39)))})]"
        for binding in parameter.bindings
    )
    aliases = "".join(f" [Alias('{alias}')]" for alias in parameter.aliases)
    switch = " [switch]" if overlay.csharp_type(parameter.type) == "SwitchParameter" else ""
    return f"{attributes}{aliases}{switch} ${{{parameter.name}}}"


def _enums(cmdlets: tuple[Cmdlet, ...]) -> Iterator[str]:
    used = {
        overlay.csharp_type(parameter.type).removesuffix("[]")
        for cmdlet in cmdlets
        for parameter in cmdlet.parameters
    }
    for full_name, members in overlay.ENUMS.values():
        if full_name in used:
            space, _, name = full_name.rpartition(".")
            body = ", ".join(f"{member} = {number}" for member, number in members.items())
            yield f"namespace {space} {{ public enum {name} {{ {body} }} }}"


def _cmdlet(cmdlet: Cmdlet) -> Iterator[str]:
    verb, noun = cmdlet.name.split("-", 1)
    space, _, name = cmdlet.class_name.rpartition(".")
    facts = [f'"{verb}"', f'"{noun}"']
    if cmdlet.asks:
        facts += ["SupportsShouldProcess = true", f"ConfirmImpact = ConfirmImpact.{cmdlet.impact}"]
    if cmdlet.default_set:
        facts.append(f'DefaultParameterSetName = "{cmdlet.default_set}"')
    yield f"namespace {space} {{"
    yield f"[Cmdlet({', '.join(facts)})]"
    yield f"public sealed class {name} : PartnerSimulator.StubCmdlet {{"
    asking = overlay.SETTERS_THAT_ASK.get(cmdlet.name, frozenset())
    for index, parameter in enumerate(cmdlet.parameters):
        yield from _property(parameter, index, asks=parameter.name in asking)
    yield "} }"


def _property(parameter: Parameter, index: int, *, asks: bool) -> Iterator[str]:
    kind = overlay.csharp_type(parameter.type)
    if asks:
        yield f"{kind} value{index};"
    for binding in parameter.bindings:
        facts = ", ".join(_facts(parameter, binding, mandatory=binding.mandatory, quote='"'))
        yield f"[Parameter({facts})]"
    if parameter.aliases:
        yield "[Alias(" + ", ".join(f'"{alias}"' for alias in parameter.aliases) + ")]"
    if not asks:
        yield f"public {kind} {parameter.name} {{ get; set; }}"
        return
    yield (
        f"public {kind} {parameter.name} {{ get {{ return value{index}; }} "
        f'set {{ AskWorld("{parameter.name}", value); value{index} = value; }} }}'
    )


def _facts(parameter: Parameter, binding: Binding, *, mandatory: bool, quote: str) -> Iterator[str]:
    yes = "true" if quote == '"' else "$true"
    if binding.parameter_set:
        yield f"ParameterSetName = {quote}{binding.parameter_set}{quote}"
    if mandatory:
        yield f"Mandatory = {yes}"
    if binding.position is not None:
        yield f"Position = {binding.position}"
    if parameter.by_value:
        yield f"ValueFromPipeline = {yes}"
    if parameter.by_property_name:
        yield f"ValueFromPipelineByPropertyName = {yes}"
