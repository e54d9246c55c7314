"""`partner-simulator`: the domain on loopback until Ctrl-C, and the list of its guesses."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from partner_simulator.simulation import Simulation
from partner_simulator.world.switches import ROWS, Name, Switches


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 1 with a sentence on standard error."""
    asked = _parser().parse_args(arguments)
    if asked.do == "switches":
        print(switch_table())
        return 0
    found = None if asked.embedded else asked.pwsh or shutil.which("pwsh")
    try:
        switches = parse_switches(asked.set)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    _serve(Simulation(Path(found) if found else None, switches), asked.folder)
    return 0


def parse_switches(texts: Sequence[str]) -> Switches:
    """Read `name=value`; the value must be one that the row offers. Raises ValueError."""
    rows = {row.name: row for row in ROWS}
    chosen = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in set(Name):
            raise ValueError(f"There is no switch {name!r}; see `partner-simulator switches`.")
        row = rows[Name(name)]
        offered = {str(known): known for known in (row.default, *row.alternatives)}
        if value not in offered:
            raise ValueError(f"{name} is one of {', '.join(map(repr, offered))}, not {value!r}.")
        chosen[row.name] = offered[value]
    return Switches(chosen)


def switch_table() -> str:
    """All rows, one paragraph each."""
    return "\n\n".join(
        f"{row.name} = {row.default!r}"
        + (f"  (or {', '.join(map(repr, row.alternatives))})" if row.alternatives else "")
        + f"\n    {row.claim}\n    {row.status}, source: {row.source}"
        for row in ROWS
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="partner-simulator", description=__doc__)
    commands = parser.add_subparsers(dest="do", required=True)
    run = commands.add_parser("run", help="serve until interrupted")
    engine = run.add_mutually_exclusive_group()
    engine.add_argument(
        "--pwsh", type=Path, help="PowerShell 7; default: the one on PATH, else --embedded"
    )
    engine.add_argument(
        "--embedded",
        action="store_true",
        help="answer the operator's operations without PowerShell; no script is executed",
    )
    run.add_argument(
        "--folder",
        type=Path,
        default=Path("partner-simulation"),
        help="where names.json, windows-ca.crt and the credentials (mode 0600) are written",
    )
    run.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="flip a switch"
    )
    commands.add_parser("switches", help="list every guess about the real products")
    return parser


def _serve(simulation: Simulation, folder: Path) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with simulation:
        write_folder(simulation, folder)
        print(
            f"Exchange, Lync and SharePoint of litwareinc.com are up (engine: {simulation.engine_name}); "
            f"see {folder}. Ctrl-C ends them.",
            flush=True,
        )
        ended.wait()


def write_folder(simulation: Simulation, folder: Path) -> None:
    """Write what a client needs: names, the CA, and one credential file per product."""
    folder.mkdir(parents=True, exist_ok=True)
    simulation.write_names(folder / "names.json")
    (folder / "windows-ca.crt").write_text(simulation.ca_pem, encoding="ascii")
    exchange, lync = simulation.credentials()
    administrators = {
        "exchange": exchange,
        "lync": lync,
        "sharepoint": simulation.farm_credential(),
    }
    for product, (user, password) in administrators.items():
        path = folder / f"{product}-admin.txt"
        path.touch(mode=0o600)
        path.write_text(f"{user}\n{password}\n", encoding="utf-8")
