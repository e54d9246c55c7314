"""The image's base where no registry can be reached: the same Debian, put together by debootstrap.

It gets a name of its own. Nothing that was not pulled from a registry is called as if it had been.
"""

import os
import shutil
import tempfile
from pathlib import Path

from partner_release.builders import Builder
from partner_release.command import CommandFailedError, run
from partner_testbed.cache import Progress
from partner_testbed.missing import MissingError

USUAL = "debian:trixie-slim"
OWN = "partner-operator-base:trixie"
_SUITE = "trixie"
_SPARED = (
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
)
"""What the slim images of Debian leave out, too."""


class BaseMissingError(MissingError):
    """The image's base cannot be had on this machine."""

    what = "the image's base"
    brings = f"a registry with {USUAL}; or root, apt-get install debootstrap, and an archive"


def base(builder: Builder, wanted: str, progress: Progress) -> str:
    """The name of a base that is in the builder's store. Raises BaseMissingError."""
    if builder.pull(wanted):
        return wanted
    if wanted != USUAL:
        raise BaseMissingError(
            f"{wanted} cannot be pulled. Correct BASE, or leave it out: then {USUAL} is taken."
        )
    progress(
        f"NOTE: no registry gave {wanted}. This image's base is {OWN} instead: the same release of Debian, "
        "made on this machine by debootstrap from Debian's signed archive."
    )
    if not builder.has(OWN):
        progress("making that base, once; a minute or two")
        _make(builder)
    return OWN


def _make(builder: Builder) -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise BaseMissingError(
            f"{USUAL} cannot be pulled, and to make a base takes root and debootstrap "
            "(apt-get install debootstrap)."
        )
    with tempfile.TemporaryDirectory(prefix="partner-operator-base-") as folder:
        root = Path(folder) / "root"
        try:
            flags = ["--variant=minbase", "--force-check-gpg"]
            run(["debootstrap", *flags, _SUITE, str(root), archive()])
            _spare(root)
            tar = Path(folder) / "root.tar"
            packed = ["--numeric-owner", "--exclude=./dev/*", "-C", str(root)]
            run(["tar", *packed, "-cf", str(tar), "."])
            builder.load(tar, OWN)
        except CommandFailedError as error:
            raise BaseMissingError(
                f"{USUAL} cannot be pulled, and to make a base failed: {error}"
            ) from None


def archive() -> str:
    """The archive from which this machine's apt takes Debian, of whatever release. Raises BaseMissingError."""
    wanted = [
        "apt-get",
        "indextargets",
        "--format",
        "$(ORIGIN)\t$(REPO_URI)",
        "Created-By: Packages",
    ]
    for line in run(wanted).splitlines():
        origin, _, address = line.partition("\t")
        if origin == "Debian" and "security" not in address:
            return address
    raise BaseMissingError("apt knows no archive of Debian here; did apt-get update run?")


def _spare(root: Path) -> None:
    """Leave out what nobody reads in an image; licences stay."""
    for name in _SPARED:
        for path in (root / name).iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in (root / "usr/share/doc").rglob("*"):
        if path.name != "copyright" and not path.is_dir():
            path.unlink()
