"""Rules on commands: known in every engine and product version, and bound to one parameter set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from support.scripts.facts import Facts
from support.scripts.oracle import (
    COMMON_PARAMETERS,
    VERSIONS,
    WINDOWS_ALIASES,
    ProductCmdlet,
    product_cmdlets,
    windows_commands,
    words,
)

FORBIDDEN_COMMANDS = words(
    "invoke-expression write-host write-output get-date invoke-webrequest invoke-restmethod add-type"
    " sort-object start-transcript read-host invoke-command set-strictmode group-object"
    " join-path split-path get-content set-content add-content out-file tee-object export-csv import-csv"
    " export-clixml import-clixml add-member new-item set-item remove-item copy-item get-wmiobject"
    " invoke-wmimethod start-process start-job get-eventlog start-service stop-service restart-service"
    " set-service add-pssnapin get-pssnapin convertto-securestring convertfrom-securestring"
)
FOR_ONE_PRODUCT = {"sharepoint": frozenset({"add-pssnapin"})}
"""Its cmdlets come as a snap-in only, but for the newest version."""
BOOTSTRAP_ONLY = frozenset({"convertto-json", "convertfrom-json"})
DYNAMIC_CALLS = {
    "": frozenset({"$c"}),
    "exchange": frozenset({"$Call", "$Step", "$configure", "$program"}),
    "lync": frozenset({"$Call", "$Step"}),
    "sharepoint": frozenset({"$Call", "$Step", "$program"}),
}
"""`& $x` that were looked at: a block of ours, the shipped script, a native program, the operation."""
NATIVE = {"$program"}
CHANGING_VERBS = ("new-", "set-", "remove-", "enable-", "disable-", "restart-", "stop-")
MERGES = {"2>&1", "3>&1", "4>&1"}


@dataclass(frozen=True, slots=True)
class Bound:
    """A call's parameters, as PowerShell would bind them."""

    named: Mapping[str, str | None]
    """Lower-case name to the text of its value; None for a switch without one."""
    positional: tuple[str, ...]
    unknown_splat: bool


def bind(facts: Facts, command: dict[str, Any], switches: set[str]) -> Bound:
    """Take a call's elements apart."""
    named: dict[str, str | None] = {}
    positional: list[str] = []
    unknown = False
    waiting = ""
    for element in command["elements"]:
        if element["kind"] == "parameter":
            waiting = element["name"].lower()
            named[waiting] = element["argument"]
            if element["argument"] is not None or waiting in switches:
                waiting = ""
        elif element["splatted"]:
            keys = facts.raw["hashtables"].get(element["text"].lstrip("@"))
            unknown = unknown or keys is None
            named.update({key.strip("'").lower(): "(splatted)" for key in keys or ()})
        elif waiting:
            named[waiting], waiting = element["text"], ""
        else:
            positional.append(element["text"])
    return Bound(named, tuple(positional), unknown)


def commands_known(facts: Facts) -> Iterator[str]:
    """Each command by its full name, known to 3.0 or to the product, and none that we forbid."""
    own = {function["name"].lower() for function in facts.all("functions")}
    for command in facts.all("commands"):
        line, name = command["line"], command["name"]
        if name is None or command["operator"] != "Unknown":
            known = DYNAMIC_CALLS.get(facts.product, frozenset())
            if command["operator"] != "Ampersand" or command["head"] not in known:
                yield f"line {line}: dynamic call {command['head']}"
            continue
        lower = name.lower()
        if lower in own:
            continue
        if "\\" in name:
            yield f"line {line}: module prefix in {name}"
        elif lower in WINDOWS_ALIASES:
            yield f"line {line}: alias {name}"
        elif lower in FORBIDDEN_COMMANDS - FOR_ONE_PRODUCT.get(facts.product, frozenset()):
            yield f"line {line}: {name} is forbidden"
        elif lower in BOOTSTRAP_ONLY and facts.product:
            yield f"line {line}: {name} outside the bootstrap"
        elif lower in product_cmdlets():
            yield from _product_command(facts, command, product_cmdlets()[lower])
        elif lower not in windows_commands():
            yield f"line {line}: unknown command {name}"
        elif windows_commands()[lower] is None:
            yield f"line {line}: {name} is not in 3.0"


def _product_command(facts: Facts, command: dict[str, Any], cmdlet: ProductCmdlet) -> Iterator[str]:
    line = command["line"]
    for version in VERSIONS.get(facts.product, ()):
        if not cmdlet.in_version(version):
            yield f"line {line}: {cmdlet.name} is not in {version}"
    if facts.product not in VERSIONS:
        yield f"line {line}: {cmdlet.name} has no place here"


def product_calls_bind(facts: Facts) -> Iterator[str]:
    """Each product call fits exactly one or more whole parameter sets in every product version."""
    for command, cmdlet, bound in _product_calls(facts):
        line = command["line"]
        if bound.unknown_splat:
            yield f"line {line}: {cmdlet.name}: a splat whose keys cannot be seen"
        if bound.positional:
            yield f"line {line}: {cmdlet.name}: positional {bound.positional[0]}"
        own = {p for p in bound.named if p not in COMMON_PARAMETERS}
        for version in VERSIONS.get(facts.product, ()):
            if not cmdlet.in_version(version):
                continue
            missing = sorted(p for p in own if not cmdlet.has_parameter(p, version))
            if missing:
                yield f"line {line}: {cmdlet.name} of {version} has no -{missing[0]}"
            elif not cmdlet.sets_for(own, version):
                yield f"line {line}: {cmdlet.name} of {version}: no parameter set takes {sorted(own)}"


def product_calls_guarded(facts: Facts) -> Iterator[str]:
    """`-ErrorAction Stop` on every product call, `-Confirm:$false` on every changing one, no -Debug."""
    for command, cmdlet, bound in _product_calls(facts):
        line, name = command["line"], cmdlet.name.lower()
        action = bound.named.get("erroraction")
        stops = action == "Stop" or (name.startswith("test-") and action is not None)
        if not stops:
            yield f"line {line}: {cmdlet.name} without -ErrorAction Stop"
        if name.startswith(CHANGING_VERBS) and bound.named.get("confirm") != "$false":
            yield f"line {line}: {cmdlet.name} without -Confirm:$false"
        if "debug" in bound.named:
            yield f"line {line}: {cmdlet.name} with -Debug asks a question"


def builtin_calls_bind(facts: Facts) -> Iterator[str]:
    """Parameters of Windows' own commands and of our functions exist, in full, in 3.0."""
    own = {f["name"].lower(): {p.lower() for p in f["parameters"]} for f in facts.all("functions")}
    for command in facts.all("commands"):
        lower = (command["name"] or "").lower()
        if lower in own:
            allowed, switches = own[lower], set()
        elif (parameters := windows_commands().get(lower)) is not None:
            allowed = set(parameters) | (COMMON_PARAMETERS - {"whatif", "confirm"})
            switches = {name for name, switch in parameters.items() if switch}
        else:
            continue
        bound = bind(facts, command, switches | {"verbose", "debug"})
        for parameter in bound.named:
            if parameter not in allowed:
                yield f"line {command['line']}: {command['name']} of 3.0 has no -{parameter}"
        if lower in own and len(bound.positional) + len(bound.named) > len(own[lower]):
            yield f"line {command['line']}: too many arguments for {command['name']}"


def redirections_merge(facts: Facts) -> Iterator[str]:
    """Only merging redirections, and none on native programs: Windows would stop at their first word."""
    for command in facts.all("commands"):
        for redirection in command["redirections"]:
            if redirection not in MERGES or command["head"] in NATIVE:
                yield f"line {command['line']}: redirection {redirection} on {command['head']}"


def exit_and_codes(facts: Facts) -> Iterator[str]:
    """`exit` belongs to the bootstrap; `$LASTEXITCODE` means something only after a program."""
    if facts.product and "ExitStatementAst" in facts.raw["kinds"]:
        yield f"line {facts.raw['kinds']['ExitStatementAst']}: exit outside the bootstrap"
    programs = [c for c in facts.all("commands") if c["head"] in NATIVE]
    for variable in facts.all("variables"):
        if variable["name"].lower() == "lastexitcode" and not programs:
            yield f"line {variable['line']}: $LASTEXITCODE without a program"


def functions_named(facts: Facts) -> Iterator[str]:
    """No function of ours has the name of an alias (which would win) or of a known command."""
    for function in facts.all("functions"):
        lower = function["name"].lower()
        if lower in WINDOWS_ALIASES:
            yield f"line {function['line']}: {function['name']} is an alias, which wins over functions"
        if lower in product_cmdlets() or lower in windows_commands():
            yield f"line {function['line']}: {function['name']} hides a command of that name"


def _product_calls(facts: Facts) -> Iterator[tuple[dict[str, Any], ProductCmdlet, Bound]]:
    for command in facts.all("commands"):
        cmdlet = product_cmdlets().get((command["name"] or "").lower())
        if cmdlet is None:
            continue
        switches = {p.lower() for p in cmdlet.raw["parameters"] if cmdlet.is_switch(p)}
        yield command, cmdlet, bind(facts, command, switches | {"verbose", "debug"})


COMMAND_RULES = (
    commands_known,
    product_calls_bind,
    product_calls_guarded,
    builtin_calls_bind,
    redirections_merge,
    exit_and_codes,
    functions_named,
)
