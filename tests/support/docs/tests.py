"""Tests that somebody names, as pytest takes them."""

from __future__ import annotations

import re

from support.docs.pages import ROOT


def exists(named: str) -> bool:
    """Whether the file is there, and has the function where one is named; its parameters are not looked at."""
    file, _, function = named.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    name = function.partition("[")[0]
    return not name or bool(
        re.search(rf"^(async )?def {re.escape(name)}\(", path.read_text("utf-8"), re.MULTILINE)
    )
