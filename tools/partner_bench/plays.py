"""Two Ansible plays that do what the operator does: one task for each application, or a check before it.

Tasks run on all organisations side by side, as far as Ansible's forks reach.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from partner_bench.measures import Far, Play, Played, between
from partner_bench.worlds import Facts, Worlds
from partner_testbed import clients
from partner_testbed.clients import Client

_NAMES = Path(__file__).resolve().parents[2] / "simulator" / "partner_simulator" / "names"
_GLANCE_SECONDS = 0.1
_FORKS = 10

_SESSION = r"""$ErrorActionPreference='Stop'
$p=ConvertTo-SecureString '<password>' -AsPlainText -Force
$c=New-Object Management.Automation.PSCredential '<user>',$p
$o=@{ConfigurationName='Microsoft.Exchange';Authentication='Kerberos'}
$s=New-PSSession @o -ConnectionUri 'http://<host>/PowerShell/' -Credential $c
try{$null=Import-PSSession $s -DisableNameChecking -AllowClobber -CommandName <commands>
$e=@(Get-PartnerApplication|Where-Object{-not $_.UseAuthServer -and $_.AuthMetadataUrl -eq '<url>'})
if($e.Count -eq 0){<missing>}}
finally{Remove-PSSession $s}"""
_REGISTER = r"""
$k=@(Get-PartnerApplication|ForEach-Object{"$($_.DistinguishedName)"})
$script="$($env:ExchangeInstallPath)Scripts\Configure-EnterprisePartnerApplication.ps1"
$null=& $script -AuthMetadataUrl '<url>' -ApplicationType Lync
$n=@(Get-PartnerApplication|Where-Object{$k -notcontains "$($_.DistinguishedName)"})
Set-PartnerApplication -Identity "$($n[0].DistinguishedName)" -Name '<name>' -Confirm:$false
'CHANGED'"""
_COMMANDS = (
    "Set-ADServerSettings,Get-PartnerApplication,New-PartnerApplication,Set-PartnerApplication,Get-User,"
    "New-MailUser,Set-MailUser,Get-AcceptedDomain,Get-ManagementRole,Get-ManagementRoleAssignment,"
    "New-ManagementRoleAssignment"
)


class Kind(StrEnum):
    """How a play is written; the value is its name in the tables."""

    ONE_TASK = "one task each"
    CHECK_FIRST = "check, then register"


def play(worlds: Worlds, kind: Kind) -> Play:
    """Run it until all is registered and restarted, and once more. Raises RuntimeError with Ansible's words."""
    with tempfile.TemporaryDirectory(prefix="partner-bench-") as folder:
        home = Path(folder)
        _write(home, worlds, kind)
        return Play(kind.value, worlds.size, _played(home, worlds), _played(home, worlds))


def _write(home: Path, worlds: Worlds, kind: Kind) -> None:
    (home / "ca.pem").write_text(worlds.ca_pem)
    worlds.write_names(home / "names.json")
    hosts = {host: _host(facts, home) for facts in worlds.organisations for host in facts.hosts}
    firsts: dict[str, dict[str, Any]] = {facts.hosts[0]: {} for facts in worlds.organisations}
    groups = {"organisations": {"hosts": firsts}}
    (home / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts, "children": groups}}))
    most = max(len(facts.pools) for facts in worlds.organisations)
    book = {
        "hosts": "organisations",
        "gather_facts": False,
        "tasks": [task for number in range(most) for task in _tasks(kind, number)],
        "handlers": [
            {
                "name": "restart",
                "raw": "iisreset /noforce",
                "delegate_to": "{{ item }}",
                "loop": "{{ servers }}",
            }
        ],
    }
    (home / "play.yml").write_text(json.dumps([book]))


def _host(facts: Facts, home: Path) -> Mapping[str, Any]:
    return {
        "ansible_port": 5986,
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": str(home / "ca.pem"),
        "ansible_user": facts.user,
        "ansible_password": facts.password,
        "ansible_shell_type": "powershell",
        "quoted_password": facts.password.replace("'", "''"),
        "servers": list(facts.hosts),
        "pools": [{"name": name, "url": url} for name, url in facts.pools.items()],
    }


def _tasks(kind: Kind, number: int) -> Iterator[dict[str, Any]]:
    there = f"pools | length > {number}"
    register: dict[str, Any] = {
        "name": f"register {number}",
        "raw": _script(number, _COMMANDS, _REGISTER),
        "register": "registered",
        "changed_when": "'CHANGED' in registered.stdout",
        "notify": ["restart"],
        "when": [there],
    }
    if kind is Kind.CHECK_FIRST:
        yield {
            "name": f"check {number}",
            "raw": _script(number, "Get-PartnerApplication", "'MISSING'"),
            "register": "checked",
            "changed_when": False,
            "when": [there],
        }
        register["when"] = [there, "'MISSING' in checked.stdout"]
    yield register


def _script(number: int, commands: str, missing: str) -> str:
    """A script in which Ansible fills in what is each organisation's own, and touches nothing else."""
    text = _SESSION.replace("<missing>", missing).replace("<commands>", commands)
    own = {
        "<password>": "quoted_password",
        "<user>": "ansible_user",
        "<host>": "inventory_hostname",
        "<url>": f"pools[{number}].url",
        "<name>": f"pools[{number}].name",
    }
    for mark, name in own.items():
        text = text.replace(mark, "{% endraw %}{{ " + name + " }}{% raw %}")
    return "{% raw %}" + text + "{% endraw %}"


def _played(home: Path, worlds: Worlds) -> Played:
    before, begun = worlds.told(), time.monotonic()
    python = clients.python(Client.ANSIBLE)
    command = [str(python), "-m", "ansible", "playbook", "-f", str(_FORKS), "-i", "inventory.yml"]
    with (home / "told.txt").open("w") as told:
        process = subprocess.Popen(
            [*command, "play.yml"],
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    registered = None
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        now = worlds.told()
        if registered is None and now.entries == worlds.size.applications:
            registered = time.monotonic() - begun
        time.sleep(_GLANCE_SECONDS)
    whole = time.monotonic() - begun
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    after = worlds.told()
    _judge(process.returncode, after, worlds, home)
    return Played(
        counts=between(before, after, (0, 0)),
        registered_seconds=registered if registered is not None else whole,
        whole_seconds=whole,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
    )


def _judge(code: int, after: Far, worlds: Worlds, home: Path) -> None:
    """A play that failed proves nothing."""
    if code or after.entries != worlds.size.applications:
        said = (home / "told.txt").read_text()[-2000:]
        raise RuntimeError(f"Ansible ended with {code} and {after.entries} entries:\n{said}")


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "PYTHONPATH": str(_NAMES),
        "PARTNER_SIMULATOR_NAMES": str(home / "names.json"),
    }
