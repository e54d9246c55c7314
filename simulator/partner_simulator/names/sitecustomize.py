"""DNS of the simulated domain for a process that is started with this folder on PYTHONPATH.

`PARTNER_SIMULATOR_NAMES` names a JSON file `{fqdn: {port: [address, real port]}}`; without it
nothing changes. Only look-ups under the domains of that file are touched: a known name and port
leads to its loopback port, another port of it to one that refuses, and an unknown name fails.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

_real = socket.getaddrinfo
_CLOSED = ("127.0.0.1", 1)


def _install(path: Path) -> None:
    table: dict[str, dict[str, list[Any]]] = json.loads(path.read_text(encoding="utf-8"))
    domains = {name.partition(".")[2] for name in table}

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        name = name.lower().rstrip(".") if isinstance(name, str) else ""
        if name.partition(".")[2] not in domains and name not in domains:
            return _real(host, port, *arguments, **options)
        if name not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = table[name].get(str(port), _CLOSED)
        return _real(found[0], found[1], *arguments, **options)

    socket.getaddrinfo = getaddrinfo


if _named := os.environ.get("PARTNER_SIMULATOR_NAMES"):
    _install(Path(_named))
