"""Markdown of pages that are made of the code: no line is longer than people like to read."""

from __future__ import annotations

import textwrap
from typing import Final

WIDTH: Final = 150


def wrapped(text: str, indent: str = "", first: str = "") -> str:
    """The text in lines, the first behind `first`, the others behind `indent`."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"


def bullet(text: str, indent: str = "") -> str:
    """One item of a list."""
    return wrapped(text, f"{indent}  ", f"{indent}- ")
