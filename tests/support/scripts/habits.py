"""Rules on habits: how commands, preferences, programs and web requests are used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from support.scripts.commands import NATIVE, bind
from support.scripts.facts import Facts
from support.scripts.oracle import words

PREFERENCES = {
    "erroractionpreference": {"'Stop'", "'Continue'", "$preference"},
    "progresspreference": {"'SilentlyContinue'"},
}
"""What may be put into which preference. Ignore, Suspend and a silenced error preference never."""
_A_PREFERENCE = re.compile(r"\$(global:|script:)?(\w+preference)", re.I)
ERROR_ACTIONS = {"Stop": None, "SilentlyContinue": words("remove-pssession remove-typedata")}
"""Values of -ErrorAction, and the commands they are for: tidying up may fail."""
TRAPS_OF_PARAMETERS: dict[str, dict[str, str]] = {
    "select-object": {"expandproperty": "throws in 3.0 on an empty value"},
    "get-item": {"path": "reads a name as a pattern"},
    "test-path": {"path": "reads a name as a pattern"},
    "get-service": {"name": "of $null means all", "computername": "is gone in 7"},
    "get-variable": {"name": "of $null means all"},
    "get-process": {"name": "of $null means all"},
    "start-sleep": {"seconds": "cuts fractions off"},
}
NEVER_READ = words(
    "psedition starttype keysize friendlyname privatekey dnsnamelist servercertificatevalidationcallback"
    " certificatepolicy errordetails"
)
"""Properties that some engine lacks, that are localised, or that switch a check off."""
MUST_BE_SET = ("Method", "Timeout", "ReadWriteTimeout", "AllowAutoRedirect", "Proxy")
_PROGRAM = re.compile(r'"\$\(\$env:windir\)\\System32\\[a-z]+\.exe"')
_ARGUMENT = re.compile(r"[A-Za-z0-9/:.=_-]+")


def preferences_kept(facts: Facts) -> Iterator[str]:
    """Errors stop, or go on for a program's or a test's sake; they are never silenced."""
    for assignment in facts.all("assignments"):
        found = _A_PREFERENCE.fullmatch(assignment["left"])
        if found is None or assignment["left"].lower() == "$preference":
            continue
        if assignment["right"]["text"] not in PREFERENCES.get(found[2].lower(), set()):
            yield f"line {assignment['line']}: {assignment['left']} = {assignment['right']['text']}"


def error_actions_kept(facts: Facts) -> Iterator[str]:
    """`-ErrorAction Stop`; SilentlyContinue only for tidying up; Ignore and Suspend for nothing."""
    for command in facts.all("commands"):
        action = bind(facts, command, set()).named.get("erroraction")
        if action is None or action == "(splatted)":
            continue
        allowed = ERROR_ACTIONS.get(action, frozenset())
        if allowed is not None and (command["name"] or "").lower() not in allowed:
            yield f"line {command['line']}: {command['head']} -ErrorAction {action}"


def verbose_calls_stop(facts: Facts) -> Iterator[str]:
    """`-Verbose` takes the preference's place, so the call says itself what errors do; `-Debug` asks."""
    for command in facts.all("commands"):
        named = bind(facts, command, {"verbose", "debug"}).named
        if "verbose" in named and "erroraction" not in named:
            yield f"line {command['line']}: {command['head']} -Verbose without -ErrorAction"
        if "debug" in named:
            yield f"line {command['line']}: {command['head']} -Debug"


def parameters_without_traps(facts: Facts) -> Iterator[str]:
    """No parameter whose meaning an engine or an empty value changes; nothing by position for these."""
    for command in facts.all("commands"):
        traps = TRAPS_OF_PARAMETERS.get((command["name"] or "").lower())
        if traps is None:
            continue
        bound = bind(facts, command, set())
        for parameter in bound.named.keys() & traps.keys():
            value = bound.named[parameter] or ""
            if parameter == "name" and re.fullmatch(r"'?[A-Za-z0-9]+'?", value):
                continue
            yield f"line {command['line']}: {command['name']} -{parameter} {traps[parameter]}"
        if bound.positional:
            yield f"line {command['line']}: {command['name']} {bound.positional[0]} by position"


def splats_say_nothing_twice(facts: Facts) -> Iterator[str]:
    """A splatted name that is also given: an error on Windows, the explicit one wins here."""
    for command in facts.all("commands"):
        given = [e["name"].lower() for e in command["elements"] if e["kind"] == "parameter"]
        splatted = [
            key.strip("'").lower()
            for e in command["elements"]
            if e["kind"] == "argument" and e["splatted"]
            for key in facts.raw["hashtables"].get(e["text"].lstrip("@")) or ()
        ]
        for name in sorted(set(given) & set(splatted)):
            yield f"line {command['line']}: {command['head']} has -{name} twice"


def programs_called_plainly(facts: Facts) -> Iterator[str]:
    """A program by its full path with .exe, its arguments as bare words: no quotes to get wrong."""
    for command in facts.all("commands"):
        if command["head"] in NATIVE:
            for element in command["elements"]:
                text = element.get("text") or f"-{element.get('name')}"
                if not _ARGUMENT.fullmatch(text):
                    yield f"line {command['line']}: argument {text} of a program"
    for assignment in facts.all("assignments"):
        if assignment["left"] == "$program" and not _PROGRAM.fullmatch(assignment["right"]["text"]):
            yield f"line {assignment['line']}: program {assignment['right']['text']}"


def json_written_whole(facts: Facts) -> Iterator[str]:
    """`ConvertTo-Json` of an argument, compressed, with a depth that every engine takes."""
    for command in facts.all("commands"):
        if (command["name"] or "").lower() != "convertto-json":
            continue
        named = bind(facts, command, {"compress"}).named
        depth = named.get("depth") or "0"
        if not {"inputobject", "compress"} <= named.keys() or not 1 <= int(depth) <= 100:
            yield f"line {command['line']}: ConvertTo-Json {sorted(named)}"


def input_read_at_the_top(facts: Facts) -> Iterator[str]:
    """`$input` once, in no function, and only in the bootstrap: elsewhere it is empty."""
    seen = [v for v in facts.all("variables") if v["name"].lower() == "input"]
    for place, variable in enumerate(seen):
        if facts.product or variable["infunction"] or place:
            yield f"line {variable['line']}: $input"


def properties_in_every_engine(facts: Facts) -> Iterator[str]:
    """No property that .NET 4.5 lacks, that is localised, or that switches a check of TLS off."""
    for member in facts.all("members"):
        if not member["call"] and (member["member"] or "").lower() in NEVER_READ:
            yield f"line {member['line']}: .{member['member']}"


def constructors_typed(facts: Facts) -> Iterator[str]:
    """Arguments of a constructor are of its types: a text in place of an enumeration picks another one."""
    for command in facts.all("commands"):
        if (command["name"] or "").lower() != "new-object":
            continue
        name, *arguments = [e["text"] for e in command["elements"] if e["kind"] == "argument"]
        if name.lower().removeprefix("system.") == "datetime" and any(
            "'" in a or '"' in a for a in arguments
        ):
            yield f"line {command['line']}: New-Object {name} {arguments}"


def web_requests_bounded(facts: Facts) -> Iterator[str]:
    """A request has both time limits, follows no redirect and takes no proxy of the account's."""
    creates = [
        member
        for member in facts.all("members")
        if (member["type"] or "").lower().endswith("net.webrequest")
    ]
    targets = [a["left"].rpartition(".")[2] for a in facts.all("assignments") if "." in a["left"]]
    for member in creates:
        for name in MUST_BE_SET:
            if name not in targets:
                yield f"line {member['line']}: a request without {name}"


def imports_quiet(facts: Facts) -> Iterator[str]:
    """Modules and sessions are imported without a warning on names, and say so when they fail."""
    for command in facts.all("commands"):
        if (command["name"] or "").lower() in ("import-module", "import-pssession"):
            named = bind(facts, command, {"disablenamechecking", "allowclobber"}).named
            if named.get("erroraction") != "Stop" or "disablenamechecking" not in named:
                yield f"line {command['line']}: {command['name']} {sorted(named)}"


HABIT_RULES = (
    preferences_kept,
    error_actions_kept,
    verbose_calls_stop,
    parameters_without_traps,
    splats_say_nothing_twice,
    programs_called_plainly,
    json_written_whole,
    input_read_at_the_top,
    properties_in_every_engine,
    constructors_typed,
    web_requests_bounded,
    imports_quiet,
)
