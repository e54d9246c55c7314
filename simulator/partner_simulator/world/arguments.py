"""Bound parameters of a cmdlet call, read with the right types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from partner_simulator.ports import CmdletCall, PsEnum


@dataclass(frozen=True, slots=True)
class Arguments:
    """Parameters by name, without regard to letter case."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, call: CmdletCall) -> Arguments:
        """The parameters of a call."""
        return cls({name.casefold(): value for name, value in call.parameters.items()})

    def __contains__(self, name: str) -> bool:
        """Whether it was given, be it empty."""
        return name.casefold() in self.values

    def text(self, name: str) -> str | None:
        """A text; an enum gives its name. None where it was not given or is null."""
        value = self.values.get(name.casefold())
        if isinstance(value, PsEnum):
            return value.name
        return None if value is None else str(value)

    def boolean(self, name: str) -> bool | None:
        """A boolean or a switch; None where it was not given."""
        value = self.values.get(name.casefold())
        return None if value is None else bool(value)

    def flag(self, name: str) -> bool:
        """A switch."""
        return bool(self.values.get(name.casefold(), False))

    def moment(self, name: str) -> datetime | None:
        """A date."""
        value = self.values.get(name.casefold())
        return value if isinstance(value, datetime) else None

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts; None where it was not given."""
        value = self.values.get(name.casefold())
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        return tuple(item.name if isinstance(item, PsEnum) else str(item) for item in items)
