"""Foreign WinRM clients, each in an environment of its own, made once per lock in the cache folder.

The locks are in tests/clients/locks: hashes for every file, no registry's address. A client that cannot be had is an
error with a sentence.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from partner_testbed import debian
from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.missing import MissingError

LOCKS = Path(__file__).resolve().parent.parent.parent / "tests" / "clients" / "locks"
_COLLECTION = "ansible_collections/ansible/windows/"
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
_LONGEST_SECONDS = 600


class Client(StrEnum):
    """Whom nobody here wrote."""

    PYPSRP = "pypsrp"
    PYWINRM = "pywinrm"
    ANSIBLE = "ansible"
    PACKER = "packer"
    WINRM_CLIENT = "winrm-client"


class ClientMissingError(MissingError):
    """A client cannot be had on this machine."""

    what = "foreign WinRM clients"
    brings = "pip and npm that reach their registries"


class _NodeMissingError(ClientMissingError):
    what = "Node.js 20 with npm"
    brings = "node and npm on PATH"


class _PackerMissingError(ClientMissingError):
    what = "Packer"
    brings = f"packer on PATH, or {debian.PackageMissingError.brings}"


def environment(client: Client, progress: Progress = silent) -> Path:
    """The folder that holds a client: a venv, a folder with node_modules, or Debian's tree.

    Raises ClientMissingError.
    """
    if client is Client.PACKER:
        return packer(progress).parent
    if client is Client.WINRM_CLIENT:
        files = [LOCKS / client / name for name in _NPM_FILES]
        make = _node_modules
        interpreter = _first_line([_program("node", "Node.js 20 or newer"), "--version"])
    else:
        files = [LOCKS / f"{client}.txt"]
        if client is Client.ANSIBLE:
            files.append(LOCKS / "ansible-collections.txt")
        make = _venv
        interpreter = f"{sys.version} {sys.base_prefix}"
    digest = hashlib.sha256(interpreter.encode())
    for file in files:
        digest.update(file.read_bytes())
    target = cache_folder() / "clients" / f"{client}-{digest.hexdigest()[:16]}"

    def fill(unfinished: Path) -> None:
        progress(f"installing {client} into the cache folder")
        make(unfinished, files)

    return made_once(target, fill, progress)


def python(client: Client, progress: Progress = silent) -> Path:
    """The interpreter of a Python client's environment. Raises ClientMissingError."""
    return environment(client, progress) / "bin" / "python"


def packer(progress: Progress = silent) -> Path:
    """Packer: of PATH, else Debian's. Raises ClientMissingError."""
    if on_path := shutil.which("packer"):
        return Path(on_path)
    try:
        return debian.unpacked("packer", progress) / "usr" / "bin" / "packer"
    except debian.PackageMissingError as error:
        raise _PackerMissingError(str(error)) from error


def build_all(progress: Progress = silent) -> None:
    """Make every environment that is not there yet. Raises ClientMissingError."""
    for client in Client:
        environment(client, progress)


def _venv(target: Path, files: Sequence[Path]) -> None:
    """Without a pip of its own: ours installs into it, which saves seconds for each."""
    lock, *collections = files
    interpreter = target / "bin" / "python"
    _run([sys.executable, "-m", "venv", "--without-pip", str(target)], target.parent)
    _pip(["--python", str(interpreter), "install"], lock, target.parent)
    for extra in collections:
        _add_collection(target, extra)


def _add_collection(target: Path, lock: Path) -> None:
    """The part of the package `ansible` that holds ansible.windows: all of it would be half a gigabyte."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        _pip(["download", "--no-deps", "--only-binary", ":all:"], lock, Path(folder))
        [wheel] = Path(folder).glob("*.whl")
        [site_packages] = target.glob("lib/python*/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            wanted = [name for name in archive.namelist() if name.startswith(_COLLECTION)]
            archive.extractall(site_packages, [name for name in wanted if "/tests/" not in name])


def _pip(command: Sequence[str], lock: Path, folder: Path) -> None:
    flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    _run([sys.executable, "-m", "pip", *command, *flags, "-r", str(lock)], folder)


def _node_modules(target: Path, files: Sequence[Path]) -> None:
    target.mkdir()
    for file in files:
        shutil.copy(file, target / file.name)
    npm = _program("npm", "npm, which comes with Node.js,")
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], target)


def _program(name: str, called: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise _NodeMissingError(
            f"{called} must be on PATH to test against the npm package winrm-client"
        )
    return found


def _first_line(command: Sequence[str]) -> str:
    return _run(command, Path.cwd()).partition("\n")[0]


def _run(command: Sequence[str], folder: Path) -> str:
    """Nothing of the caller's Python gets in, and what a failing installer says is passed on."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClientMissingError(f"A foreign client could not be installed: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise ClientMissingError(
            f"A foreign client could not be installed, so what it proves is not proven. "
            f"{Path(command[0]).name} said: {said}"
        )
    return done.stdout
