"""Debian's Prometheus: promtool for the alert rules, and the server that scrapes a real operator."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partner_testbed import debian
from partner_testbed.cache import Progress, silent

_LONGEST_RUN = 120.0
_START_SECONDS = 60.0
_CONFIGURATION = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: partner-operator
    honor_labels: true
    static_configs: [{targets: TARGETS}]
"""


class PrometheusError(RuntimeError):
    """It does not start, or does not answer."""


def promtool(progress: Progress = silent) -> Path:
    """The program, fetched once per machine (19 MB). Raises PackageMissingError."""
    return _programs(progress) / "promtool"


def run_promtool(arguments: Sequence[str], folder: Path) -> tuple[bool, str]:
    """Run it in a folder: whether it is content, and what it says. Raises PackageMissingError."""
    done = subprocess.run(
        [str(promtool()), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_RUN,
    )
    return done.returncode == 0, done.stdout + done.stderr


class Prometheus:
    """A server that scrapes each second, as a context manager."""

    def __init__(self, folder: Path, targets: Sequence[str], rules: str) -> None:
        """`targets` are `host:port`; `rules` is the text of a file of rules."""
        self._folder = folder
        self._program = _programs() / "prometheus"
        (folder / "rules.yml").write_text(rules)
        configuration = _CONFIGURATION.replace("TARGETS", json.dumps(list(targets)))
        (folder / "prometheus.yml").write_text(configuration)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"127.0.0.1:{_free_port()}"

    def __enter__(self) -> Prometheus:
        """Start, and wait until it answers. Raises PrometheusError."""
        command = [
            str(self._program),
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address={self.address}",
        ]
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._get("/-/ready")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        self.__exit__()
        raise PrometheusError((self._folder / "prometheus.log").read_text()[-800:])

    def __exit__(self, *_: object) -> None:
        """Stop."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now, each with `metric` and `value`. Raises PrometheusError."""
        query = urllib.parse.urlencode({"query": expression})
        found: list[dict[str, Any]] = self._api(f"/api/v1/query?{query}")["result"]
        return found

    def firing(self) -> list[dict[str, Any]]:
        """Alerts that fire now, each with `labels` and `annotations`. Raises PrometheusError."""
        alerts: list[dict[str, Any]] = self._api("/api/v1/alerts")["alerts"]
        return [alert for alert in alerts if alert["state"] == "firing"]

    def _api(self, path: str) -> dict[str, Any]:
        try:
            answer = json.loads(self._get(path))
        except urllib.error.HTTPError as error:
            raise PrometheusError(error.read().decode()) from error
        data: dict[str, Any] = answer["data"]
        return data

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            text: bytes = answer.read()
            return text


def _programs(progress: Progress = silent) -> Path:
    return debian.unpacked("prometheus", progress) / "usr" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
