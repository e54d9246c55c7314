"""Options that `run` and `doctor` share: where a logon may go, whom TLS trusts, and what is recorded."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from partner_operator.texts import shown
from partner_operator.trust.allowed import FORM, USUAL_BOUNDS, is_pattern

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class UnusableAuthorities(Exception):
    """The file of --ca-file cannot be used; the sentence says why."""


def authorities(ca_file: Path | None) -> str | None:
    """The PEM text of --ca-file, tried before anything depends on it. Raises UnusableAuthorities."""
    if ca_file is None:
        return None
    try:
        text = ca_file.read_text()
        ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as error:
        raise UnusableAuthorities(f"{ca_file} has no usable certificates: {error}") from None
    return text


def bounds(command: Decorated) -> Decorated:
    """`--allowed-hosts` and `--allowed-ports`."""
    hosts = click.option(
        "--allowed-hosts",
        type=_patterns,
        metavar="PATTERNS",
        help="Log on to no host but these, whatever a Secret says: names or *.contoso.com, separated by commas.",
    )
    ports = click.option(
        "--allowed-ports",
        type=_ports,
        default=",".join(map(str, sorted(USUAL_BOUNDS.ports))),
        show_default=True,
        metavar="PORTS",
        help="Log on to no port but these, separated by commas.",
    )
    return hosts(ports(command))


def record(command: Decorated) -> Decorated:
    """`--record`."""
    return click.option(
        "--record",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Write each remote run into this folder, redacted (for docs/field-test.md).",
    )(command)


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(word.strip() for word in text.split(","))
    for pattern in patterns:
        if not is_pattern(pattern):
            raise click.BadParameter(f"{shown(pattern)!r} names no hosts: {FORM}")
    return patterns


def _ports(text: str) -> frozenset[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and 0 < int(word) < 65536 for word in words):
        raise click.BadParameter("write port numbers separated by commas, such as 5986")
    return frozenset(int(word) for word in words)
