"""Scripts of simulated machines in a real PowerShell, with product cmdlets that ask the world."""

from partner_simulator.powershell.emulation import WindowsPowerShell
from partner_simulator.powershell.engine import PowerShellEngine

__all__ = ["PowerShellEngine", "WindowsPowerShell"]
