"""Which Windows PowerShell a machine's PowerShell passes for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class WindowsPowerShell(StrEnum):
    """The version whose everyday behaviour the prelude gives to a run (docs/powershell-traps.md)."""

    NONE = ""
    """PowerShell 7 as it is."""
    V3_0 = "3.0"
    """Of Windows Server 2012."""
    V4_0 = "4.0"
    """Of Windows Server 2012 R2."""
    V5_1 = "5.1"
    """Of Windows Server 2016 and later."""


@dataclass(frozen=True, slots=True)
class Emulation:
    """The versions of a set of machines."""

    usual: WindowsPowerShell
    hosts: Mapping[str, WindowsPowerShell]
    """FQDN to version, for machines that are not as usual."""

    def of(self, host: str) -> WindowsPowerShell:
        """What `host` passes for."""
        return self.hosts.get(host.lower(), self.usual)
