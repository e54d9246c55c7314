"""The program that says what Flux and Argo CD make of our objects: kstatus and Lua, built once."""

import hashlib
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.golang import BuildError, GoMissingError, recent_go
from partner_testbed.missing import MissingError

SOURCE = Path(__file__).resolve().parent.parent / "gitops"


class GitOpsMissingError(MissingError):
    """The program cannot be built on this machine."""

    what = "kstatus and Argo CD's Lua"
    brings = "Go 1.26, or PyPI (which has one), and a Go module proxy"


def judge(progress: Progress = silent) -> Path:
    """The program of tools/gitops, built when it is not in the cache folder. Raises GitOpsMissingError."""
    try:
        go = recent_go(SOURCE, progress)
        target = cache_folder() / "gitops" / f"{_fingerprint()}-{go.version}"
        return made_once(target, lambda path: go.compile(SOURCE, ".", path, {}, progress), progress)
    except (GoMissingError, BuildError) as error:
        raise GitOpsMissingError(str(error)) from error


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCE.iterdir()):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
