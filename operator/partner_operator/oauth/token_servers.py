"""Addresses of token servers' documents: whose they are, in which form, and of which tenant. Pure.

A tenant stands in the path (`/<tenant>/metadata/json/1`) or in the query (`?realm=<tenant>`), as an identifier or
as a name of a domain; several hosts of one cloud serve the same documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FAMILIES: Final = (
    frozenset(
        {"accounts.accesscontrol.windows.net", "login.microsoftonline.com", "login.windows.net"}
    ),
)
"""Hosts that serve the documents of the same token servers."""

_CLOUDS: Final = (
    "accesscontrol.windows.net",
    "login.windows.net",
    "sts.windows.net",
    "login.microsoft.com",
    "microsoftonline.com",
    "microsoftonline.us",
    "microsoftonline.de",
    "microsoftonline.cn",
    "sts.office365.microsoft.com",
    "accesscontrol.chinacloudapi.cn",
    "login.chinacloudapi.cn",
)
"""Token servers of Microsoft's clouds: what concerns them is made by the scripts of a hybrid set-up alone."""


class Form(StrEnum):
    """What kind of document an address is of. Two forms are never one object."""

    JSON = "JSON"
    FEDERATION = "federation metadata"
    DISCOVERY = "OpenID discovery"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a token server's document, taken apart."""

    family: str
    """The host in lower case, with a port that is not the usual one; one for all hosts of a cloud."""
    form: Form
    tenant: str
    """What the address says beside its host, in lower case: a tenant, or nothing."""

    @property
    def tenant_id(self) -> str:
        """The tenant where it is written as an identifier; empty else."""
        return self.tenant if is_guid(self.tenant) else ""


def is_guid(text: str) -> bool:
    """Whether this is a GUID, in either letter case."""
    return _GUID.fullmatch(text.strip().lower()) is not None


def host_of(url: str) -> str:
    """The host of an address in lower case, without a dot at its end; empty where there is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def is_of_a_cloud(host: str) -> bool:
    """Whether a host, or a pattern of hosts, is one of a cloud's token servers."""
    name = host.strip().lower().partition(":")[0].rstrip(".").removeprefix("*.")
    return any(
        name == cloud or name.endswith(f".{cloud}") or _covers(host, cloud) for cloud in _CLOUDS
    )


def _covers(pattern: str, cloud: str) -> bool:
    """Whether a pattern for all names below a domain names this host too."""
    below = pattern.strip().lower().partition(":")[0]
    return below.startswith("*.") and cloud.endswith(below[1:])


def parse_address(url: str) -> Address | None:
    """Take an address apart. None: it is none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    host = host_of(url)
    if not host:
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme.lower())
    family = next((min(hosts) for hosts in _FAMILIES if host in hosts), host)
    place = family if port in {None, usual} else f"{family}:{port}"
    path = parts.path.lower().rstrip("/")
    if "/federationmetadata/" in f"{path}/" or path.endswith(".xml"):
        return Address(place, Form.FEDERATION, path)
    if "/.well-known/" in path:
        return Address(place, Form.DISCOVERY, path)
    return Address(place, Form.JSON, _tenant(path, parts.query))


def _tenant(path: str, query: str) -> str:
    before = path.removesuffix("/metadata/json/1").strip("/")
    asked = parse_qsl(query, keep_blank_values=True)
    realms = [value.strip().lower() for name, value in asked if name.lower() == "realm"]
    others = sorted(f"{name}={value}" for name, value in asked if name.lower() != "realm")
    told = [before, *realms, *others]
    named = list(dict.fromkeys(part for part in told if part))
    return " ".join(named)
