"""Programs of Debian's that tests talk to, unpacked into the cache folder: nothing is installed, nobody is root.

requirements/debian.txt names the packages with version and SHA-256. Debian deletes a version when it publishes the
next; then the newer one is taken, on the word of apt, which checks the archive's signature, and that is said aloud.
"""

import hashlib
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.missing import MissingError

LOCK = Path(__file__).resolve().parent.parent.parent / "requirements" / "debian.txt"


class PackageMissingError(MissingError):
    """A package cannot be had on this machine."""

    what = "packages of Debian (amd64)"
    brings = "apt-get that reaches an archive"


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the lock."""

    group: str
    name: str
    version: str
    sha256: str


def unpacked(group: str, progress: Progress = silent) -> Path:
    """The root folder (with ``usr/bin`` and so on) into which a group's packages are unpacked.

    Raises PackageMissingError, with a sentence that names what to install instead.
    """
    packages = [package for package in locked() if package.group == group]
    if not packages:
        raise PackageMissingError(f"{LOCK.name} has no group {group}")
    digest = hashlib.sha256(repr((platform.machine(), packages)).encode()).hexdigest()[:16]
    target = cache_folder() / "debian" / f"{group}-{digest}"
    return made_once(target, lambda root: _fill(root, packages, progress), progress)


def locked() -> list[Package]:
    """The lock, line by line."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [Package(*line.split()) for line in lines if line and not line.startswith("#")]


def _fill(root: Path, packages: Sequence[Package], progress: Progress) -> None:
    names = [package.name for package in packages]
    progress(f"fetching from Debian: {' '.join(names)}")
    folder = root.with_name("archives")
    folder.mkdir()
    state = root.with_name("apt")
    _download(names, folder, state)
    root.mkdir()
    for package in packages:
        [archive] = folder.glob(f"{package.name}_*.deb")
        _check(package, archive, progress)
        _run(["dpkg-deb", "--extract", str(archive), str(root)], folder)


def _download(names: Sequence[str], folder: Path, state: Path) -> None:
    """With the machine's package lists, else with lists of our own: those of a fresh image are empty."""
    try:
        _run(["apt-get", "--quiet", "download", *names], folder)
        return
    except PackageMissingError:
        for part in ("lists/partial", "cache/archives/partial"):
            (state / part).mkdir(parents=True)
    own = ["apt-get", "--quiet"]
    for option in (f"Dir::State::Lists={state}/lists", f"Dir::Cache={state}/cache"):
        own += ["-o", option]
    own += ["-o", "Acquire::Retries=3", "-o", "Debug::NoLocking=1"]
    _run([*own, "update"], folder)
    _run([*own, "download", *names], folder)


def _check(package: Package, archive: Path, progress: Progress) -> None:
    fields = _run(["dpkg-deb", "--field", str(archive), "Version", "Architecture"], archive.parent)
    found = dict(line.split(": ", 1) for line in fields.splitlines())
    if found["Version"] != package.version or found["Architecture"] not in ("amd64", "all"):
        progress(
            f"{package.name}: Debian now has {found['Version']} ({found['Architecture']}), not the locked "
            f"{package.version} (amd64); taken as apt verified it"
        )
        return
    if hashlib.sha256(archive.read_bytes()).hexdigest() != package.sha256:
        raise PackageMissingError(f"{archive.name} is not the file that {LOCK.name} names")


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageMissingError(_ADVICE.format(what=error)) from None
    if done.returncode:
        raise PackageMissingError(_ADVICE.format(what=done.stderr.strip()[-500:]))
    return done.stdout


_ADVICE = (
    "Packages of Debian could not be had: {what}. Either let apt-get reach an archive, or install "
    "packer, krb5-kdc, krb5-user, libkrb5-dev, libicu, prometheus and chromium by hand."
)
