"""`make bench`: counts, CPU, memory and seconds of the operator, by itself and beside Ansible."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from partner_bench import stored
from partner_bench.machine import load, machine, part, version_command
from partner_bench.measures import Operated, Race, Report, Size
from partner_bench.operated import Bench, BenchError
from partner_bench.page import page
from partner_bench.picture import picture
from partner_bench.plays import Kind, play
from partner_bench.worlds import Worlds
from partner_demo.operator_process import ROOT
from partner_testbed import ControlPlane, PowerShellMissingError, find_powershell
from partner_testbed.clients import ClientMissingError

EMBEDDED, POWERSHELL = "embedded", "powershell"
_SIZES = tuple(map(Size.parse, ("10/1", "20/2", "200/10", "500/50")))
_RACES = tuple(map(Size.parse, ("20/1", "50/1", "200/10")))
_REPORT = TypeAdapter(Report)
_FAILURES = (BenchError, RuntimeError, OSError, PowerShellMissingError, ClientMissingError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write and judge; 1 where a count grew or something did not come true."""
    asked = _parser().parse_args(arguments)
    try:
        report = _read(asked.json) if asked.page else _measured(asked)
    except _FAILURES as error:
        print(f"Not measured: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; everything was stopped.", file=sys.stderr)
        return 130
    _write(report, asked.docs)
    return _judge(report, asked.counts, take=asked.take_counts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="partner_bench", description=__doc__)
    parser.add_argument("--only", choices=(EMBEDDED, POWERSHELL), help="measure this part alone")
    parser.add_argument(
        "--sizes", type=_sizes, default=_SIZES, help="APPLICATIONS/SERVERS,... by itself"
    )
    parser.add_argument(
        "--races", type=_sizes, default=_RACES, help="APPLICATIONS/SERVERS,... beside Ansible"
    )
    parser.add_argument(
        "--page", action="store_true", help="measure nothing: write the page of the last run again"
    )
    parser.add_argument(
        "--take-counts", action="store_true", help="keep the counts of this run as those to be held"
    )
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--counts", type=Path, default=stored.COUNTS)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    return parser


def _sizes(text: str) -> tuple[Size, ...]:
    return tuple(map(Size.parse, text.split(",")))


def _read(path: Path) -> Report:
    return _REPORT.validate_json(path.read_bytes())


def _keep(report: Report, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_REPORT.dump_json(report, indent=1) + b"\n")


def _measured(asked: argparse.Namespace) -> Report:
    """A part that was not asked for is taken from the last run, with what was said of it."""
    signal.signal(signal.SIGTERM, _interrupt)
    powershell = None if asked.only == EMBEDDED else find_powershell()
    command = version_command()
    with ControlPlane(progress=_say) as plane:
        report = Report(machine(plane, powershell), command)
        if asked.json.exists():
            known = _read(asked.json)
            report = replace(known, machine=report.machine, command=command)
            if powershell is None:
                report = replace(
                    report, machine=replace(report.machine, powershell=known.machine.powershell)
                )
        if asked.only != POWERSHELL:
            begun, before = time.monotonic(), load()
            sizes: tuple[Operated, ...] = ()
            for size in asked.sizes:
                sizes += (by_itself(plane, size),)
                report = replace(report, sizes=sizes, embedded=part(begun, before))
                _keep(report, asked.json)
        if powershell is not None:
            begun, before = time.monotonic(), load()
            races: tuple[Race, ...] = ()
            for size in asked.races:
                races += (_race(plane, size, powershell.path),)
                report = replace(report, races=races, powershell=part(begun, before))
                _keep(report, asked.json)
    return report


def _interrupt(number: int, frame: object) -> None:
    """End as Ctrl-C does, so that nothing that was started is left."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def by_itself(plane: ControlPlane, size: Size) -> Operated:
    """The operator on the embedded engine."""
    _say(f"{size.label} on the embedded engine")
    with Worlds(size, None) as worlds, Bench(plane, worlds, _namespace("own", size)) as bench:
        return bench.measure(natural=True)


def _race(plane: ControlPlane, size: Size, pwsh: Path) -> Race:
    """All contestants in turn, each on new servers."""
    _say(f"{size.label} on PowerShell: Ansible, {Kind.ONE_TASK}")
    with Worlds(size, pwsh) as worlds:
        first = play(worlds, Kind.ONE_TASK)
    _say(f"{size.label} on PowerShell: the operator")
    with Worlds(size, pwsh) as worlds, Bench(plane, worlds, _namespace("race", size)) as bench:
        operated = bench.measure(natural=False)
    _say(f"{size.label} on PowerShell: Ansible, {Kind.CHECK_FIRST}")
    with Worlds(size, pwsh) as worlds:
        second = play(worlds, Kind.CHECK_FIRST)
    return Race(operated, (first, second))


def _namespace(what: str, size: Size) -> str:
    return f"bench-{what}-{size.applications}-{size.servers}"


def _write(report: Report, docs: Path) -> None:
    """Print the page, and keep it with its picture where both parts are there."""
    text = page(report)
    _say(text)
    if report.embedded is None or report.powershell is None:
        _say("The page is written when both parts were measured.")
        return
    (docs / "bench.svg").write_text(picture(report.races), encoding="utf-8")
    (docs / "bench.md").write_text(text, encoding="utf-8")


def _judge(report: Report, counts: Path, *, take: bool) -> int:
    now, book = stored.phases(report), stored.load(counts)
    for line in stored.changes(book, now):
        _say(line)
    if take:
        stored.save(book | now, counts)
        _say("The counts of this run are kept now.")
        return 0
    for phase in stored.unknown(book, now):
        _say(f"{phase}: nothing is kept of it; --take-counts keeps this run's.")
    grown = stored.grown(book, now)
    for sentence in grown:
        print(f"A count grew. {sentence}", file=sys.stderr)
    return 1 if grown else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
