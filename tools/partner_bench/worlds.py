"""Organisations in a process of their own, asked through a pipe; what a stage needs of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from partner_bench.measures import Far, Size, together

_TOOLS = Path(__file__).resolve().parents[1]
_SIMULATOR = _TOOLS.parent / "simulator"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a client knows of one organisation."""

    domain: str
    url: str
    hosts: tuple[str, ...]
    user: str
    password: str
    pools: Mapping[str, str]
    """Metadata URLs of its partners, by name."""


class Worlds:
    """Some Exchange organisations with their partners, on real wires. Its `Simulation` for a stage."""

    def __init__(self, size: Size, pwsh: Path | None) -> None:
        """`pwsh` None: the embedded engine. Nothing runs until `start`."""
        self.size = size
        self.ca_pem = ""
        self.organisations: tuple[Facts, ...] = ()
        self._pwsh = pwsh
        self._names: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        """Bring all up. Raises RuntimeError where the process ends instead."""
        least, more = divmod(self.size.applications, self.size.servers)
        pools = [least + (number < more) for number in range(self.size.servers)]
        path = os.pathsep.join((str(_TOOLS), str(_SIMULATOR)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "partner_bench.hosts", str(self._pwsh or ""), *map(str, pools)],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        answer = self._answer()
        self.ca_pem = answer["ca"]
        for told in answer["organisations"]:
            self._names |= told.pop("names")
        self.organisations = tuple(
            Facts(**{**told, "hosts": tuple(told["hosts"])}) for told in answer["organisations"]
        )

    def stop(self) -> None:
        """End all. Doing so twice is fine."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait()
        process.stdout.close()

    def __enter__(self) -> Self:
        """Start."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def write_names(self, path: Path) -> None:
        """Write the names of all for the operator's process."""
        path.write_text(json.dumps(self._names), encoding="utf-8")

    def mark(self) -> None:
        """The first byte is looked for from now on."""
        self._ask("mark")

    def slow_down(self, seconds: float) -> None:
        """Let every look at an organisation take so long: its own document comes so late."""
        self._ask(f"slow {seconds}")

    def told(self) -> Far:
        """What all have counted until now."""
        return together([Far(**told) for told in self._ask("tell")])

    def _ask(self, question: str) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        with self._turn:
            self._process.stdin.write(f"{question}\n")
            self._process.stdin.flush()
            return self._answer()

    def _answer(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulated servers ended with code {self._process.wait()}")
        return json.loads(line)
