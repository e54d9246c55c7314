"""All rules of the static check, by name."""

from __future__ import annotations

from support.scripts_commands import COMMAND_RULES
from support.scripts_habits import HABIT_RULES
from support.scripts_syntax import SYNTAX_RULES, Rule
from support.scripts_types import TYPE_RULES
from support.scripts_values import VALUE_RULES

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (*SYNTAX_RULES, *COMMAND_RULES, *TYPE_RULES, *VALUE_RULES, *HABIT_RULES)
}
