"""The linter for workflow files: of PATH, else built once with Go from the lock in tools/actionlint."""

import hashlib
import shutil
from pathlib import Path

from partner_testbed.cache import Progress, cache_folder, made_once, silent
from partner_testbed.golang import BuildError, GoMissingError, recent_go
from partner_testbed.missing import MissingError

SOURCE = Path(__file__).resolve().parent.parent / "actionlint"
_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


class ActionlintMissingError(MissingError):
    """There is no actionlint here and no way to make one."""

    what = "actionlint"
    brings = "actionlint on PATH, or Go 1.26 with a proxy for its modules"


def find_actionlint(progress: Progress = silent) -> Path:
    """Return the program, building it when there is none. Raises ActionlintMissingError."""
    if on_path := shutil.which("actionlint"):
        return Path(on_path)
    digest = hashlib.sha256((SOURCE / "go.sum").read_bytes()).hexdigest()[:16]
    target = cache_folder() / "actionlint" / digest / "actionlint"
    try:
        return made_once(target, lambda path: _build(path, progress), progress)
    except (GoMissingError, BuildError) as error:
        raise ActionlintMissingError(f"actionlint could not be built: {error}") from None


def _build(path: Path, progress: Progress) -> None:
    recent_go(SOURCE, progress).compile(SOURCE, _PACKAGE, path, {}, progress)
