"""Reads an image from a tar file in OCI's layout: its configuration, and its root file system, layer upon layer.

Format: opencontainers/image-spec 1.0: layout, manifest, configuration, and layers with their whiteouts.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class NotAnImageError(RuntimeError):
    """A tar file is no image in OCI's layout, or not all of it."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image in a tar file."""

    archive: Path
    digest: str
    """Of its manifest: what a registry will call it."""
    config: dict[str, Any]
    layers: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return dict(self.config["config"].get("Labels") or {})

    @property
    def size(self) -> int:
        """Bytes of its layers as they travel."""
        with tarfile.open(self.archive) as tar:
            return sum(tar.getmember(_blob(layer)).size for layer in self.layers)

    def unpack(self, root: Path) -> None:
        """Lay its file system under ``root``, with owners and modes: as root only."""
        root.mkdir(parents=True)
        with tarfile.open(self.archive) as tar:
            for digest in self.layers:
                with _opened(tar, digest) as blob, tarfile.open(fileobj=blob, mode="r:*") as layer:
                    _lay(layer, root)


def read(archive: Path) -> Image:
    """The only image of a tar file. Raises NotAnImageError."""
    try:
        with tarfile.open(archive) as tar:
            index = json.loads(_bytes(tar, "index.json"))
            [entry] = index["manifests"]
            manifest = json.loads(_checked(tar, entry["digest"]))
            config = json.loads(_checked(tar, manifest["config"]["digest"]))
            layers = tuple(layer["digest"] for layer in manifest["layers"])
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise NotAnImageError(
            f"{archive.name} is no image in OCI's layout, as buildah writes it, and Docker since 25: {error!r}"
        ) from None
    return Image(archive, entry["digest"], config, layers)


def _lay(layer: tarfile.TarFile, root: Path) -> None:
    for member in layer:
        path = root / member.name
        if path.name == _OPAQUE:
            for child in path.parent.iterdir():
                _remove(child)
        elif path.name.startswith(_WHITEOUT):
            _remove(path.with_name(path.name.removeprefix(_WHITEOUT)))
        else:
            if not member.isdir():
                _remove(path)
            layer.extract(member, root, numeric_owner=True, filter=_with_its_mode)


def _with_its_mode(member: tarfile.TarInfo, root: str) -> tarfile.TarInfo:
    """Nothing outside of the root; but /tmp stays everybody's, which that filter would change."""
    return tarfile.tar_filter(member, root).replace(mode=member.mode, deep=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _bytes(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def _checked(tar: tarfile.TarFile, digest: str) -> bytes:
    content = _bytes(tar, _blob(digest))
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise NotAnImageError(f"{digest} is not what its name says")
    return content


@contextmanager
def _opened(tar: tarfile.TarFile, digest: str) -> Iterator[IO[bytes]]:
    file = tar.extractfile(_blob(digest))
    assert file is not None
    with file:
        yield file
