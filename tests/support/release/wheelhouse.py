"""Empty environments, and the locked packages to fill them from without an index."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from partner_release.facts import ROOT
from partner_testbed.cache import cache_folder, made_once
from partner_testbed.missing import MissingError

_LOCKS = [ROOT / "requirements" / name for name in ("operator.txt", "build.txt")]


class WheelhouseMissingError(MissingError):
    """The locked packages cannot be had on this machine."""

    what = "the operator's locked packages"
    brings = "pip that reaches an index"


class Environment:
    """A Python environment with nothing but pip in it; nothing of this checkout is on its path."""

    def __init__(self, folder: Path) -> None:
        """Make it."""
        self.folder = folder
        venv.create(folder, with_pip=True)
        names = {"PYTHONPATH", "PYTHONHOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"}
        self._variables = {
            name: value
            for name, value in os.environ.items()
            if name not in names and not name.startswith("PIP_")
        } | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def install(self, *what: str) -> None:
        """Install as a person would, from the locked packages only: also what builds a package."""
        flags = ["--no-index", "--find-links", str(wheelhouse())]
        done = self.run("python", "-m", "pip", "install", "--quiet", *flags, *what)
        assert done.returncode == 0, done.stdout

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, in a folder where nothing is."""
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=self.folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    def packages(self) -> Path:
        """Where its packages are."""
        [found] = self.folder.glob("lib/python3*/site-packages")
        return found


def wheelhouse() -> Path:
    """A folder with all locked packages of this Python, downloaded once. Raises WheelhouseMissingError."""
    digest = hashlib.sha256(sys.version.encode())
    for lock in _LOCKS:
        digest.update(lock.read_bytes())
    return made_once(cache_folder() / "wheelhouse" / digest.hexdigest()[:16], _fill)


def _fill(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
    _run([*command, "--only-binary", ":all:", "--dest", str(folder), *_named()])


def _named() -> list[str]:
    return [word for lock in _LOCKS for word in ("-r", str(lock))]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelhouseMissingError(f"Locked packages could not be fetched: {done.stderr[-500:]}")
