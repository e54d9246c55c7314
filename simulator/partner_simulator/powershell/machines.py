"""The Windows look of a simulated machine: a C: drive, environment, and what is installed."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from partner_simulator.ports import CmdletWorld, Session
from partner_simulator.powershell.assemblies import Assemblies
from partner_simulator.powershell.emulation import Emulation, WindowsPowerShell

_EXCHANGE = Path("Program Files/Microsoft/Exchange Server/V15")
_COMMON = Path("Program Files/Common Files")
_LYNC_ROLES_2013 = "'UserApplication', 'ArchiveApplication'"
_LYNC_ROLES = _LYNC_ROLES_2013 + ", 'MeetingGraphApplication'"
"""DERIVED: the third role exists from 2016 on."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What one run sees of its machine."""

    root: Path
    """Where its C: drive is."""
    folder: Path
    """Current directory of the run, on that drive."""
    environment: Mapping[str, str]
    trust: str
    """SSL_CERT_FILE; OpenSSL reads it once per process."""
    snapins: Mapping[str, Path]
    """Installed snap-ins: name to manifest."""
    emulates: WindowsPowerShell
    """A process that once passed for a version keeps to it."""


class Machines:
    """Makes the machines' folders, once per host and set of products."""

    def __init__(
        self, folder: Path, parts: Assemblies, world: CmdletWorld, emulation: Emulation
    ) -> None:
        """Make them in `folder`, when they are asked for."""
        self._folder = folder
        self._emulation = emulation
        self._parts = parts
        self._world = world
        self._roots: dict[tuple[str, ...], Path] = {}
        self._lock = threading.Lock()

    @contextmanager
    def prepare(self, session: Session) -> Iterator[Machine]:
        """The machine of `session` as the world has it now, with a TEMP of its own while in use."""
        snapins = {
            item["name"]: item["product"] for item in self._world.system(session, "snapins", {})
        }
        modules = self._world.system(session, "modules", {})
        answer = self._world.system(session, "environment", {}) or {}
        root = self._root(session.host, snapins)
        account = session.logon.user.rpartition("\\")[2].partition("@")[0] or "administrator"
        folder = root / "Users" / account
        temporary = root / "Windows" / "Temp" / secrets.token_hex(4)
        for needed in (folder, temporary):
            needed.mkdir(parents=True, exist_ok=True)
        environment = _environment(session, account)
        environment |= {
            "PATH": str(root / "Windows" / "System32"),
            "PSModulePath": os.pathsep.join(sorted(self._search_path(root, modules))),
            "TEMP": str(temporary),
            "TMP": str(temporary),
        }
        if _exchange_of(snapins) is not None:
            environment["ExchangeInstallPath"] = "C:\\" + str(_EXCHANGE).replace("/", "\\") + "\\"
        environment |= answer.get("variables", {})
        try:
            yield Machine(
                root=root,
                folder=folder,
                environment=environment,
                trust=environment.pop("SSL_CERT_FILE", ""),
                snapins={
                    name: self._parts.module(product, name) for name, product in snapins.items()
                },
                emulates=self._emulation.of(session.host),
            )
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _search_path(self, root: Path, modules: Sequence[Mapping[str, str]]) -> Iterator[str]:
        """Where modules are found by name. One with a `folder` is found only there, below Common Files."""
        for item in modules:
            module = self._parts.module(item["product"], item["name"]).parent
            if "folder" not in item:
                yield str(module.parent)
                continue
            installed = root.joinpath(_COMMON, *item["folder"].split("\\"), item["name"])
            with self._lock:
                if not installed.exists():
                    _install(module, installed)

    def _root(self, host: str, snapins: Mapping[str, str]) -> Path:
        key = (host.lower(), *sorted(snapins.values()))
        with self._lock:
            if key not in self._roots:
                root = self._folder / "m" / str(len(self._roots))
                _furnish(root, _exchange_of(snapins))
                self._roots[key] = root
            return self._roots[key]


def _exchange_of(snapins: Mapping[str, str]) -> str | None:
    """Exchange's version, where it is installed."""
    return next((p for p in sorted(snapins.values()) if p.startswith("Exchange")), None)


def write_home(home: Path) -> None:
    """The profile that PowerShell loads before each script."""
    target = home / ".config" / "powershell" / "profile.ps1"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_asset("profile.ps1"), "utf-8")


def _environment(session: Session, account: str) -> dict[str, str]:
    short, _, domain = session.host.partition(".")
    return {
        "COMPUTERNAME": short.upper(),
        "USERNAME": account,
        "USERDOMAIN": session.logon.user.partition("\\")[0] if "\\" in session.logon.user else "",
        "USERDNSDOMAIN": domain.upper(),
        "USERPROFILE": f"C:\\Users\\{account}",
        "windir": "C:\\Windows",
        "SystemRoot": "C:\\Windows",
        "SystemDrive": "C:",
        "ProgramFiles": "C:\\Program Files",
        "CommonProgramFiles": "C:\\Program Files\\Common Files",
        "ProgramData": "C:\\ProgramData",
        "OS": "Windows_NT",
        "PROCESSOR_ARCHITECTURE": "AMD64",
        "TERM": "dumb",
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "POWERSHELL_UPDATECHECK": "Off",
    }


def _install(module: Path, target: Path) -> None:
    """A module in a second place: its manifest, with whole paths to the assemblies."""
    target.mkdir(parents=True)
    for manifest in module.glob("*.psd1"):
        text = manifest.read_text("utf-8")
        (target / manifest.name).write_text(
            text.replace("../../..", str(module.parents[2])), "utf-8"
        )


def _furnish(root: Path, exchange: str | None) -> None:
    """Lay out a C: drive; Linux minds letter case, so the usual other spellings are links."""
    system = root / "Windows" / "System32"
    system.mkdir(parents=True)
    (root / "windows").symlink_to("Windows")
    (root / "WINDOWS").symlink_to("Windows")
    (root / "Windows" / "system32").symlink_to("System32")
    helper = root / "Windows" / "iisreset.py"
    helper.write_text(_asset("iisreset.py"), "utf-8")
    program = system / "iisreset.exe"
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(helper))} "$@"\n',
        "utf-8",
    )
    program.chmod(0o755)
    if exchange is not None:
        home = root / _EXCHANGE
        (home / "Scripts").mkdir(parents=True)
        (home / "bin").mkdir()
        (home / "Bin").symlink_to("bin")
        (home / "scripts").symlink_to("Scripts")
        roles = _LYNC_ROLES_2013 if exchange.endswith("2013") else _LYNC_ROLES
        script = _asset("Configure-EnterprisePartnerApplication.ps1")
        (home / "Scripts" / "Configure-EnterprisePartnerApplication.ps1").write_text(
            script.replace("{lync_roles}", roles), "utf-8"
        )
        (home / "bin" / "RemoteExchange.ps1").write_text(_asset("RemoteExchange.ps1"), "utf-8")


def _asset(name: str) -> str:
    return (resources.files(__package__) / "machine" / name).read_text("utf-8")
