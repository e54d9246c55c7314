"""The commands as a table: each can be read, and a command imports no other's modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from partner_demo.operator_process import ROOT
from partner_operator import __version__
from partner_operator.cli.main import COMMANDS, complete, partner_operator

HEAVY = (
    "aiohttp",
    "cryptography",
    "jinja2",
    "kopf",
    "kubernetes",
    "pydantic",
    "rich",
    "winrm",
    "yaml",
)


def imported_by(*arguments: str) -> set[str]:
    """Packages that a process has imported by the end of the command."""
    script = (
        "import sys, atexit\n"
        "from partner_operator.cli.main import main\n"
        "atexit.register(lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr))\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "operator")},
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_program_itself_imports_no_command(arguments: list[str]) -> None:
    assert imported_by(*arguments) & {*HEAVY} == set()


def test_the_operator_imports_nothing_that_only_people_need() -> None:
    assert imported_by("run", "--help") & {"jinja2", "rich"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_is_there_and_says_what_it_does(name: str) -> None:
    context = click.Context(partner_operator)
    command = partner_operator.get_command(context, name)
    assert command is not None
    assert command.name == name
    done = CliRunner().invoke(partner_operator, [name, "-h"])
    assert done.exit_code == 0
    listed = CliRunner().invoke(partner_operator, ["--help"], terminal_width=200).output
    assert f"{name} " in listed
    assert COMMANDS[name].help in listed


def test_the_version_is_one_word() -> None:
    done = CliRunner().invoke(partner_operator, ["--version"])
    assert done.output == f"{__version__}\n"


def test_what_is_no_command_is_refused() -> None:
    done = CliRunner().invoke(partner_operator, ["statsu"])
    assert done.exit_code == 2
    assert "No such command 'statsu'" in done.output


@pytest.mark.parametrize("arguments", [[], ["--namespace", "x", "--all-namespaces"]])
def test_the_operator_serves_namespaces_or_all(arguments: list[str]) -> None:
    done = CliRunner().invoke(partner_operator, ["run", *arguments])
    assert done.exit_code == 2
    assert "either --namespace or --all-namespaces" in done.output


def test_commands_are_completed_without_being_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "partner_operator"],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PYTHONPATH": str(ROOT / "operator"),
            "_PARTNER_OPERATOR_COMPLETE": "bash_complete",
            "COMP_WORDS": "partner-operator exp",
            "COMP_CWORD": "1",
        },
    )
    assert "plain,explain-token" in done.stdout.splitlines()


def test_kubectl_is_told_how_a_command_can_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, expected in (
        (["exp"], ["export", "explain-token"]),
        (["plan", "--out"], ["--output"]),
        (["plan", "-o", "j"], ["json"]),
    ):
        monkeypatch.setattr(sys, "argv", ["kubectl_complete-partner", *words])
        complete()
        *lines, last = capsys.readouterr().out.splitlines()
        assert [line.partition("\t")[0] for line in lines] == expected
        assert last == ":4"


def test_every_option_says_what_it_is_for() -> None:
    context = click.Context(partner_operator)
    for name in COMMANDS:
        command = partner_operator.get_command(context, name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option):
                assert (option.help or "").endswith("."), (name, option.name)


def test_a_terminal_without_the_letters_gets_escapes_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "partner_operator", "plan", "--kubeconfig", str(tmp_path / "測試")],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "operator"), "PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert rb"\u6e2c\u8a66 leads to no cluster" in done.stderr
