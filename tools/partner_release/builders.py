"""The program that builds images here: docker where its daemon answers, else buildah, which needs none."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from partner_release.command import run
from partner_testbed.cache import Progress, silent
from partner_testbed.missing import MissingError

CHOICE = "PARTNER_OPERATOR_BUILDER"
_ANSWER_SECONDS = 20
_PULL_SECONDS = 300


class BuilderMissingError(MissingError):
    """Nothing here builds images."""

    what = "docker or buildah"
    brings = "docker with its daemon, or apt-get install buildah"


class Kind(StrEnum):
    """A program that builds images."""

    DOCKER = "docker"
    BUILDAH = "buildah"


@dataclass(frozen=True, slots=True)
class Builder:
    """One of them, as it is called here."""

    kind: Kind

    def pull(self, image: str) -> bool:
        """Whether an image is there now: from its registry, else from a pull before."""
        command = [self.kind, "pull", image]
        if self.kind is Kind.BUILDAH:
            command[2:2] = ["--quiet", "--policy", "ifnewer"]
        try:
            return _ended(command, _PULL_SECONDS) or self.has(image)
        except subprocess.TimeoutExpired:
            return self.has(image)

    def has(self, image: str) -> bool:
        """Whether an image is in the local store."""
        inspect = ["image", "inspect"] if self.kind is Kind.DOCKER else ["inspect", "--type=image"]
        return _ended([self.kind, *inspect, image], _ANSWER_SECONDS)

    def load(self, root: Path, image: str) -> None:
        """Make an image of a tar file that holds a root file system."""
        if self.kind is Kind.DOCKER:
            run(["docker", "import", str(root), image])
            return
        container = run(["buildah", "from", "scratch"]).split()[-1]
        try:
            run(["buildah", "add", "--quiet", container, str(root), "/"])
            run(["buildah", "commit", "--quiet", container, image])
        finally:
            run(["buildah", "rm", container])

    def build(
        self,
        context: Path,
        image: str,
        *,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        secrets: Mapping[str, Path],
        progress: Progress = silent,
    ) -> None:
        """Build a folder's Dockerfile; layers that are there already are used again."""
        command = [self.kind, "build", "--tag", image]
        if self.kind is Kind.BUILDAH:
            command += ["--isolation", "chroot", "--layers", "--pull=false", "--format", "oci"]
        for name, value in arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for name, value in labels.items():
            command += ["--label", f"{name}={value}"]
        for name, path in secrets.items():
            command += ["--secret", f"id={name},src={path}"]
        run([*command, str(context)], progress=progress)

    def save(self, image: str, archive: Path) -> None:
        """Write an image into a tar file in the layout of OCI."""
        archive.unlink(missing_ok=True)
        if self.kind is Kind.DOCKER:
            run(
                ["docker", "save", "--output", str(archive), image]
            )  # in this layout since Docker 25
        else:
            run(["buildah", "push", "--quiet", image, f"oci-archive:{archive}:{image}"])


def find_builder() -> Builder:
    """The one that ``$PARTNER_OPERATOR_BUILDER`` names, else the first that works. Raises BuilderMissingError."""
    named = os.environ.get(CHOICE)
    if named and named not in list(Kind):
        raise BuilderMissingError(f"{CHOICE} is {named}: write docker or buildah.")
    for kind in [Kind(named)] if named else list(Kind):
        if shutil.which(kind) and _answers(kind):
            return Builder(kind)
    if named:
        raise BuilderMissingError(f"{CHOICE} is {named}, which does not work here.")
    raise BuilderMissingError(
        "Neither docker (with its daemon) nor buildah works here. Install one of them: "
        "apt-get install buildah needs no daemon."
    )


def _answers(kind: Kind) -> bool:
    try:
        return _ended([kind, "info"], _ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        return False


def _ended(command: Sequence[str], seconds: float) -> bool:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
    )
    return done.returncode == 0
