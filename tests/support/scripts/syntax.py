"""Rules on syntax: what PowerShell 3.0 does not know, and what we do not want to see.

Each rule takes Facts and yields sentences. Sections named are those of the project's notes on
Windows PowerShell; every sign was checked against the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from support.scripts.facts import Facts

Rule = Callable[[Facts], Iterator[str]]

NEW_NODES = {
    "TypeDefinitionAst": "class and enum need 5.0",
    "UsingStatementAst": "using needs 5.0",
    "UsingExpressionAst": "$using: has no place here",
    "TernaryExpressionAst": "?: needs 7.0",
    "PipelineChainAst": "&& and || need 7.0",
    "Background": "a trailing & needs 6.0",
    "CleanBlock": "clean needs 7.3",
}
FORBIDDEN_NODES = {
    "TrapStatementAst": "trap hides where an error came from",
    "Requires": "#requires is ignored in a block made from text",
    "AttributeAst": "from an advanced function the caller goes on after an error",
    "DataStatementAst": "data sections are not used",
}
NEW_TOKENS = {
    "QuestionQuestion": "?? needs 7.0",
    "QuestionQuestionEquals": "??= needs 7.0",
    "QuestionDot": "?. needs 7.1",
    "QuestionLBracket": "?[] needs 7.1",
    "LeadingPipe": "a pipe at the start of a line needs 7.0",
}
FORBIDDEN_VARIABLES = {
    "?": "$? means different things in parentheses",
    "iswindows": "not in Windows PowerShell",
    "islinux": "not in Windows PowerShell",
    "ismacos": "not in Windows PowerShell",
    "iscoreclr": "not in Windows PowerShell",
    "outputencoding": "differs between engines",
}
_NUMBER_OF_30 = re.compile(r"(0x[0-9a-f]+|\d+(\.\d+)?(e[+-]?\d+)?)[ld]?(kb|mb|gb|tb|pb)?", re.I)
_NEW_ESCAPE = re.compile(r"(?<!`)(?:``)*`(e|u\{)")


def ascii_only(facts: Facts) -> Iterator[str]:
    """ASCII without a mark and without tabs: Windows reads other files as ANSI."""
    for number, line in enumerate(facts.text.splitlines(), 1):
        if not line.isascii():
            yield f"line {number}: not ASCII"
        if "\t" in line:
            yield f"line {number}: a tab"


def parses(facts: Facts) -> Iterator[str]:
    """PowerShell's parser has nothing to say."""
    for error in facts.all("errors"):
        yield f"line {error['line']}: {error['id']}"


def no_new_nodes(facts: Facts) -> Iterator[str]:
    """Nothing that an engine before 7 cannot parse, and no construct that we forbid."""
    for kind, why in (NEW_NODES | FORBIDDEN_NODES).items():
        if kind in facts.raw["kinds"]:
            yield f"line {facts.raw['kinds'][kind]}: {why}"


def no_new_tokens(facts: Facts) -> Iterator[str]:
    """No operator, number or escape that 3.0 reads differently."""
    for token in facts.all("tokens"):
        kind, text, line = token["kind"], token["text"], token["line"]
        if kind in NEW_TOKENS:
            yield f"line {line}: {NEW_TOKENS[kind]}"
        if kind == "Number" and not _NUMBER_OF_30.fullmatch(text):
            yield f"line {line}: number {text} is not of 3.0"
        if kind.endswith("StringExpandable") and _NEW_ESCAPE.search(text):
            yield f"line {line}: escape of 6.0 in {text}"


def no_new_members(facts: Facts) -> Iterator[str]:
    """No `::new`, `.Where`, `.ForEach`, dynamic method, generic method or null-conditional."""
    for member in facts.all("members"):
        line, name = member["line"], member["member"]
        if member["call"] and member["static"] and (name or "").lower() == "new":
            yield f"line {line}: ::new() needs 5.0"
        if member["call"] and (name or "").lower() in ("where", "foreach") and not member["static"]:
            yield f"line {line}: .{name}() needs 4.0"
        if member["call"] and name is None:
            yield f"line {line}: a dynamic method name needs 4.0"
        if member["generic"]:
            yield f"line {line}: a generic method needs 7.3"
        if member["nullConditional"]:
            yield f"line {line}: a null-conditional needs 7.1"


def no_character_ranges(facts: Facts) -> Iterator[str]:
    """'a'..'c' needs 6.0."""
    for binary in facts.all("binaries"):
        if (
            binary["operator"] == "DotDot"
            and binary["left"]["ast"] == "StringConstantExpressionAst"
        ):
            yield f"line {binary['line']}: a range of characters needs 6.0"


def no_forbidden_variables(facts: Facts) -> Iterator[str]:
    """No `$?` and nothing that only newer engines have."""
    for variable in facts.all("variables"):
        why = FORBIDDEN_VARIABLES.get(variable["name"].lower())
        if why:
            yield f"line {variable['line']}: ${variable['name']}: {why}"


SYNTAX_RULES: tuple[Rule, ...] = (
    ascii_only,
    parses,
    no_new_nodes,
    no_new_tokens,
    no_new_members,
    no_character_ranges,
    no_forbidden_variables,
)
