#!/usr/bin/env python3
"""Pin this module to one Kubernetes release: writes go.mod and go.sum.

k8s.io/kubernetes requires its own staging modules at the placeholder version v0.0.0 and maps them
to folders of its repository. Those mappings do not reach a module that imports it, so each one has
to be replaced by the published module of the same release. The list is read from the release
itself, because it changes from one minor version to the next.

    ./pin.py v1.37.2
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

GO = shutil.which("go") or "go"
HERE = Path(__file__).resolve().parent
MODULE = "partner-operator.io/controlplane"
GO_LINE = "1.26.0"


def go(*args: str, cwd: Path = HERE) -> str:
    """Run the go command and return what it printed."""
    env = os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off"}
    done = subprocess.run(
        [GO, *args], cwd=cwd, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def staging_modules(version: str) -> list[str]:
    """Names of the modules that the given release of k8s.io/kubernetes maps to its own folders."""
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(empty)
        go("mod", "init", "example.invalid/empty", cwd=folder)
        found = json.loads(
            go("mod", "download", "-json", f"k8s.io/kubernetes@{version}", cwd=folder)
        )
        mod: dict[str, Any] = json.loads(go("mod", "edit", "-json", found["GoMod"], cwd=folder))
    required = {r["Path"] for r in mod.get("Require") or [] if r["Version"] == "v0.0.0"}
    replaced = {
        r["Old"]["Path"]
        for r in mod.get("Replace") or []
        if r["New"]["Path"].startswith("./staging/")
    }
    return sorted(required | replaced)


def main(version: str) -> None:
    """Write go.mod and go.sum for one release, for example v1.37.2."""
    staging = "v0." + version.removeprefix("v1.")
    (HERE / "go.mod").write_text(f"module {MODULE}\n\ngo {GO_LINE}\n")
    (HERE / "go.sum").unlink(missing_ok=True)
    edits = [f"-replace={name}={name}@{staging}" for name in staging_modules(version)]
    go("mod", "edit", f"-require=k8s.io/kubernetes@{version}", *edits)
    go("mod", "tidy")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
