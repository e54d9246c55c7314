"""What pip must know of this machine to reach its index, handed to a build as secrets: in no layer, in no log."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from partner_release.command import run

_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_PASSED_ON = ("index-url", "extra-index-url", "trusted-host", "proxy")


@contextmanager
def secrets() -> Iterator[dict[str, Path]]:
    """The files for the Dockerfile's secrets, by id; they go with the block."""
    with TemporaryDirectory(prefix="partner-operator-pip-") as folder:
        found = {}
        lines = ["[global]", *_settings()]
        if _AUTHORITIES.exists():
            found["authorities"] = _AUTHORITIES
            lines.append("cert = /run/secrets/authorities")
        found["pip"] = Path(folder) / "pip.conf"
        found["pip"].write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield found


def _settings() -> Iterator[str]:
    """Those of pip's settings here that are about the way to an index; a variable wins over a file."""
    settings = {}
    for line in run([sys.executable, "-m", "pip", "config", "list"]).splitlines():
        where, _, value = line.partition("=")
        name = where.rpartition(".")[2]
        if name in _PASSED_ON and (name not in settings or where.startswith(":env:")):
            settings[name] = str(ast.literal_eval(value))
    for name, value in settings.items():
        yield f"{name} = " + "\n    ".join(value.split())
