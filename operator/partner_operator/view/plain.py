"""The values as plain data, for `-o json` and `-o yaml`: keys in camel case, times as texts, enums as their words."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

from partner_operator.view.certificates import Stage
from partner_operator.view.states import State
from partner_operator.view.waits import Who


def plain(value: object) -> object:
    """Data that JSON and YAML know. What is empty is left out."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, State | Stage | Who):
        return value.word
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {_camel(each.name): plain(getattr(value, each.name)) for each in fields(value)}
        return {key: found for key, found in inner.items() if found not in (None, "", [], {})}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
