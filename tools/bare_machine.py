"""Prove that the two commands need nothing but Python, make and git: run them in a bare Debian, by hand, as root.

    python3 tools/bare_machine.py --under /var/tmp

makes a root file system of python3, python3-venv, make, git and ca-certificates, clones the commit that is
checked out into it, and runs `make demo` and `make test` there as an ordinary user: once with nothing more, and
once with this machine's PowerShell, Go and Node.js, and with gcc and Python's headers. pip, npm, apt and Go reach
their registries as they do on this machine: their configuration and environment are copied when it runs.
Needs debootstrap, and the rights to chroot and to mount; where those are refused it says what was refused.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = "python3,python3-venv,make,git,ca-certificates"
USER = "somebody"
EXTRAS = ("gcc", "libc6-dev", "python3-dev")
_PASSED_ON = re.compile(
    r"(PIP|NPM_CONFIG|UV)_\w+|GO(PROXY|SUMDB|NOSUMDB|PRIVATE|INSECURE|NOPROXY)|(HTTP|HTTPS|NO|ALL|FTP)_PROXY"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS_CA|CURL_CA)_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO",
    re.IGNORECASE,
)
_CONFIGURATION = (
    *("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"),
    *("/etc/pip.conf", "/etc/npmrc", "/usr/etc/npmrc", "/usr/share/keyrings"),
    *("/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/apt.conf.d"),
    *("/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/etc/apt/auth.conf.d"),
)
_HOME_CONFIGURATION = (".npmrc", ".pip", ".config/pip", ".config/go")
_GLANCE_SECONDS = 2.0


class Refused(Exception):
    """This machine does not let us; the text says what."""


@dataclass(frozen=True)
class Ran:
    """One command in one machine."""

    machine: str
    command: str
    code: int
    seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        """A row for people."""
        return (
            f"{self.machine:6} {self.command:12} ended with {self.code} after {self.seconds:5.0f} s; "
            f"at most {self.peak_bytes / 1e6:.0f} MB in use"
        )


def main() -> int:
    """0 when every command ended with 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--under", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--machine", choices=["bare", "full", "both"], default="both")
    parser.add_argument("--command", action="append", choices=["demo", "test"], default=[])
    parser.add_argument("--keep", action="store_true", help="leave the file systems there")
    parser.add_argument(
        "--lend", type=Path, help="a control plane's folder in a cache, to save its build"
    )
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bare-machine-", dir=arguments.under.absolute()))
    folder.chmod(0o755)
    try:
        base = _bare_root(folder / "base", arguments.lend)
        ran = []
        for machine in ("bare", "full") if arguments.machine == "both" else (arguments.machine,):
            root = folder / machine
            _run(["cp", "-a", str(base), str(root)])
            extras = _add_extras(root) if machine == "full" else {}
            for command in arguments.command or ("demo", "test"):
                ran.append(_make(root, machine, command, extras))
                print(ran[-1], flush=True)
        print("\n" + "\n".join(map(str, ran)))
        return int(any(each.code for each in ran))
    except Refused as error:
        print(f"Not proven: {error}", file=sys.stderr)
        return 2
    finally:
        if arguments.keep:
            print(f"left there: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _bare_root(root: Path, lent: Path | None) -> Path:
    """The file system, with an ordinary user who has a clone of what is checked out here."""
    if os.geteuid() != 0:
        raise Refused("only root may make a root file system and enter it")
    _run(["unshare", "--mount", "--pid", "--fork", "chroot", "/", "true"])
    if shutil.which("debootstrap") is None:
        raise Refused("there is no debootstrap; apt-get install debootstrap")
    suite, archive = _debian()
    begun = time.monotonic()
    _run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root), archive])
    inside = [*_CONFIGURATION, *(value for value in _passed_on().values() if value[0:1] == "/")]
    for name in inside:
        _copy(Path(name), root / name.lstrip("/"))
    home = root / "home" / USER
    _run(["chroot", str(root), "useradd", "--create-home", USER])
    for name in _HOME_CONFIGURATION:
        _copy(Path.home() / name, home / name)
    if lent:
        print(f"lent, so its build is not in the times: {lent}", flush=True)
        _copy(lent, home / ".cache" / "partner-operator" / "controlplane")
    _run(["git", "clone", "--quiet", f"file://{CHECKOUT}", str(home / "partner-operator")])
    _run(["chroot", str(root), "chown", "-R", f"{USER}:", f"/home/{USER}"])
    if _run(["git", "-C", str(CHECKOUT), "status", "--porcelain"]):
        print("What is not committed is not in the clone.", flush=True)
    commit = _run(["git", "-C", str(CHECKOUT), "log", "-1", "--format=%h %s"]).strip()
    print(f"bare {suite} in {time.monotonic() - begun:.0f} s; {commit}", flush=True)
    return root


def _debian() -> tuple[str, str]:
    """The suite of this machine, and the archive from which its apt takes it."""
    suite = _run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"]).strip()
    wanted = "$(CODENAME) $(REPO_URI)"
    for line in _run(
        ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]
    ).splitlines():
        if line.startswith(f"{suite} "):
            return suite, line.split()[1]
    raise Refused(f"apt knows no archive of {suite}; is this a Debian, and did apt-get update run?")


def _add_extras(root: Path) -> dict[str, str]:
    """This machine's PowerShell, Go and Node.js, gcc by apt; the variables that name them."""
    inside = ["chroot", str(root), "apt-get", "--quiet", "--quiet"]
    _run([*inside, "update"])
    _run([*inside, "install", "--yes", "--no-install-recommends", *EXTRAS])
    go = Path(_run(["go", "env", "GOROOT"]).strip())
    npm = Path(shutil.which("npm") or "/missing").resolve().parents[1]
    node = Path(shutil.which("node") or "/missing").resolve()
    powershell = Path(
        shutil.which(os.environ.get("PARTNER_OPERATOR_PWSH") or "pwsh") or "/missing"
    ).resolve()
    for each in (go, npm, node, powershell):
        if not each.exists():
            raise Refused(f"a machine with everything needs what this one has not: {each}")
    usr = root / "usr"
    for source, target in {
        go: "lib/go",
        node: "bin/node",
        npm: "lib/npm",
        powershell.parent: "lib/pwsh",
    }.items():
        _copy(source, usr / target)
    for name, target in {"go": "go/bin/go", "npm": "npm/bin/npm-cli.js"}.items():
        (usr / "bin" / name).symlink_to(f"../lib/{target}")
    return {"PARTNER_OPERATOR_PWSH": f"/usr/lib/pwsh/{powershell.name}"}


def _make(root: Path, machine: str, command: str, variables: dict[str, str]) -> Ran:
    """Run one of the two commands, showing all that it says."""
    environment = {
        "HOME": f"/home/{USER}",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "USER": USER,
        **_passed_on(),
        **variables,
    }
    given = [f"{name}={value}" for name, value in environment.items()]
    own_root = 'mount --bind "$0" "$0"'  # PowerShell finds no module where / is not a mount
    mounts = f'{own_root} && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"'
    inside = ["runuser", "-u", USER, "--", "env", "-i", *given]
    work = ["make", "-C", f"/home/{USER}/partner-operator", "--no-print-directory", command]
    print(f"\n== {machine}: make {command}", flush=True)
    begun = time.monotonic()
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    process = subprocess.Popen(
        [*apart, "sh", "-c", f'{mounts} && exec chroot "$0" "$@"', str(root), *inside, *work],
        stdin=subprocess.DEVNULL,
    )
    peak = [0]
    watch = threading.Thread(target=_watch, args=(process, peak))
    watch.start()
    try:
        code = process.wait()
    finally:
        process.kill()  # whoever interrupts us: all that runs in there goes with it
        watch.join()
    return Ran(machine, f"make {command}", code, time.monotonic() - begun, peak[0])


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    """Keep the highest sum of what all processes in there use, shared pages by share."""
    while process.poll() is None:
        used = 0
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                inside = os.readlink(f"/proc/{process.pid}/ns/pid_for_children")
                if inside == os.readlink(each / "ns" / "pid") != os.readlink("/proc/self/ns/pid"):
                    rollup = (each / "smaps_rollup").read_text()
                    used += 1024 * int(re.findall(r"^Pss: +(\d+)", rollup, re.MULTILINE)[0])
        peak[0] = max(peak[0], used)
        time.sleep(_GLANCE_SECONDS)


def _passed_on() -> dict[str, str]:
    own = {"PIP_CACHE_DIR", "NPM_CONFIG_CACHE"}
    names = {name for name in os.environ if _PASSED_ON.fullmatch(name)}
    return {name: os.environ[name] for name in sorted(names) if name.upper() not in own}


def _copy(source: Path, target: Path) -> None:
    """A file or folder, if there is one, in place of what is there: a link there may lead out of the root."""
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore_dangling_symlinks=True)
    else:
        shutil.copy(source, target)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-500:]
        raise Refused(f"{' '.join(command[:4])} ended with {done.returncode}: {said}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
