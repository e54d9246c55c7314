"""The process in which the organisations live: one child for each, and one line of JSON for each question.

It makes what costs most, keys, once; a child is forked before the simulator's names are made in it.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from partner_simulator.certificates import CertificateAuthority, new_key

_FORKED = multiprocessing.get_context("fork")
Answer = dict[str, Any] | None


def main() -> int:
    """Serve until standard input ends. The argument: PowerShell or nothing, and pools by organisation."""
    pwsh, *pools = sys.argv[1:]
    authority, key = CertificateAuthority(), new_key()
    authority.issue_server(["shared"])  # its key is kept, and all children have it
    children = [_child(number, authority, key, pwsh, int(n)) for number, n in enumerate(pools)]
    _say({"ca": authority.pem, "organisations": [child.recv() for child in children]})
    for line in sys.stdin:
        _say(_all(children, line.split()))
    _all(children, ["stop"])
    return 0


def _all(children: Sequence[Connection], question: Sequence[str]) -> list[Answer]:
    for child in children:
        child.send(question)
    return [child.recv() for child in children]


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def _child(
    number: int, authority: CertificateAuthority, key: RSAPrivateKey, pwsh: str, pools: int
) -> Connection:
    ours, its = _FORKED.Pipe()

    def live() -> None:
        os.environ["PARTNER_SIMULATOR_DOMAIN"] = f"org-{number:03d}.example"
        # Not before the fork: its names are made when it is imported.
        module = importlib.import_module("partner_bench.organisation")
        _serve(module.Organisation(authority, key, Path(pwsh) if pwsh else None, pools), its)

    _FORKED.Process(target=live, daemon=True).start()
    its.close()  # so that the end of a child is noticed
    return ours


def _serve(organisation: Any, pipe: Connection) -> None:
    pipe.send(organisation.facts())
    answers: dict[str, Callable[..., Answer]] = {
        "tell": lambda: asdict(organisation.told()),
        "mark": organisation.mark,
        "slow": organisation.slow_down,
        "stop": organisation.stop,
    }
    while True:
        what, *arguments = pipe.recv()
        pipe.send(answers[what](*arguments))
        if what == "stop":
            return


if __name__ == "__main__":
    sys.exit(main())
