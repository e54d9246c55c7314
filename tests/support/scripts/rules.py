"""All rules of the static check, by name."""

from __future__ import annotations

from support.scripts.commands import COMMAND_RULES
from support.scripts.habits import HABIT_RULES
from support.scripts.syntax import SYNTAX_RULES, Rule
from support.scripts.types import TYPE_RULES
from support.scripts.values import VALUE_RULES

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (*SYNTAX_RULES, *COMMAND_RULES, *TYPE_RULES, *VALUE_RULES, *HABIT_RULES)
}
