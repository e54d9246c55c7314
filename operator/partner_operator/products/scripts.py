"""Operation scripts: over the wire go a line with the name, the watchdog, the preludes and the operation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources

_PACKAGE = "partner_operator.products"
APPLY = "apply"
"""The operation that makes changes, each by one of the steps."""
STEPS = frozenset({"register", "register_behind", "update", "update_behind"})
"""Scripts that make one change each, as parts of `apply`."""
_ON_IIS = frozenset({"host_state", "restart"})
"""Operations that begin with the prelude for IIS."""


@cache
def script(product: str, operation: str) -> str:
    """The whole script of one operation of one product ('exchange', 'sharepoint')."""
    root = resources.files(_PACKAGE)
    parts = [root / "scripts" / "common.ps1"]
    if operation in _ON_IIS:
        parts.append(root / "scripts" / "iis.ps1")
    session = root / product / "scripts" / "session.ps1"
    if session.is_file():
        parts.append(session)
    if operation == APPLY:
        parts.append(root / "scripts" / "items.ps1")
    texts = [part.read_text(encoding="ascii") for part in parts]
    if operation == APPLY:
        texts += ["$steps = @{}", *_steps(product)]
    own = root / product / "scripts" / f"{operation}.ps1"
    return "\n".join([*texts, own.read_text(encoding="ascii")])


def _steps(product: str) -> Iterator[str]:
    """Each step of a product as a script block under its name."""
    for step in sorted(STEPS):
        file = resources.files(_PACKAGE) / product / "scripts" / f"{step}.ps1"
        if file.is_file():
            yield f"$steps['{step}'] = {{\n{file.read_text(encoding='ascii')}}}"


@cache
def watched(product: str, operation: str) -> str:
    """The same under the watchdog, which is called off at the end in any case.

    Its first line names it, for whoever reads a log of scripts on the server.
    """
    watchdog = resources.files(_PACKAGE) / "scripts" / "watchdog.ps1"
    begin = f"# {product}/{operation}\n{watchdog.read_text(encoding='ascii')}"
    end = "finally { $null = $watchdog.CancelAfter([System.Threading.Timeout]::Infinite) }"
    return f"{begin}try {{\n{script(product, operation)}\n}}\n{end}\n"
