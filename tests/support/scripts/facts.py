"""Facts about PowerShell texts, as PowerShell's own parser sees them; one process for all texts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_operator.products.scripts import STEPS, watched
from support.pwsh import find_pwsh

_TESTS = Path(__file__).resolve().parents[2]
_OPERATOR = _TESTS.parent / "operator" / "partner_operator"
BOOTSTRAP = _OPERATOR / "winrm" / "bootstrap.ps1"
PRODUCTS = _OPERATOR / "products"
PRELUDE = "session.ps1"
"""The file of a product's scripts folder that comes before every operation of it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One text's facts. The dictionaries are those of `tests/scripts/facts.ps1`."""

    name: str
    text: str
    product: str
    """The product's folder; empty for the bootstrap."""
    raw: Mapping[str, Any]

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Facts of one kind: commands, members, types, functions, variables, binaries, tokens."""
        found: list[dict[str, Any]] = self.raw[kind]
        return found


def _files() -> list[Path]:
    return sorted(path for path in PRODUCTS.glob("*/scripts/*.ps1") if path.name != PRELUDE)


def operation_files() -> list[Path]:
    """The script of every operation of every product; preludes are no operations, nor are parts of one."""
    return [path for path in _files() if path.stem not in STEPS]


def step_files() -> list[Path]:
    """The parts that make one change each."""
    return [path for path in _files() if path.stem in STEPS]


def production_texts() -> dict[str, tuple[str, str]]:
    """Name to (product, text) of everything that runs on a server."""
    texts = {"bootstrap": ("", BOOTSTRAP.read_text(encoding="utf-8"))}
    for path in operation_files():
        product = path.parents[1].name
        texts[f"{product}/{path.stem}"] = (product, watched(product, path.stem))
    return texts


def read_facts(texts: Mapping[str, tuple[str, str]]) -> tuple[dict[str, Facts], set[str]]:
    """Facts by name, and the aliases that the parser's PowerShell has."""
    units = [{"name": name, "text": text} for name, (_, text) in texts.items()]
    done = subprocess.run(
        [
            str(find_pwsh()),
            "-NoProfile",
            "-NonInteractive",
            "-File",
            str(_TESTS / "scripts" / "facts.ps1"),
        ],
        input=json.dumps(units),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    facts = {
        raw["name"]: Facts(raw["name"], texts[raw["name"]][1], texts[raw["name"]][0], raw)
        for raw in answer["units"]
    }
    return facts, {alias.lower() for alias in answer["aliases"]}
