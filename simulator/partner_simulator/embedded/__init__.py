"""Operations of simulated machines answered in Python, where there is no PowerShell to run their scripts."""

from partner_simulator.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
