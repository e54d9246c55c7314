"""The table of all traps, and the page made of it."""

from __future__ import annotations

from page_lines import bullet
from powershell_traps.commands import COMMAND_SECTIONS
from powershell_traps.language import LANGUAGE
from powershell_traps.machine import MACHINE_SECTIONS
from powershell_traps.runtime import RUNTIME
from powershell_traps.trap import Kept, Section, Trap
from support.scripts.rules import RULES

SECTIONS: tuple[Section, ...] = (*LANGUAGE, *COMMAND_SECTIONS, *RUNTIME, *MACHINE_SECTIONS)


def all_traps() -> list[Trap]:
    """Row by row."""
    return [trap for section in SECTIONS for trap in section.traps]


def all_samples() -> list[tuple[str, str]]:
    """(rule, sample) of every trap that the parser can see."""
    return [
        (trap.by[0], sample)
        for trap in all_traps()
        if trap.kept is Kept.RULE
        for sample in trap.samples
    ]


def traps_page() -> str:
    """docs/powershell-traps.md, whole."""
    traps = all_traps()
    lines = [
        "# Traps of Windows PowerShell, and what keeps the scripts out of them",
        "",
        "Scripts of the operator must mean the same in Windows PowerShell 3.0, 4.0 and 5.1 and in the PowerShell 7",
        "of the tests. Each way in which they might not is a row of the table in `tools/powershell_traps/page.py`,",
        "from which this page is made. A **rule** reads the syntax tree of every script that runs on a server and is",
        "proven by bad samples (`tests/scripts`); a **run** is a test; what is **not ours** cannot happen, for the",
        f"reason given. {len(traps)} traps: {_count(traps, Kept.RULE)} by rules, {_count(traps, Kept.RUN)} by runs, "
        f"{_count(traps, Kept.NOT_OURS)} not ours; {len(RULES)} rules, {len(all_samples())} bad samples.",
    ]
    for section in SECTIONS:
        lines += ["", f"## {section.title}"]
        lines += [bullet(f"{trap.name}: {_by(trap)}").rstrip() for trap in section.traps]
    lines += ["", "## The rules"]
    for name, rule in RULES.items():
        lines.append(bullet(f"`{name}`: {' '.join((rule.__doc__ or '').split())}").rstrip())
    return "\n".join(lines) + "\n"


def _count(traps: list[Trap], kept: Kept) -> int:
    return sum(trap.kept is kept for trap in traps)


def _by(trap: Trap) -> str:
    match trap.kept:
        case Kept.RULE:
            return f"rule `{trap.by[0]}`"
        case Kept.RUN:
            return ", ".join(f"`{test.rpartition('::')[2]}`" for test in trap.by)
        case Kept.NOT_OURS:
            return f"not ours: {trap.by[0]}"
