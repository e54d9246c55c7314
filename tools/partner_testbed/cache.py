"""The folder for things that are dear to make, and how two processes make one of them once."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[str], None]


class CacheNotWritableError(RuntimeError):
    """Something is to be made, and there is nowhere to keep it."""


def silent(_message: str) -> None:
    """Show no progress."""


def cache_folder() -> Path:
    """``$PARTNER_OPERATOR_CACHE``, else the user's cache folder of this project."""
    if own := os.environ.get("PARTNER_OPERATOR_CACHE"):
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "partner-operator"


def made_once(target: Path, make: Callable[[Path], None], progress: Progress = silent) -> Path:
    """Return ``target``, calling ``make`` with a path to create first if it is not there.

    Whoever comes second waits for the first. The result appears under its name only when it is
    complete, so one that is interrupted leaves nothing that looks like a result. Raises
    CacheNotWritableError when it is not there and nothing can be written beside it.
    """
    if target.exists():
        return target
    with _locked(target.with_name(target.name + ".lock"), progress):
        if not target.exists():
            with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as folder:
                unfinished = Path(folder) / target.name
                make(unfinished)
                unfinished.rename(target)
    return target


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold an exclusive lock that the kernel drops with the process, however that ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise CacheNotWritableError(
            f"{path.stem} is to be kept in {path.parent}, which cannot be written to "
            f"({error.strerror}). Set PARTNER_OPERATOR_CACHE to a folder that can."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that makes the same thing")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
