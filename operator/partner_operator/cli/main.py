"""`partner-operator`, also installed as `kubectl-partner`: which commands there are."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import click
from click.shell_completion import CompletionItem, ShellComplete

from partner_operator import __version__

NAMES: Final = ("partner-operator", "kubectl-partner")
"""Under which it is installed. The first is what it calls itself where neither was written."""


class Command(NamedTuple):
    """Where a command is, and what it does in a few words."""

    place: str
    """`module:attribute`, in this room."""
    help: str


COMMANDS: Final[Mapping[str, Command]] = {
    "run": Command("run:run", "Run the operator until it is told to stop."),
    "status": Command("status:status", "Show servers and trusts, and what waits for what."),
    "report": Command("report:report", "Write all that as one page of HTML, with a picture."),
    "plan": Command("plan:plan", "Say what would change on the servers."),
    "export": Command("export:export", "Write objects for the trusts that nobody declared."),
    "reconcile": Command("asking:reconcile", "Ask for a pass now."),
    "suspend": Command("resting:suspend", "Let PartnerApplications rest."),
    "resume": Command("resting:resume", "Go on with PartnerApplications that rest."),
    "approve-restart": Command("asking:approve_restart", "Approve a restart of IIS."),
    "release": Command("asking:release", "Give a trust up without removing it."),
    "doctor": Command("doctor:doctor", "Examine the way to a PartnerServer. Changes nothing."),
    "explain-token": Command("explain_token:explain_token", "Say which rule a token breaks."),
}


class _Lazy(click.Group):
    """Knows its commands by name, and imports the one that is given: a command pays for no other's modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].place.partition(":")
        command = getattr(import_module(f"partner_operator.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        own = click.Command.shell_complete(self, ctx, incomplete)
        return own + [
            CompletionItem(name, help=command.help)
            for name, command in COMMANDS.items()
            if name.startswith(incomplete)
        ]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def partner_operator() -> None:
    """Keeps OAuth trust between Exchange, Lync / Skype for Business and SharePoint as declared."""


def complete() -> None:
    """`kubectl_complete-partner`: kubectl asks it how `kubectl partner ...` can go on, and takes cobra's answer."""
    *before, incomplete = sys.argv[1:] or [""]
    asked = ShellComplete(partner_operator, {}, NAMES[1], "")
    for found in asked.get_completions(before, incomplete):
        click.echo(f"{found.value}\t{found.help or ''}")
    click.echo(_NO_FILES)


_NO_FILES: Final = ":4"
"""cobra's ShellCompDirectiveNoFileComp."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what the command line says, and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal may not have all the letters that names are written in.
            stream.reconfigure(errors="backslashreplace")
    called = Path(sys.argv[0]).stem
    partner_operator.main(arguments, prog_name=called if called in NAMES else NAMES[0])
    raise AssertionError("click ends the process")
