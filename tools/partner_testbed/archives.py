"""Official archives, by digest: fetched into the cache folder, unpacked only when the digest is right.

requirements/archives.txt names them, with the source of each digest. A host that cannot be reached costs
seconds: whoever asks goes on without the archive.
"""

import hashlib
import hmac
import platform
import sys
import tarfile
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.error import HTTPError

from partner_testbed.cache import Progress, cache_folder, made_once, silent

LOCK = Path(__file__).resolve().parent.parent.parent / "requirements" / "archives.txt"
_CHUNK = 1 << 18
_LARGEST_BYTES = 1 << 29
_END = -1


class ArchiveMissingError(RuntimeError):
    """An archive cannot be had on this machine now."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download is waited for, in seconds."""

    first_answer: float = 5.0
    silence: float = 20.0
    in_all: float = 900.0


@dataclass(frozen=True, slots=True)
class Archive:
    """One line of the lock."""

    name: str
    version: str
    machine: str
    digest: str
    """Algorithm, colon, hexadecimal digits."""
    url: str

    @property
    def unpacked(self) -> Path:
        """The folder in the cache that its content is, or would be, in."""
        short = self.digest.partition(":")[2][:16]
        return cache_folder() / "archives" / f"{self.name}-{self.version}-{short}"


def locked(name: str) -> Archive:
    """The archive of this name for this machine. Raises ArchiveMissingError where the lock has none."""
    machine = platform.machine() if sys.platform == "linux" else sys.platform
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            archive = Archive(*line.split())
            if (archive.name, archive.machine) == (name, machine):
                return archive
    raise ArchiveMissingError(f"{LOCK.name} names no archive of {name} for {machine}")


def fetched(
    archive: Archive, progress: Progress = silent, patience: Patience | None = None
) -> Path:
    """The folder with an archive's content, fetched now unless the cache has it.

    Raises ArchiveMissingError, with a sentence, when it cannot be had or is not what the lock names.
    """

    def fill(folder: Path) -> None:
        file = folder.with_name("archive")
        _download(archive, file, progress, patience or Patience())
        _check(archive, file)
        _unpack(file, folder)

    return made_once(archive.unpacked, fill, progress)


def _download(archive: Archive, file: Path, progress: Progress, patience: Patience) -> None:
    """Read in a thread of its own: not every wait, such as that for a name server, can be bounded otherwise."""
    host = urllib.parse.urlsplit(archive.url).hostname
    told: SimpleQueue[tuple[int, int] | Exception] = SimpleQueue()
    given_up = threading.Event()

    def read() -> None:
        try:
            request = urllib.request.urlopen(archive.url, timeout=patience.silence)  # noqa: S310 - the lock's address
            with request as answer, file.open("wb") as target:
                total, done = int(answer.headers.get("Content-Length") or 0), 0
                told.put((done, total))
                while not given_up.is_set() and (chunk := answer.read1(_CHUNK)):
                    target.write(chunk)
                    done += len(chunk)
                    told.put((done, total))
                    if done > _LARGEST_BYTES:
                        raise OSError("it sends more than an archive can have")
            told.put((_END, total))  # all of it is in the file now
        except (OSError, ValueError, HTTPException) as error:
            told.put(error)
            if isinstance(error, HTTPError):
                error.close()

    threading.Thread(target=read, daemon=True, name="download").start()
    wait, done, total = patience.first_answer, 0, 0
    latest = time.monotonic() + patience.in_all
    try:
        while True:
            if time.monotonic() > latest:
                raise ArchiveMissingError(f"{host} is too slow: {done} bytes of {archive.name}")
            event = told.get(timeout=wait)
            if isinstance(event, Exception):
                why = getattr(event, "reason", event)
                raise ArchiveMissingError(f"{archive.name} was not to be had from {host}: {why}")
            if event[0] == _END:
                break
            wait, (done, total) = patience.silence, event
            if total:
                progress(f"fetching {archive.name} {archive.version}: {100 * done // total}%")
    except Empty:
        raise ArchiveMissingError(f"{host} said nothing for {wait:.0f} s") from None
    finally:
        given_up.set()
    if done < total:
        raise ArchiveMissingError(f"{host} sent {done} of {total} bytes of {archive.name}")


def _check(archive: Archive, file: Path) -> None:
    algorithm, _, expected = archive.digest.partition(":")
    with file.open("rb") as content:
        found = hashlib.file_digest(content, algorithm).hexdigest()
    if not hmac.compare_digest(found, expected):
        raise ArchiveMissingError(
            f"{archive.url} is not the file that {LOCK.name} names: its {algorithm} is {found}"
        )


def _unpack(file: Path, folder: Path) -> None:
    folder.mkdir()
    try:
        with tarfile.open(file) as content:
            if hasattr(tarfile, "data_filter"):  # not in the first releases of Python 3.11
                content.extraction_filter = tarfile.data_filter
            content.extractall(folder)  # noqa: S202 - the publisher's own file, by its digest
    except tarfile.TarError as error:
        raise ArchiveMissingError(f"{file.name} cannot be unpacked: {error}") from None
