"""Start, restart and stop a real control plane, or stand for one that is there already."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from kubernetes import client, config

from partner_testbed.cache import Progress, silent
from partner_testbed.kubeconfig import authority, read_kubeconfig, write_kubeconfig
from partner_testbed.program import Program, find_program

_START_LIMIT = 600.0  # one that has ended is noticed at once: only a slow machine needs so long
_STOP_LIMIT = 20.0
_TOOLS = Path(__file__).resolve().parent.parent


class ControlPlaneError(RuntimeError):
    """The control plane did not start; the message ends with the tail of its log."""


class ControlPlane:
    """One control plane. As a context manager it is started and stopped with the block.

    Its objects, keys and logs are in ``folder``; without one it gets a temporary folder, which goes
    with ``close``. ``port`` 0 takes a free one, and a restart keeps it. ``apiserver_flags`` are
    flags of kube-apiserver on top of ours.

    The process ends when this one does, however this one ends, unless ``keep`` is set: then it goes
    on until somebody sends SIGTERM to ``pid``.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int = 0,
        keep: bool = False,
        audit: bool = True,
        apiserver_flags: Sequence[str] = (),
        find: Callable[[Progress], Program] = find_program,
        progress: Progress = silent,
    ) -> None:
        """Describe a control plane; ``start`` starts it."""
        self._temporary = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="partner-testbed-"))).absolute()
        self.keep = keep
        self.managed = True
        self.controllers = True  # False: nothing acts on owner references or new namespaces
        self.audit_log: Path | None = self.folder / "audit.log" if audit else None
        self.log = self.folder / "log"
        self.port = port
        self.pid = 0
        self.url = ""
        self.kubeconfig = self.folder / "admin.kubeconfig"
        self._flags = tuple(apiserver_flags)
        self._find = find
        self.origin = ""
        """Where the program comes from, and the version of Kubernetes; known once it has started."""
        self._progress = progress
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def existing(cls, kubeconfig: Path, context: str | None = None) -> Self:
        """Stand for a cluster that somebody else runs; it can be neither restarted nor audited.

        Without ``context`` the file must have only one.
        """
        cluster, user, namespace = read_kubeconfig(kubeconfig.absolute(), context)
        plane = cls(audit=False)
        plane.managed = False
        plane.url = cluster["server"]
        write_kubeconfig(plane.kubeconfig, cluster, user, namespace)
        return plane

    @classmethod
    def from_environment(cls, *, progress: Progress = silent) -> Self:
        """Stand for the cluster of ``$PARTNER_OPERATOR_KUBECONFIG`` if that is set, else a new one.

        ``$PARTNER_OPERATOR_CONTEXT`` names the context. ``$KUBECONFIG`` and the usual file are not
        looked at: nobody's cluster is written to by accident.
        """
        if named := os.environ.get("PARTNER_OPERATOR_KUBECONFIG"):
            return cls.existing(Path(named), os.environ.get("PARTNER_OPERATOR_CONTEXT"))
        return cls(progress=progress)

    @property
    def ca(self) -> bytes | None:
        """The PEM of the authority that signed the API server's certificate."""
        return authority(read_kubeconfig(self.kubeconfig)[0])

    def api_client(self) -> Any:
        """Return a new ``kubernetes.client.ApiClient`` of the administrator; close it after use."""
        return config.new_client_from_config(  # type: ignore[no-untyped-call]
            str(self.kubeconfig)
        )

    def service_account_kubeconfig(
        self, namespace: str, name: str, path: Path, *, seconds: int = 3600
    ) -> Path:
        """Write a kubeconfig that acts as a ServiceAccount, with a token good for some seconds."""
        request = client.AuthenticationV1TokenRequest(
            spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=seconds)
        )
        with self.api_client() as api:
            answer = client.CoreV1Api(api).create_namespaced_service_account_token(
                name, namespace, request
            )
        assert answer.status is not None
        cluster, _, _ = read_kubeconfig(self.kubeconfig)
        return write_kubeconfig(path, cluster, {"token": answer.status.token}, namespace)

    @property
    def running(self) -> bool:
        """Whether a process of ours serves, as far as one can tell from outside."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready: the controllers too have done their first work."""
        if not self.managed or self.running:
            return
        self._reap()
        program = self._find(self._progress)
        self._progress(f"starting the control plane ({program.origin})")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = ["--dir", str(self.folder), "--port", str(self.port)]
        flags += ["--audit-log", str(self.audit_log)] if self.audit_log else []
        flags += ["--keep"] if self.keep else []
        path = os.pathsep.join(filter(None, (str(_TOOLS), os.environ.get("PYTHONPATH"))))
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*program.command, *flags, "--", *self._flags],
                # an end of this pipe that nobody writes to: it closes when this process is gone
                stdin=subprocess.DEVNULL if self.keep else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is ours to handle, in order
            )
        try:
            facts = json.loads(self._first_line(self._process))
        except BaseException:
            self.kill()
            raise
        self.kubeconfig, self.url = Path(facts["kubeconfig"]), facts["url"]
        self.port, self.pid = facts["port"], facts["pid"]
        self.controllers = facts.get("controllers", True)
        self.origin = f"Kubernetes {facts['version']} ({program.origin})"
        self._progress(f"the control plane is ready: {self.origin} at {self.url}")

    def stop(self) -> None:
        """Stop it in order; its objects stay in the folder for another start."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_LIMIT)
                self._reap()
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._reap()

    def restart(self) -> None:
        """Stop it and start it again with the same objects, port and keys."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove a temporary folder; with ``keep`` leave both."""
        if self.keep:
            return
        self.stop()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        """Wait for the line that says that it is ready."""
        assert process.stdout is not None
        deadline = time.monotonic() + _START_LIMIT
        while (left := deadline - time.monotonic()) > 0:
            if select.select([process.stdout], [], [], left)[0]:
                if line := process.stdout.readline():
                    return line
                raise ControlPlaneError(
                    f"the control plane ended with code {process.wait()}:\n{self._log_tail()}"
                )
        raise ControlPlaneError(
            f"the control plane was not ready after {_START_LIMIT:.0f} s:\n{self._log_tail()}"
        )

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])

    def _reap(self) -> None:
        process, self._process, self.pid = self._process, None, 0
        if process is not None:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
