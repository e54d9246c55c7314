"""`make demo`: watch Exchange, Lync and SharePoint come to trust each other."""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kubernetes.client import ApiException
from rich.console import Console
from rich.status import Status
from urllib3.exceptions import HTTPError

from partner_demo.stage import Stage, StageError
from partner_demo.story import Step, Story, told_by_servers
from partner_simulator.powershell.assemblies import CompilationFailed
from partner_testbed import Choice, choose_engine

_FAILURES = (
    RuntimeError,
    OSError,
    subprocess.SubprocessError,
    CompilationFailed,
    ApiException,
    HTTPError,
)
"""What can keep a step from coming true: what our own rooms raise, and what a sick machine or API server does."""


def main() -> int:
    """Run the story; 0 only if every step came true."""
    arguments = _arguments()
    console = Console(
        record=arguments.picture is not None, width=110 if arguments.picture else None
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    begun = time.monotonic()
    last = ""
    try:
        with console.status("Looking for PowerShell") as status:
            choice = choose_engine(_progress(console, status), fetch=True)
        last = _not_executed(choice)
        return _play(console, choice, keep=arguments.keep)
    except _FAILURES as error:
        _tell_failure(console, error)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; everything was stopped.")
        return 130
    finally:
        console.print(f"[dim]{time.monotonic() - begun:.0f} s in all[/]")
        if last:
            console.print(last, markup=False, highlight=False)
        if arguments.picture is not None:
            arguments.picture.write_text(_without_fonts(console.export_svg(title="make demo")))


def _not_executed(choice: Choice) -> str:
    """The last line of a demo on the embedded engine."""
    return "" if choice.powershell else f"The scripts were not executed: {choice.why_not}"


def _without_fonts(svg: str) -> str:
    """The picture without fonts from the network: the viewer's own monospace will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="partner_demo", description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="stay up, before the objects are deleted, until Ctrl-C"
    )
    parser.add_argument("--picture", type=Path, help="write what was printed to this SVG file")
    return parser.parse_args()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _play(console: Console, choice: Choice, *, keep: bool) -> int:
    begun = time.monotonic()
    with console.status("Setting up") as status:
        stage = Stage(choice=choice, progress=_progress(console, status))
        engine = choice.powershell or f"{stage.simulation.engine_name}, written in Python"
        console.print(f"Engine of the simulated servers: {engine}", markup=False, highlight=False)
        stage.__enter__()
    try:
        console.print(f"[dim]set up in {time.monotonic() - begun:.0f} s: {stage.plane.origin}[/]")
        # A highlighter takes the semicolon for a part of the address.
        console.print(
            f"API server {stage.plane.url}; servers simulated on loopback.", highlight=False
        )
        begun = time.monotonic()
        *steps, last = Story(stage).steps()
        try:
            for number, step in enumerate(steps, start=1):
                _act(console, stage, number, step)
            if not keep:
                _act(console, stage, len(steps) + 1, last)
        except _FAILURES as error:
            if stage.lost():
                # What the step tells then is how a client of a dead server ends.
                raise StageError(stage.lost()) from error
            if not keep:
                raise
            _tell_failure(console, error)
            _stay(console, stage, "It did not come true. Still up")
            return 1
        memory = stage.operator.peak_memory_bytes() / 1e6
        console.print(
            f"\n[bold green]Every step came true[/] in {time.monotonic() - begun:.0f} s. "
            f"The operator took {memory:.0f} MB at its peak."
        )
        if keep:
            _stay(
                console,
                stage,
                f"All are Ready, and nothing was deleted (step {len(steps) + 1}). Still up",
            )
            return 1 if stage.lost() else 0
    finally:
        stage.close()
    return 0


def _act(console: Console, stage: Stage, number: int, step: Step) -> None:
    console.print(f"\n[bold cyan]{number}. {step.title}[/]  [dim]{step.command}[/]")
    started = time.monotonic()
    with console.status(step.title):
        step.act()
    for line in told_by_servers(stage.simulation):
        console.print(f"   [green]✓[/] {line}", highlight=False)
    console.print(f"   [dim]{time.monotonic() - started:.1f} s[/]")
    if number == 2:
        console.print(stage.kubectl("get", "papp"), highlight=False)


def _tell_failure(console: Console, error: BaseException) -> None:
    # urllib3's own words name objects of Python, and each try.
    said = "The API server does not answer." if isinstance(error, HTTPError) else str(error)
    console.print("[bold red]Did not come true:[/]", end=" ")
    console.print(said, markup=False, highlight=False)


def _progress(console: Console, status: Status) -> Callable[[str], None]:
    """A line that changes in place; where nobody watches a terminal, one line per kind of step."""
    told: set[str] = set()

    def tell(message: str) -> None:
        if console.is_terminal:
            status.update(message)
            return
        kind = message.rstrip("0123456789/% ")
        if kind not in told:
            told.add(kind)
            console.print(message, highlight=False)

    return tell


def _stay(console: Console, stage: Stage, title: str) -> None:
    """Until Ctrl-C, or until the API server ends. Lines that somebody copies have no frame and are never cut."""
    look = f"kubectl -n {stage.namespace}"
    console.print(f"\n[bold]{title}; Ctrl-C ends everything.[/] In another terminal:")
    for line in (
        f"export KUBECONFIG={stage.plane.kubeconfig}",
        f'export PATH="$PATH:{Path(stage.kubectl_path).parent}"',
        f"{look} get pserver,papp -o wide",
        f"{look} describe papp      # conditions: who trusts whom, active since, last tested",
        f"{look} get events         # what was registered, restarted, repaired",
        f"{look} edit papp          # such as mode: Observe",
        f"{look} delete papp --all  # trust ends, and only what it created goes",
        f"tail -f {stage.operator.log}",
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    with suppress(KeyboardInterrupt):
        while not stage.lost():
            time.sleep(1)
    lost = stage.lost()
    said = f"{lost} Everything else is stopped now." if lost else "Everything was stopped."
    console.print(said, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
