"""Compiles our C# inside pwsh (Roslyn comes with it) and keeps the result in a cache folder.

Everything lands in one folder named by a hash over all source, the signatures and the pwsh that
compiled it, and is complete or absent: built beside it and renamed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from partner_simulator.powershell import generate
from partner_simulator.powershell.signatures import cmdlets

_COMPILE_SECONDS = 180
_LIMITS = "windows_powershell.txt"
"""What the prelude takes away; it looks for this file beside the core."""
_SHAREPOINT_MODULE = "SharePointServer"


class CompilationFailed(Exception):
    """pwsh could not build our assemblies; the text is its complaint."""


@dataclass(frozen=True, slots=True)
class Assemblies:
    """Where the compiled parts are."""

    folder: Path

    @property
    def core(self) -> Path:
        """The assembly with the startup hook, the channel and the Windows commands."""
        return self.folder / "PartnerSimulator.Core.dll"

    def module(self, product: str, name: str) -> Path:
        """Manifest of the module `name` (also a snap-in's name) with the product's cmdlets.

        Made on first use: the module's name is its folder's and its manifest's.
        """
        entries = cmdlets(product)
        proxies = {cmdlet.name: generate.proxy(cmdlet) for cmdlet in entries}
        sources = [generate.csharp(entries)]
        classes: list[str] = []
        if product.startswith("SharePoint"):
            classes = _sources("sharepoint")
            sources += _sources("sharepoint_module") if name == _SHAREPOINT_MODULE else []
        everything = "".join([*sources, *classes, *proxies.values()])
        digest = hashlib.sha256(everything.encode()).hexdigest()[:12]
        folder = self.folder / "modules" / f"{_file_name(product)}-{digest}" / name
        manifest = folder / f"{name}.psd1"
        if not manifest.exists():
            # Classes are the same in all versions: a process that has seen two of them knows them once.
            shared = [_build(self, "SharePoint", classes, ())] if classes else []
            assembly = _build(self, product, sources, tuple(shared))
            for cmdlet, text in proxies.items():
                _write(folder / "proxies" / f"{cmdlet}.txt", text)
            files = [os.path.relpath(file, folder) for file in (assembly, *shared)]
            _write(manifest, generate.manifest(entries, *files))
        return manifest


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where compiled parts are kept: `PARTNER_OPERATOR_CACHE`, else the XDG cache folder."""
    if named := environment.get("PARTNER_OPERATOR_CACHE"):
        return Path(named)
    base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "partner-operator"


def assemblies(pwsh: Path, cache: Path) -> Assemblies:
    """The compiled core for this pwsh, from the cache or built now (3 s).

    Raises CompilationFailed.
    """
    sources = {
        item.name: item.read_text("utf-8")
        for item in (resources.files(__package__) / "csharp").iterdir()
        if item.name.endswith(".cs")
    }
    digest = hashlib.sha256(f"{_identity(pwsh)}|{_compiler()}".encode())
    limits = (resources.files(__package__) / "data" / _LIMITS).read_text("utf-8")
    for name, text in [*sorted(sources.items()), (_LIMITS, limits)]:
        digest.update(f"{name}\0{text}\0".encode())
    folder = cache / "simulator-powershell" / digest.hexdigest()[:24]
    result = Assemblies(folder)
    _write_if_absent(folder / "pwsh", str(pwsh))
    _write_if_absent(folder / _LIMITS, limits)
    if not result.core.exists():
        _compile(pwsh, "PartnerSimulator.Core", list(sources.values()), result.core, ())
    return result


def _identity(pwsh: Path) -> str:
    """What makes a pwsh another one: where it lies and its size and age."""
    facts = pwsh.resolve().stat()
    return f"{pwsh.resolve()}|{facts.st_size}|{facts.st_mtime_ns}"


def _build(owner: Assemblies, product: str, sources: list[str], needs: tuple[Path, ...]) -> Path:
    digest = hashlib.sha256("".join([*sources, *map(str, needs)]).encode()).hexdigest()[:12]
    name = f"PartnerSimulator.{_file_name(product)}.{digest}"
    target = owner.folder / f"{name}.dll"
    if not target.exists():
        pwsh = Path((owner.folder / "pwsh").read_text("utf-8"))
        _compile(pwsh, name, sources, target, (owner.core, *needs))
    return target


def _sources(folder: str) -> list[str]:
    """The C# of one product that is not generated."""
    files = (resources.files(__package__) / "csharp" / folder).iterdir()
    return [item.read_text("utf-8") for item in sorted(files, key=lambda item: item.name)]


def _file_name(product: str) -> str:
    return product.replace(" ", "")


def _compile(
    pwsh: Path, name: str, sources: list[str], target: Path, references: tuple[Path, ...]
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=target.parent) as work:
        script = Path(work) / "compile.ps1"
        script.write_text(_compiler(), "utf-8")
        for index, source in enumerate(sources):
            (Path(work) / f"{index}.cs").write_text(source, "utf-8")
        built = Path(work) / f"{name}.dll"
        run = subprocess.run(
            [
                str(pwsh),
                "-NoProfile",
                "-NonInteractive",
                "-File",
                str(script),
                name,
                work,
                str(built),
            ]
            + [str(item) for item in references],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMPILE_SECONDS,
            env={"PATH": os.defpath, "HOME": work, "NO_COLOR": "1", "TERM": "dumb"},
            check=False,
        )
        if run.returncode != 0 or not built.exists():
            raise CompilationFailed(f"{name}: {run.stdout}{run.stderr}")
        os.replace(built, target)


def _compiler() -> str:
    return (resources.files(__package__) / "machine" / "compile.ps1").read_text("utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, path)


def _write_if_absent(path: Path, text: str) -> None:
    if not path.exists():
        _write(path, text)
