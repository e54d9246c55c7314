"""Prepare what tests need, run a control plane by hand, or say which PowerShell would be used."""

import argparse
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from partner_testbed import clients, gitops, kdc, prometheus
from partner_testbed.controlplane import ControlPlane
from partner_testbed.missing import MissingError, all_must_be_there
from partner_testbed.program import find_program
from partner_testbed.pwsh import find_powershell


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m partner_testbed", description=__doc__)
    parser.add_argument("do", choices=["prepare", "build", "clients", "serve", "pwsh"])
    parser.add_argument("--dir", type=Path, help="serve: keep objects and keys in this folder")
    parser.add_argument("--port", type=int, default=0, help="serve: port of the API server")
    args = parser.parse_args()
    try:
        if args.do == "prepare":
            _prepare()
        elif args.do == "build":
            _build()
        elif args.do == "clients":
            clients.build_all(_say)
            kdc.build(_say)
        elif args.do == "pwsh":
            print(find_powershell(_say, fetch=True).path)
        else:
            with ControlPlane(args.dir, port=args.port, progress=_say) as plane:
                print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
                with suppress(KeyboardInterrupt):
                    signal.pause()
    except RuntimeError as error:
        sys.exit(str(error))


def _prepare() -> None:
    """Fetch and build all that tests need; what cannot be had is said, unless CI promises it."""
    steps: list[Callable[[], object]] = [_engine, _build]
    steps += [partial(clients.environment, client, _say) for client in clients.Client]
    steps.append(partial(kdc.build, _say))
    steps.append(partial(prometheus.promtool, _say))
    steps.append(partial(gitops.judge, _say))
    for step in steps:
        try:
            step()
        except MissingError as error:
            if all_must_be_there():
                raise
            _say(f"{error} Tests that need this will be left out.")


def _engine() -> None:
    _say(f"scripts run in {find_powershell(_say, fetch=True)}")


def _build() -> None:
    print(*find_program(_say).command)


if __name__ == "__main__":
    main()
