"""The wheel: made by the locked build tool, which is among the development packages, of what git knows."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from partner_release.command import run
from partner_release.facts import ROOT, Facts

_PARTS = ("pyproject.toml", "README.md", "LICENSE", "operator")


def build(facts: Facts, folder: Path) -> Path:
    """Build it into ``folder``; the same commit gives the same bytes. Raises CommandFailedError."""
    flags = ["--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    stamp = {"SOURCE_DATE_EPOCH": str(int(facts.committed.timestamp()))}
    with TemporaryDirectory(prefix="partner-operator-wheel-") as temporary:
        source, made = Path(temporary) / "source", Path(temporary) / "made"
        copy(source, *_PARTS)
        command = [sys.executable, "-m", "pip", "wheel", *flags, "--wheel-dir", str(made)]
        run([*command, str(source)], environment=os.environ | stamp)
        [wheel] = made.glob("*.whl")
        target = folder / wheel.name
        target.write_bytes(wheel.read_bytes())
    return target


def copy(target: Path, *parts: str) -> None:
    """What git knows of this checkout, or of parts of it, as it is in the work tree: nothing that a build left."""
    for name in run(["git", "-C", str(ROOT), "ls-files", "-z", "--", *parts]).split("\0"):
        if name and (ROOT / name).exists():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((ROOT / name).read_bytes())
