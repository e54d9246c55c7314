"""Operation scripts: the text that goes over the wire is a line with the name, the preludes and the operation."""

from __future__ import annotations

from functools import cache
from importlib import resources

_PACKAGE = "partner_operator.products"


@cache
def script(product: str, operation: str) -> str:
    """The whole script of one operation of one product ('exchange', 'lync').

    Its first line names it, for whoever reads a log of scripts on the server.
    """
    root = resources.files(_PACKAGE)
    parts = [root / "scripts" / "common.ps1"]
    session = root / product / "scripts" / "session.ps1"
    if session.is_file():
        parts.append(session)
    parts.append(root / product / "scripts" / f"{operation}.ps1")
    texts = [f"# {product}/{operation}", *(part.read_text(encoding="ascii") for part in parts)]
    return "\n".join(texts)
