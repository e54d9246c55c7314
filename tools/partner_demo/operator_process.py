"""The real operator, as its own process, as the ServiceAccount of the manifests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 600  # one that has ended is noticed at once: only a slow machine needs so long


class OperatorProcess:
    """Starts, kills and watches `partner-operator run`."""

    def __init__(
        self,
        *,
        kubeconfig: Path,
        names: Path,
        ca_file: Path,
        namespace: str,
        log: Path,
        arguments: Sequence[str] = (),
    ) -> None:
        """Describe the process; `start` starts it. Its log is appended to."""
        self.log = log
        self._kubeconfig = kubeconfig
        self._names = names
        self._ca_file = ca_file
        self._namespace = namespace
        self._arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self.liveness = ""
        self.was_killed = False
        """Set by `kill`: what a killed process leaves on the servers goes by their idle time-outs."""

    @property
    def pid(self) -> int:
        """The process id of the running operator."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def command(self) -> list[str]:
        """The command line, as a user would see it in `ps`."""
        return [
            sys.executable,
            "-m",
            "partner_operator",
            "run",
            "--namespace",
            self._namespace,
            "--log-format",
            "json",
            "--liveness",
            self.liveness,
            "--ca-file",
            str(self._ca_file),
            *self._arguments,
        ]

    def environment(self) -> dict[str, str]:
        """What is in its environment."""
        paths = [ROOT / "operator", ROOT / "simulator" / "partner_simulator" / "names"]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("KUBE")
        }
        return environment | {
            "KUBECONFIG": str(self._kubeconfig),
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
            "PARTNER_SIMULATOR_NAMES": str(self._names),
        }

    def address(self) -> str:
        """Where it shall answer probes."""
        return f"http://127.0.0.1:{_free_port()}/healthz"

    def start(self) -> None:
        """Start it and wait until its health endpoint answers."""
        if self.running:
            return
        self.liveness = self.address()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise RuntimeError(f"the operator ended at once:\n{self.tail()}")
            try:
                with urllib.request.urlopen(self.liveness, timeout=2):  # noqa: S310 - our own loopback address
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise RuntimeError(f"the operator did not become healthy:\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL, as a node that loses power would."""
        self.was_killed = True
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as a rollout would; SIGKILL when it does not go within its grace period."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def peak_memory_bytes(self) -> int:
        """Highest resident memory so far (VmHWM), in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
