"""Plays for one Windows host, run by Ansible's own winrm connection plug-in in its own environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_testbed import clients
from partner_testbed.clients import Client
from support.clients.run import DRIVERS, run

_PER_TASK: Mapping[str, Any] = {"ignore_errors": True, "ignore_unreachable": True}


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How one task ended."""

    how: str
    """ok, failed or unreachable."""
    told: Mapping[str, Any]
    """What the task said: rc, stdout, stderr, msg."""

    @property
    def line(self) -> tuple[int, str, str]:
        """Exit code and both streams of a command."""
        return self.told["rc"], self.told["stdout"], self.told["stderr"]


def host(
    server: Any, user: str, password: str, ca_file: Path, *, https: bool = True, **changed: Any
) -> dict[str, Any]:
    """Variables of an inventory's host."""
    made: dict[str, Any] = {
        "ansible_host": "127.0.0.1",
        "ansible_port": server.port if https else server.http_port,
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https" if https else "http",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": str(ca_file),
        "ansible_user": user,
        "ansible_password": password,
        "ansible_shell_type": "powershell",
    }
    return made | changed


def play(host: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], home: Path) -> list[TaskEnd]:
    """Run tasks in order, each whatever became of the one before. Raises AssertionError with what Ansible said."""
    inventory, playbook = home / "inventory.yml", home / "play.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {"exchange": dict(host)}}}))
    steps = [{**task, **_PER_TASK} for task in tasks]
    playbook.write_text(json.dumps([{"hosts": "exchange", "gather_facts": False, "tasks": steps}]))
    python = clients.python(Client.ANSIBLE, print)
    ended = run(
        [python, "-m", "ansible", "playbook", "-i", inventory, playbook],
        home,
        extra={
            "ANSIBLE_HOME": str(home / "ansible"),
            "ANSIBLE_CALLBACK_PLUGINS": str(DRIVERS / "callbacks"),
            "ANSIBLE_STDOUT_CALLBACK": "told_in_json",
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == len(tasks), f"{ended.stdout}\n{ended.stderr}"
    return [TaskEnd(line["how"], line["told"]) for line in lines]
