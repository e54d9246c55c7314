"""Which hosts somebody allows: whom a server may trust, and where a logon may go. Pure.

One form of pattern for all: an exact name, `*.` for one or more labels with at least two labels behind it, or an
IPv4 address. Hosts are compared in their ASCII form, so a look-alike in other letters is another host.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Final

import idna

from partner_operator.texts import shown

_LABEL = r"[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_BELOW = re.compile(rf"\*\.({_LABEL}(\.{_LABEL})+)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label like this makes a host an IPv4 address, in one of its many spellings (WHATWG URL)."""
_URL = re.compile(r"https://([^\s/?#@:\\%\[\]]+)(?::([0-9]{1,5}))?/[^\s\\]*", re.IGNORECASE)
"""What every reader of URLs understands alike: no user, no IPv6, no escape or backslash before the path."""
_HTTPS: Final = "443"
_LONGEST: Final = 253
FORM: Final = (
    "write an exact name such as pool.contoso.com, or *.contoso.com for all names below it: lower case, letters of "
    "other scripts in their xn-- form, no dot at the end, no IPv6, and at least two labels behind *"
)
"""What to write instead of a pattern that is none."""


def ascii_host(host: str) -> str | None:
    """The one spelling of a host: ASCII, lower case, no dot at its end. None: it is no host that can be compared.

    IPv4 addresses in other spellings than four decimal numbers, and IPv6 addresses, are None.
    """
    try:
        labels = idna.uts46_remap(host, std3_rules=False).removesuffix(".").split(".")
        name = ".".join(each if each.isascii() else idna.alabel(each).decode() for each in labels)
    except (idna.IDNAError, UnicodeError):
        return None
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        return None
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and not _is_address(name):
        return None
    return name


def is_pattern(pattern: str) -> bool:
    """Whether this names hosts in the one form that is understood; see FORM."""
    below = _BELOW.fullmatch(pattern)
    name = below[1] if below is not None else pattern
    return ascii_host(name) == name and not (below is not None and _is_address(name))


def is_partner_pattern(pattern: str) -> bool:
    """The same for `allowedPartners`, where a port that is not 443 may stand behind the host."""
    host, port = _split(pattern)
    return port is not None and is_pattern(host)


def is_allowed(host: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns names this host. What is no pattern names none."""
    name = ascii_host(host)
    return name is not None and any(_names(pattern, name) for pattern in patterns)


def partner_fault(url: str, patterns: Sequence[str], block: str = "allowedPartners") -> str | None:
    """Why a server whose owner allows these `patterns` may not trust the partner at this URL; None: it may.

    `block`: where the owner writes them.
    """
    found = _URL.fullmatch(url)
    name = ascii_host(found[1]) if found is not None else None
    if found is None or name is None:
        return (
            f"{shown(url)} is no address that can be compared with a pattern: write https:// and the plain name of "
            "a host, without a user and in ASCII."
        )
    port = _own_port(found[2] or "")
    for pattern in patterns:
        host, allowed_port = _split(pattern)
        if allowed_port == port and _names(host, name):
            return None
    return f"spec.{block} of the server names no host {f'{name}:{port}' if port else name}."


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the operator may log on at all, as whoever runs it says. It bounds what Secrets allow."""

    hosts: tuple[str, ...] | None = None
    """Patterns; None: whatever a Secret allows."""
    ports: frozenset[int] = frozenset({5986})

    def fault(self, host: str, port: int) -> str | None:
        """Why nobody may be logged on there; None: it lies within the bounds."""
        if port not in self.ports:
            ports = ", ".join(str(each) for each in sorted(self.ports))
            return (
                f"spec.winrm.port is {port}, and the operator logs on to no port but {ports}. Declare one of these, or "
                "let whoever runs the operator set --allowed-ports."
            )
        if self.hosts is not None and not is_allowed(host, self.hosts):
            return (
                f"The operator's --allowed-hosts do not name {shown(host)}, so nobody is logged on there. Take it out "
                "of spec.hosts, or let whoever runs the operator add it."
            )
        return None


USUAL_BOUNDS: Final = Bounds()
"""Every host that a Secret allows, on the port of WinRM over HTTPS."""


def _names(pattern: str, name: str) -> bool:
    """Whether a pattern names the host, which is in its ASCII form."""
    if not is_pattern(pattern):
        return False
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


def _split(pattern: str) -> tuple[str, str | None]:
    """Host and port of a pattern; the port is empty where it is the usual one, None where it is none."""
    host, colon, port = pattern.partition(":")
    if not colon:
        return host, ""
    return host, _own_port(port) if re.fullmatch("[0-9]{1,5}", port) else None


def _own_port(port: str) -> str:
    """The port as a number without zeros in front; empty for that of HTTPS."""
    number = port.lstrip("0")
    return "" if number == _HTTPS else number or ("0" if port else "")


def _is_address(name: str) -> bool:
    try:
        return str(IPv4Address(name)) == name
    except AddressValueError:
        return False
