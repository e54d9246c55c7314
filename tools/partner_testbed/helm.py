"""The real Helm: of PATH, else built once with Go from the lock in tools/helm, into the cache folder."""

import hashlib
import shutil
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.golang import BuildError, GoMissingError, pinned_version, recent_go
from partner_testbed.missing import MissingError

SOURCE = Path(__file__).resolve().parent.parent / "helm"
_MODULE = "helm.sh/helm/v3"


class HelmMissingError(MissingError):
    """There is no Helm here and no way to make one."""

    what = "Helm"
    brings = "helm 3 on PATH, or Go 1.26 with a proxy for its modules"


def find_helm(progress: Progress = silent) -> Path:
    """Return Helm's program, building it when there is none. Raises HelmMissingError."""
    if on_path := shutil.which("helm"):
        return Path(on_path)
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((SOURCE / name).read_bytes())
    target = cache_folder() / "helm" / digest.hexdigest()[:16] / "helm"
    try:
        return made_once(target, lambda path: _build(path, progress), progress)
    except (GoMissingError, BuildError) as error:
        raise HelmMissingError(f"Helm could not be built: {error}") from None


def _build(path: Path, progress: Progress) -> None:
    # Without these it takes itself for no release, and every cluster that it only renders for for 1.20.
    _, minor, _ = pinned_version(SOURCE, "k8s.io/client-go").split(".")
    known = {f"pkg/{package}.k8sVersionMajor": "1" for package in ("chartutil", "lint/rules")}
    known |= {f"pkg/{package}.k8sVersionMinor": minor for package in ("chartutil", "lint/rules")}
    known["internal/version.version"] = pinned_version(SOURCE, _MODULE)
    variables = {f"{_MODULE}/{name}": value for name, value in known.items()}
    go = recent_go(SOURCE, progress)
    go.compile(SOURCE, f"{_MODULE}/cmd/helm", path, variables, progress)
