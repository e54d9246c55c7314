"""A few reused hosts, proved equal to a cold process before they are used."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from partner_simulator.powershell.command import Command
from partner_simulator.powershell.hosts import Job, ReusedHost, run_cold
from partner_simulator.powershell.launching import HostDied, Launcher
from partner_simulator.powershell.machines import Machine

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 5.0
"""How long a run waits for a free host before it gets a cold process."""

_SELF_TEST = (
    "$input; $x = 1; 'out'; Write-Warning 'warned'; Write-Error 'failed';"
    " [Console]::Out.Write('raw'); exit 300"
)


class Pool:
    """Reused hosts, at most one run in each; cold processes where reuse does not hold."""

    def __init__(self, launcher: Launcher, processes: int) -> None:
        """At most so many `processes` at once; none is started yet."""
        self._launcher = launcher
        self._processes = processes
        self._slots = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._proof = threading.Lock()
        self._proved: bool | None = None
        self._idle: list[ReusedHost] = []
        self._closed = False

    def run(self, job: Job, command: Command) -> int:
        """Run in a free host, or in a cold process when all are busy for long.

        Returns the exit code. Raises HostDied when no process comes up.
        """
        if not self._slots.acquire(timeout=_PATIENCE_SECONDS):
            return run_cold(self._launcher, job, command)
        try:
            if not self._holds(job):
                return run_cold(self._launcher, job, command)
            host = self._take(job.machine)
            code = host.run(job, command)
            self._give(host)
            return code
        finally:
            self._slots.release()

    def close(self) -> None:
        """End the idle ones; busy ones end with their commands."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for host in idle:
            host.close()

    def _take(self, machine: Machine) -> ReusedHost:
        with self._lock:
            # The one used last, so that a second stays cold until two runs meet.
            latest = reversed(self._idle)
            fit = next((host for host in latest if host.suits(machine) and host.alive), None)
            if fit is not None:
                self._idle.remove(fit)
                return fit
            stale = self._idle if len(self._idle) >= self._processes else []
            self._idle = [] if stale else self._idle
        for host in stale:
            host.close()
        return ReusedHost(self._launcher, machine)

    def _give(self, host: ReusedHost) -> None:
        with self._lock:
            if host.alive and not self._closed:
                self._idle.append(host)
                return
        host.close()

    def _holds(self, job: Job) -> bool:
        """Whether this pwsh can be reused at all: tried once and remembered beside the assembly."""
        with self._proof:
            marker = self._launcher.core.with_name("reuse-holds")
            if self._proved is None:
                self._proved = marker.exists() or self._prove(job, marker)
            return self._proved

    def _prove(self, job: Job, marker: Path) -> bool:
        """Compare two runs in one host with a cold one; private fields of this pwsh may differ."""
        test = Job(("-NonInteractive", "-Command", _SELF_TEST), job.machine, "", 65001)
        cold = _Try()
        cold.finish(run_cold(self._launcher, test, cold))
        expected = cold.read(0)
        try:
            host = ReusedHost(self._launcher, job.machine)
        except HostDied as error:
            _log.warning("pwsh cannot be reused, runs will be slow: %s", error)
            return False
        for _ in range(2):
            again = _Try()
            again.finish(host.run(test, again))
            answer = again.read(0)
            if answer != expected:
                host.close()
                _log.warning("pwsh cannot be reused: %s where cold says %s", answer, expected)
                return False
        self._give(host)
        marker.touch()
        return True


class _Try(Command):
    """A command of the self-test, with a line of input."""

    def __init__(self) -> None:
        super().__init__(lambda _: None, waits_for_input=True)
        self.write_stdin(b"in\n", end=False)
