"""The bounds of the operator as a whole: what cannot be understood is refused before anything starts."""

from __future__ import annotations

import pytest

from partner_operator.cli.main import main

COMMANDS = (["run", "--all-namespaces"], ["doctor", "--namespace", "trust", "exchange"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--allowed-hosts", "*", "names no hosts: write an exact name"),
        ("--allowed-hosts", "*.litwareinc.com,*.com", "'*.com' names no hosts"),
        ("--allowed-hosts", "", "names no hosts"),
        ("--allowed-hosts", "EX1.litwareinc.com", "lower case"),
        ("--allowed-ports", "", "write port numbers separated by commas"),
        ("--allowed-ports", "5986,0", "write port numbers"),
        ("--allowed-ports", "65536", "write port numbers"),
        ("--allowed-ports", "-1", "write port numbers"),
        ("--allowed-ports", "all", "write port numbers"),
    ],
)
def test_bounds_that_cannot_be_understood_are_refused_with_what_to_write(
    command: list[str], option: str, value: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, f"{option}={value}"])
    assert ended.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
