"""What is being released: its version, and the commit that it is made of."""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from partner_release.command import run

ROOT = Path(__file__).resolve().parents[2]
NAME = "partner-operator"
_VERSION = ROOT / "operator" / "partner_operator" / "__init__.py"


@dataclass(frozen=True, slots=True)
class Facts:
    """One state of the sources."""

    version: str
    description: str
    licence: str
    revision: str
    """The commit, with ``-dirty`` where what is built is not what is committed."""
    committed: datetime
    source: str | None
    """Where the sources are published, if this checkout knows."""

    @property
    def dirty(self) -> bool:
        """Whether something here is not committed."""
        return self.revision.endswith("-dirty")


def facts() -> Facts:
    """Those of this checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changed = bool(_git("status", "--porcelain"))
    return Facts(
        version=version(),
        description=project["description"],
        licence=project["license"],
        revision=_git("rev-parse", "HEAD") + ("-dirty" if changed else ""),
        committed=datetime.fromtimestamp(int(_git("log", "-1", "--format=%ct")), UTC),
        source=published(_git("config", "--default", "", "--get", "remote.origin.url")),
    )


def version() -> str:
    """The operator's own, where all others are taken from."""
    [found] = re.findall(
        r'^__version__ = "(.+)"$', _VERSION.read_text(encoding="utf-8"), re.MULTILINE
    )
    return str(found)


def published(remote: str) -> str | None:
    """A remote as everybody may read it: no user, no password, and no folder of this machine."""
    parts = urlsplit(remote)
    if parts.scheme not in ("http", "https", "ssh", "git") or not parts.hostname:
        return None
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{parts.hostname}{port}", parts.path, "", ""))


def _git(*arguments: str) -> str:
    return run(["git", "-C", str(ROOT), *arguments]).strip()
