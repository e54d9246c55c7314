"""Break the lines that no-harm and security rest on, one by one, and see that each break is caught: `make mutants`.

Works in a copy of the tree. A line whose text is not found exactly once, a test that fails before anything is
broken, and a break that no test catches each fail the run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from logon_mutants import LOGONS
from mutant import Mutant
from no_harm_mutants import NO_HARM
from security_mutants import SECURITY

ROOT = Path(__file__).resolve().parents[1]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "build", ".*_cache", "__pycache__", ".hypothesis"
)
TESTS_FAILED = 1
"""pytest's exit code when tests ran and some failed; any other one proves nothing."""
LONGEST = 900.0
"""Seconds for the tests of one break: one that makes the engine endless is caught by pytest's own limit."""


MUTANTS = (*NO_HARM, *LOGONS, *SECURITY)


def main() -> int:
    """Break each line, print a table, and return 0 if every break was caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of rules or files; all where none is given")
    words = parser.parse_args().only
    chosen = [m for m in MUTANTS if not words or any(w in f"{m.rule} {m.file}" for w in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND, symlinks=True)
        escaped = _check(tree, chosen)
    print(f"{len(chosen) - len(escaped)} of {len(chosen)} breaks are caught")
    for line in escaped:
        print(line)
    return 1 if escaped else 0


def _check(tree: Path, mutants: list[Mutant]) -> list[str]:
    for mutant in mutants:
        _find(tree, mutant)
    healthy = sorted({test for mutant in mutants for test in mutant.tests})
    code = _run(tree, healthy)
    if code != 0:
        return [f"The tests fail before anything is broken (pytest ended with {code})."]
    escaped = []
    for mutant in mutants:
        began = time.monotonic()
        code = _break(tree, mutant)
        caught = code == TESTS_FAILED
        word, seconds = "caught" if caught else "ESCAPED", time.monotonic() - began
        print(f"{word:8} {seconds:4.0f} s  {mutant.file}: {mutant.rule}", flush=True)
        if not caught:
            escaped.append(f"{mutant.file}: {mutant.rule}: pytest ended with {code}")
    return escaped


def _find(tree: Path, mutant: Mutant) -> str:
    """The file with the line. Raises LookupError: then the table is old."""
    source = (tree / mutant.folder / mutant.file).read_text(encoding="utf-8")
    if source.count(mutant.text) != 1:
        found = source.count(mutant.text)
        raise LookupError(
            f"{mutant.file}: {mutant.text!r} stands there {found} times; mend the table"
        )
    return source


def _break(tree: Path, mutant: Mutant) -> int:
    """pytest's exit code with the line broken; the line is as before afterwards."""
    source = _find(tree, mutant)
    place = tree / mutant.folder / mutant.file
    place.write_text(source.replace(mutant.text, mutant.broken), encoding="utf-8")
    try:
        return _run(tree, mutant.tests)
    finally:
        place.write_text(source, encoding="utf-8")


def _run(tree: Path, tests: Sequence[str]) -> int:
    paths = os.pathsep.join(["operator", "simulator", "tools", "tests"])
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        cwd=tree,
        env=environment,
        timeout=LONGEST,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, TESTS_FAILED):
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
