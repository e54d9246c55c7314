"""Somebody with a clone, a cluster, kubectl and Helm, who types what the pages say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from partner_testbed import ControlPlane
from partner_testbed.helm import find_helm
from support.kube.objects import ROOT

_SECONDS = 300


class Reader:
    """Types commands in a clone."""

    def __init__(self, folder: Path, plane: ControlPlane | None = None) -> None:
        """Without `plane` there is no cluster. Raises HelmMissingError."""
        self.clone = folder / "clone"
        self._clone()
        programs = folder / "bin"
        programs.mkdir()
        (programs / "helm").symlink_to(find_helm(print))
        (programs / "kubectl").symlink_to(Path(sys.executable).parent / "kubectl")
        self._environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(plane.kubeconfig if plane else folder / "none"),
            "HOME": str(folder),
        }

    def _clone(self) -> None:
        """What a commit of everything would hold."""
        command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
        listed = subprocess.run(
            [*command, "--exclude-standard"], capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            target = self.clone / name
            if (ROOT / name).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)

    def types(self, block: str) -> str:
        """What it prints. Raises AssertionError with what it says when it fails."""
        done = self.tries(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    def is_refused(self, block: str) -> str:
        """What it says. Raises AssertionError when it does not fail."""
        done = self.tries(block)
        assert done.returncode != 0, f"{block}\n{done.stdout}"
        return done.stderr

    def tries(self, block: str) -> subprocess.CompletedProcess[str]:
        """The block in a shell, in the clone."""
        return subprocess.run(
            ["sh", "-euc", block],
            cwd=self.clone,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
