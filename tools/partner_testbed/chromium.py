"""Debian's headless Chromium, with fonts of its own: what a person's browser would make of a page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partner_testbed import debian
from partner_testbed.cache import Progress, silent
from partner_testbed.missing import MissingError

_LONGEST_RUN = 120.0
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/pulseaudio")
_CONSOLE = re.compile(r":CONSOLE[:(][^\n]*")
_USUAL = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--enable-logging=stderr",
    "--log-level=0",
)


class ChromiumMissingError(MissingError):
    """There is no Chromium that starts on this machine."""

    what = "Chromium"
    brings = "chromium on PATH, or Debian 12 (amd64) with the libraries of a desktop (libnss3, libgbm1, libasound2)"


class ChromiumError(RuntimeError):
    """It did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser that opens one page at a time, each with a profile of its own."""

    program: Path
    root: Path | None
    """Where its packages are unpacked; None: it is the machine's own."""

    def picture(
        self, page: Path, target: Path, width: int, height: int, *, dark: bool = False
    ) -> str:
        """Write what a window of this size shows, as PNG. Returns the console. Raises ChromiumError."""
        scheme = (f"--blink-settings=preferredColorScheme={0 if dark else 1}",)
        size = f"--window-size={width},{height}"
        _, console = self._run(page, (size, *scheme, f"--screenshot={target}"))
        if not target.is_file():
            raise ChromiumError(f"no picture of {page}: {console}")
        return console

    def print_out(self, page: Path, target: Path) -> str:
        """Write what would be printed, as PDF. Returns the console. Raises ChromiumError."""
        _, console = self._run(page, ("--no-pdf-header-footer", f"--print-to-pdf={target}"))
        if not target.is_file():
            raise ChromiumError(f"no print of {page}: {console}")
        return console

    def dom(self, page: Path, width: int = 1280) -> tuple[str, str]:
        """The document after all scripts have run, and the console. Raises ChromiumError."""
        return self._run(page, (f"--window-size={width},900", "--dump-dom"))

    def _run(self, page: Path, arguments: Sequence[str]) -> tuple[str, str]:
        with tempfile.TemporaryDirectory(prefix="partner-browser-") as home:
            command = [
                str(self.program),
                *_USUAL,
                f"--user-data-dir={home}/profile",
                *arguments,
                page.resolve().as_uri(),
            ]
            done = subprocess.run(
                command,
                env=self._environment(Path(home)),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=_LONGEST_RUN,
            )
        if done.returncode != 0:
            raise ChromiumError(f"{page}: {done.stderr.strip()[-800:]}")
        return done.stdout, "\n".join(_CONSOLE.findall(done.stderr))

    def _environment(self, home: Path) -> dict[str, str]:
        environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        if self.root is not None:
            environment["LD_LIBRARY_PATH"] = ":".join(str(self.root / part) for part in _LIBRARIES)
            data = home / "data"
            data.mkdir()
            (data / "fonts").symlink_to(self.root / "usr/share/fonts")
            environment["XDG_DATA_HOME"] = str(data)
        return environment


def find_chromium(progress: Progress = silent) -> Chromium:
    """That of PATH, else the locked packages of Debian, fetched once (100 MB). Raises ChromiumMissingError."""
    found = _found(progress)
    with tempfile.TemporaryDirectory(prefix="partner-browser-") as folder:
        page = Path(folder) / "page.html"
        page.write_text("<!DOCTYPE html><title>t</title><p>It starts.")
        try:
            shown, _ = found.dom(page)
        except (OSError, ChromiumError, subprocess.TimeoutExpired) as problem:
            raise ChromiumMissingError(f"Chromium does not start: {problem}") from None
    if "It starts." not in shown:
        raise ChromiumMissingError("Chromium starts and shows nothing")
    return found


def _found(progress: Progress) -> Chromium:
    if on_path := shutil.which("chromium") or shutil.which("chromium-headless-shell"):
        return Chromium(Path(on_path), None)
    try:
        root = debian.unpacked("chromium", progress)
    except debian.PackageMissingError as problem:
        raise ChromiumMissingError(str(problem)) from None
    return Chromium(root / "usr/lib/chromium/chromium-headless-shell", root)
