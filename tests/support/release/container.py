"""Runs an image's program as a node would: as its user, without rights, on a root that nobody can write to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from partner_release.layout import Image
from partner_testbed.missing import MissingError

ACCOUNT = Path("run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, the API server's authority and its namespace; in there, /var/run is /run."""


class CannotEnterError(MissingError):
    """A root file system cannot be entered here."""

    what = "root, to enter an image"
    brings = "a user who may mount and chroot"


def terminate(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the program itself, process 1 in there, as the kubelet sends it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    os.kill(int(children), signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Container:
    """One image's file system, unpacked, and how its program is started in it."""

    image: Image
    root: Path

    def start(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        volumes: Mapping[Path, Path] | None = None,
        output: int | IO[bytes] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start its entry point with arguments; ``volumes`` are folders of ours by where they are mounted."""
        config = self.image.config["config"]
        return self._enter([*config["Entrypoint"], *arguments], variables, volumes, output)

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run any of its programs to the end, in the same confinement."""
        process = self._enter(command, None, None, subprocess.PIPE)
        out, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out)

    def _enter(
        self,
        command: Sequence[str],
        variables: Mapping[str, str] | None,
        volumes: Mapping[Path, Path] | None,
        output: int | IO[bytes],
    ) -> subprocess.Popen[bytes]:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            raise CannotEnterError("Only root may enter an image's file system.")
        config = self.image.config["config"]
        user, _, group = config["User"].partition(":")
        mounts = [
            'mount --bind "$0" "$0"',
            'mount -t proc proc "$0/proc"',
            'mount --rbind /dev "$0/dev"',
            'mount -t tmpfs -o size=16m,mode=1777 tmpfs "$0/tmp"',
        ]
        for inside, folder in (volumes or {}).items():
            (self.root / inside).mkdir(parents=True, exist_ok=True)
            mounts.append(f'mount --bind -o ro "{folder}" "$0/{inside}"')
        mounts.append('mount -o remount,bind,ro "$0"')
        environment = [*config["Env"], *(f"{k}={v}" for k, v in (variables or {}).items())]
        confined = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        confined += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]
        return subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *("sh", "-ec", " && ".join([*mounts, 'exec chroot "$0" "$@"']), str(self.root)),
                *("env", "-i", *environment),
                *confined,
                *command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
