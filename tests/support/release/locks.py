"""What the locks of requirements/ name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from partner_release.facts import ROOT


def locked(*names: str) -> dict[str, str]:
    """The packages of some locks, each with its version."""
    found: dict[str, str] = {}
    for name in names:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        found |= dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==([^ ;\\]+)", text, re.MULTILINE))
    return normal(found)


def normal(packages: Mapping[str, str]) -> dict[str, str]:
    """The same with names as an index compares them."""
    return {re.sub("[-_.]+", "-", name).lower(): version for name, version in packages.items()}
