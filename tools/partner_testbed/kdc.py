"""A real Kerberos realm for tests: Debian's KDC on loopback, and the Python package that speaks to it.

Nothing of it enters the main environment: what needs Kerberos runs in processes of its own, with `Kdc.environment`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from partner_testbed import debian
from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.missing import MissingError

_REQUIREMENTS = Path(__file__).resolve().parent.parent.parent / "requirements"
_LOCK = _REQUIREMENTS / "kerberos.txt"
_BUILD_LOCK = _REQUIREMENTS / "kerberos-build.txt"
_START_SECONDS = 20.0
_PORTS_TO_TRY = 10
_LISTENS = "commencing operation"
"""What the KDC logs when it has bound all its ports."""


class KerberosMissingError(MissingError):
    """Kerberos cannot be had on this machine."""

    what = "gssapi, built from source"
    brings = "gcc and python3-dev; Debian's packages come by apt-get"


def build(progress: Progress = silent) -> Path:
    """Return a folder for PYTHONPATH with gssapi in it, building that once per machine (a minute).

    Raises PackageMissingError or KerberosMissingError, with a sentence.
    """
    root = debian.unpacked("kerberos", progress)
    parts = [platform.machine(), sys.version.split()[0], root.name]
    parts += [path.read_text(encoding="utf-8") for path in (_LOCK, _BUILD_LOCK)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    target = cache_folder() / "kerberos" / digest
    return made_once(target, lambda folder: _build(folder, root, progress), progress)


def _build(target: Path, root: Path, progress: Progress) -> None:
    if not shutil.which("gcc"):
        raise KerberosMissingError("There is no C compiler to build gssapi with. Install gcc.")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise KerberosMissingError("Python's headers are missing. Install python3-dev.")
    progress("building gssapi from source (a minute, once)")
    tools = target.with_name("tools")
    _run([sys.executable, "-m", "venv", str(tools)])
    pip = [str(tools / "bin" / "pip"), "--quiet", "--disable-pip-version-check", "install"]
    _run([*pip, "--require-hashes", "-r", str(_BUILD_LOCK)])
    library = root / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    include = root / "usr" / "include"
    options = {
        "GSSAPI_COMPILER_ARGS": f"-I{include} -I{include / 'mit-krb5'} -DHAS_GSSAPI_EXT_H",
        "GSSAPI_LINKER_ARGS": f"-L{library} -L{library / 'mit-krb5'} -lgssapi_krb5",
        "GSSAPI_MAIN_LIB": str(library / "libgssapi_krb5.so.2"),
    }
    locked = ["--require-hashes", "-r", str(_LOCK), "--no-build-isolation", "--no-cache-dir"]
    _run([*pip, *locked, "--target", str(target)], libraries(root) | options)


def libraries(root: Path) -> dict[str, str]:
    """The environment with which programs find the unpacked libraries before those of the machine."""
    triplet = f"{platform.machine()}-linux-gnu"
    folders = [str(root / "usr" / "lib" / triplet), str(root / "lib" / triplet)]
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)}


def _run(
    command: Sequence[str], environment: Mapping[str, str] | None = None, stdin: str = ""
) -> str:
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "LC_ALL": "C", **(environment or {})},
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-800:]
        raise KerberosMissingError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
    return done.stdout


class Kdc:
    """One realm with its KDC; `start` and `stop` it, or use it as a context manager.

    It listens on two ports: clients know the second one as the realm's primary, so a library that asks the
    primary again after a refusal is found out in the log.
    """

    def __init__(self, folder: Path, realm: str, progress: Progress = silent) -> None:
        """Create the database in an empty folder. Raises KerberosMissingError or PackageMissingError."""
        self.folder = folder
        self.realm = realm
        self.packages = build(progress)
        self._root = debian.unpacked("kerberos", progress)
        self._log = folder / "kdc.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = (0, 0)
        self._write(_free_ports())
        self._tool("kdb5_util", "create", "-s", "-r", realm, "-P", secrets.token_hex(16))

    @property
    def client_configuration(self) -> Path:
        """The krb5.conf of clients and services."""
        return self.folder / "krb5.conf"

    def environment(self) -> dict[str, str]:
        """What a process needs to be a client or a service of this realm, besides its PYTHONPATH."""
        return libraries(self._root) | {"KRB5_CONFIG": str(self.client_configuration)}

    def add_user(self, name: str, password: str, *options: str) -> None:
        """Add a principal that must prove its password first, as Active Directory has them."""
        self.administer("addprinc", "+requires_preauth", *options, "-pw", password, name)

    def add_service(self, name: str, keytab: Path) -> None:
        """Add a principal with random keys, or give it new ones, and write these to a keytab."""
        if f"{name}@{self.realm}" not in self.administer("listprincs").split():
            self.administer("addprinc", "-randkey", name)
        self.administer("ktadd", "-k", str(keytab), name)

    def administer(self, *query: str) -> str:
        """Run one query of kadmin.local, word by word. Raises KerberosMissingError when it fails."""
        return self._tool("kadmin.local", "-r", self.realm, *query)

    def log_in(self, user: str, password: str, cache: Path) -> None:
        """Put a ticket into a cache file, as people do with kinit."""
        kinit = [str(self._root / "usr" / "bin" / "kinit"), "-c", f"FILE:{cache}", user]
        _run(kinit, self.environment(), password + "\n")

    def start(self) -> None:
        """Start the KDC and wait until it answers. Raises KerberosMissingError."""
        for _ in range(_PORTS_TO_TRY):
            if self._started():
                return
            self._write(_free_ports())
        raise KerberosMissingError(f"krb5kdc does not start: {self.log()[-800:]}")

    def stop(self) -> None:
        """Stop the KDC; nothing answers on its ports any more."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Kdc:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def log(self) -> str:
        """All that the KDC has logged."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def count(self, request: str, outcome: str, principal: str) -> int:
        """How many requests (AS_REQ or TGS_REQ) of a principal had this outcome (ISSUE, CLIENT_NOT_FOUND ...)."""
        return sum(
            f" {request} (" in line and f": {outcome}: " in line and f" {principal}@" in line
            for line in self.log().splitlines()
        )

    def _started(self) -> bool:
        command = [str(self._root / "usr" / "sbin" / "krb5kdc"), "-n", "-r", self.realm]
        starts = self.log().count(_LISTENS)
        with (self.folder / "krb5kdc.out").open("ab") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=out, env={**os.environ, **self._server_environment()}
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if self.log().count(_LISTENS) > starts:
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _server_environment(self) -> dict[str, str]:
        return self.environment() | {"KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}

    def _tool(self, name: str, *arguments: str) -> str:
        command = [str(self._root / "usr" / "sbin" / name), *arguments]
        return _run(command, self._server_environment())

    def _write(self, ports: tuple[int, int]) -> None:
        self.ports = ports
        plugins = (
            self._root / "usr" / "lib" / f"{platform.machine()}-linux-gnu" / "krb5" / "plugins"
        )
        values = {"realm": self.realm, "folder": self.folder, "plugins": plugins}
        values |= {"port": ports[0], "primary": ports[1]}
        for name, text in (("krb5.conf", _CLIENT), ("kdc.conf", _SERVER)):
            (self.folder / name).write_text(text.format(**values), encoding="utf-8")


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


_CLIENT = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
 plugin_base_dir = {plugins}
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
  primary_kdc = 127.0.0.1:{primary}
 }}
"""
_SERVER = """[kdcdefaults]
 kdc_listen = 127.0.0.1:{port} 127.0.0.1:{primary}
 kdc_tcp_listen = 127.0.0.1:{port} 127.0.0.1:{primary}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  master_key_type = aes256-cts
  supported_enctypes = aes256-cts:normal aes128-cts:normal
 }}
[dbmodules]
 db_module_dir = {plugins}/kdb
[logging]
 kdc = FILE:{folder}/kdc.log
"""
