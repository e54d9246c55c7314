"""`make demo`: watch Exchange and Lync come to trust each other."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.status import Status

from partner_demo.stage import Stage, StageError
from partner_demo.story import Story, told_by_servers
from partner_testbed import ControlPlaneError, PowerShellMissingError, ProgramMissingError


def main() -> int:
    """Run the story; 0 only if every step came true."""
    arguments = _arguments()
    console = Console(
        record=arguments.picture is not None, width=110 if arguments.picture else None
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    begun = time.monotonic()
    try:
        return _play(console, keep=arguments.keep)
    except (StageError, ControlPlaneError, ProgramMissingError, PowerShellMissingError) as error:
        console.print(f"[bold red]Did not come true:[/] {error}", markup=True, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; everything was stopped.")
        return 130
    finally:
        console.print(f"[dim]{time.monotonic() - begun:.0f} s in all[/]")
        if arguments.picture is not None:
            arguments.picture.write_text(_without_fonts(console.export_svg(title="make demo")))


def _without_fonts(svg: str) -> str:
    """The picture without fonts from the network: the viewer's own monospace will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="partner_demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="stay up until Ctrl-C afterwards")
    parser.add_argument("--picture", type=Path, help="write what was printed to this SVG file")
    return parser.parse_args()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _play(console: Console, *, keep: bool) -> int:
    begun = time.monotonic()
    with console.status("Setting up") as status:
        stage = Stage(progress=_progress(console, status))
        stage.__enter__()
    console.print(f"[dim]set up in {time.monotonic() - begun:.0f} s[/]")
    try:
        console.print(f"API server {stage.plane.url}; servers simulated on loopback.")
        begun = time.monotonic()
        for number, step in enumerate(Story(stage).steps(), start=1):
            console.print(f"\n[bold cyan]{number}. {step.title}[/]  [dim]{step.command}[/]")
            started = time.monotonic()
            with console.status(step.title):
                step.act()
            for line in told_by_servers(stage.simulation):
                console.print(f"   [green]✓[/] {line}", highlight=False)
            console.print(f"   [dim]{time.monotonic() - started:.1f} s[/]")
            if number == 2:
                console.print(stage.kubectl("get", "papp"), highlight=False)
        memory = stage.operator.peak_memory_bytes() / 1e6
        console.print(
            f"\n[bold green]Every step came true[/] in {time.monotonic() - begun:.0f} s. "
            f"The operator took {memory:.0f} MB at its peak."
        )
        if keep:
            _stay(console, stage)
    finally:
        stage.close()
    return 0


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


def _stay(console: Console, stage: Stage) -> None:
    console.print(
        Panel(
            f"export KUBECONFIG={stage.plane.kubeconfig}\n"
            f"kubectl -n {stage.namespace} get pserver,papp\n"
            f"tail -f {stage.operator.log}",
            title="Still up; Ctrl-C ends everything",
        )
    )
    while stage.operator.running:
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
