"""Operation scripts: the text that goes over the wire is the preludes and the operation, nothing else."""

from __future__ import annotations

from functools import cache
from importlib import resources

_PACKAGE = "partner_operator.products"


@cache
def script(product: str, operation: str) -> str:
    """The whole script of one operation of one product ('exchange', 'lync')."""
    root = resources.files(_PACKAGE)
    parts = [root / "scripts" / "common.ps1"]
    session = root / product / "scripts" / "session.ps1"
    if session.is_file():
        parts.append(session)
    parts.append(root / product / "scripts" / f"{operation}.ps1")
    return "\n".join(part.read_text(encoding="ascii") for part in parts)
