"""Build the control plane, run one by hand, fetch foreign clients, or say which PowerShell would be used."""

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

from partner_testbed import clients, kdc
from partner_testbed.controlplane import ControlPlane
from partner_testbed.program import find_program
from partner_testbed.pwsh import find_pwsh


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m partner_testbed", description=__doc__)
    parser.add_argument("do", choices=["build", "clients", "serve", "pwsh"])
    parser.add_argument("--dir", type=Path, help="serve: keep objects and keys in this folder")
    parser.add_argument("--port", type=int, default=0, help="serve: port of the API server")
    args = parser.parse_args()
    try:
        if args.do == "build":
            print(*find_program(_say).command)
        elif args.do == "clients":
            clients.build_all(_say)
            kdc.build(_say)
        elif args.do == "pwsh":
            print(find_pwsh())
        else:
            with ControlPlane(args.dir, port=args.port, progress=_say) as plane:
                print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
                with suppress(KeyboardInterrupt):
                    signal.pause()
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
