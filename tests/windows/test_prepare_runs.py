"""The preparing script on hosts in every state: what it makes, what it leaves, and what it takes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_simulator.powershell import WindowsPowerShell
from support.prelude.warm import VERSIONS, WarmPowerShells
from support.windows.host import NAME, SCRIPT, Host, Shell, certificate, stand_ins
from support.winrm.powershell import request

pytestmark = pytest.mark.pwsh
ACCOUNT = "LITWAREINC\\partner-operator"
PREPARE = f"-Product Lync -Account {ACCOUNT} -From 10.20.0.0/24"
STEPS = ("listener", "firewall", "CredSSP", "account")
GOOD, OTHER = "AB" * 20, "CD" * 20
_APPLY = """
$env:HOST_FILE = $Request.file
$env:COMPUTERNAME = 'FE1'
$prepare = [scriptblock]::Create($Request.text)
$steps = @(& $prepare -Product 'Lync' -Account $Request.account -From '10.20.0.0/24' -Record $Request.record -Apply)
return @{ steps = @($steps | ForEach-Object { @{ Step = $_.Step; State = $_.State } }) }
"""
CHANGES = ["New-WSManInstance", "New-NetFirewallRule", "Enable-WSManCredSSP", "net /add"]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """For all runs."""
    made = Shell(tmp_path_factory.mktemp("shell"))
    yield made
    made.close()


@pytest.fixture
def host(tmp_path: Path, shell: Shell) -> Host:
    """Nobody prepared it yet."""
    return Host(tmp_path, shell)


def all_of(state: str) -> dict[str, str]:
    """Every step in one state."""
    return dict.fromkeys(STEPS, state)


def https(host: Host) -> list[dict[str, Any]]:
    """The listeners for HTTPS."""
    return [each for each in host.kept["listeners"] if each["Transport"] == "HTTPS"]


def test_without_apply_it_only_says_what_it_would_do(host: Host) -> None:
    before = host.state()
    assert host.run(PREPARE) == all_of("would be done")
    assert host.run(f"{PREPARE} -Apply -WhatIf") == all_of("would be done")
    assert (host.state(), host.kept["changes"]) == (before, [])
    assert not (host.folder / "ProgramData").exists()


def test_it_prepares_once_and_takes_exactly_that_back(host: Host) -> None:
    before = host.state()
    assert host.run(f"{PREPARE} -Apply") == all_of("done")
    [listener] = https(host)
    assert (listener["Port"], listener["Hostname"]) == ("5986", NAME)
    assert listener["CertificateThumbprint"] == GOOD
    [rule] = host.kept["rules"]
    assert (rule["Direction"], rule["Action"], rule["Protocol"]) == ("Inbound", "Allow", "TCP")
    assert (rule["LocalPort"], rule["RemoteAddress"]) == ("5986", ["10.20.0.0/24"])
    assert host.kept["auth"]["CredSSP"] == "true"
    assert ACCOUNT in host.kept["members"]
    assert host.kept["changes"] == CHANGES
    assert host.run(f"{PREPARE} -Apply") == all_of("already")
    assert host.run("-Undo") == all_of("would be undone")
    assert host.kept["changes"] == CHANGES
    assert host.run("-Undo -Apply") == all_of("undone")
    assert host.state() == before
    done = len(host.kept["changes"])
    assert host.run("-Undo -Apply") == {}
    assert len(host.kept["changes"]) == done


def test_what_was_there_is_left_and_not_taken_back(host: Host) -> None:
    host.set(
        listeners=[
            {"Address": "*", "Transport": "HTTPS", "Port": "5986", "CertificateThumbprint": OTHER}
        ],
        # As winrm/config/service/auth shows what a group policy sets.
        auth={"CredSSP": {"text": "true", "source": "GPO"}},
        rules=[{"Name": "partner-operator-winrm-https", "RemoteAddress": ["10.0.0.1"]}],
        members=[ACCOUNT.lower()],
    )
    before = host.state()
    said = host.run(f"{PREPARE} -Apply")
    assert said == dict(zip(STEPS, ("left alone", "left alone", "already", "already"), strict=True))
    assert host.run("-Undo -Apply") == {}
    assert (host.state(), host.kept["changes"]) == (before, [])


@pytest.mark.parametrize("at", range(1, len(CHANGES) + 1))
def test_a_change_that_fails_ends_it_and_all_can_be_taken_back(host: Host, at: int) -> None:
    before = host.state()
    host.set(fails_at=at)
    with pytest.raises(RuntimeError):
        host.run(f"{PREPARE} -Apply")
    assert host.kept["changes"] == CHANGES[:at]
    host.set(fails_at=0)
    host.run("-Undo -Apply")
    assert host.state() == before
    host.run(f"{PREPARE} -Apply")
    assert host.run(f"{PREPARE} -Apply") == all_of("already")


def test_exchange_gets_no_credssp(host: Host) -> None:
    said = host.run(f"-Product Exchange -Account {ACCOUNT} -From 10.20.0.7,fd00::7 -Apply")
    assert said == {**all_of("done"), "CredSSP": "already"}
    assert host.kept["auth"]["CredSSP"] == "false"
    [rule] = host.kept["rules"]
    assert rule["RemoteAddress"] == ["10.20.0.7", "fd00::7"]


def test_a_renewed_certificate_and_other_addresses_are_followed_where_it_was_ours(
    host: Host,
) -> None:
    host.run(f"{PREPARE} -Apply")
    host.set(certificates=[certificate(GOOD), certificate(OTHER, ends=700)])
    said = host.run(f"{PREPARE},10.30.0.0/24 -Apply")
    assert said == {**all_of("already"), "listener": "done", "firewall": "done"}
    [listener] = https(host)
    assert listener["CertificateThumbprint"] == OTHER
    [rule] = host.kept["rules"]
    assert rule["RemoteAddress"] == ["10.20.0.0/24", "10.30.0.0/24"]
    host.run("-Undo -Apply")
    assert (https(host), host.kept["rules"]) == ([], [])


def test_a_listener_that_somebody_put_in_its_place_stays(host: Host) -> None:
    host.run(f"{PREPARE} -Apply")
    [listener] = https(host)
    listener["CertificateThumbprint"] = OTHER
    host.save()
    host.run("-Undo -Apply")
    assert https(host) == [listener]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_windows_powershell_does_the_same(
    host: Host, powershells: WarmPowerShells, version: WindowsPowerShell
) -> None:
    """3.0 and 5.1 as far as PowerShell 7 can be dressed as them."""
    host.set(members=[ACCOUNT])
    asked = {
        "text": SCRIPT.read_text(),
        "file": str(host.folder / "host.json"),
        "record": str(host.folder / "prepared.xml"),
        "account": ACCOUNT,
    }
    ended = powershells.run(version, request(_APPLY, asked), stand_ins())
    told = {step["Step"]: step["State"] for step in ended.answer.data["steps"]}
    host.load()
    assert told == {**all_of("done"), "account": "already"}
    assert host.kept["changes"] == CHANGES[:3]


UNFIT: dict[str, dict[str, Any]] = {
    "it has expired": {"ends": -1},
    "it is not valid yet": {"begins": 1},
    "its private key is not here": {"key": False},
    "it is not for server authentication": {"uses": ["1.3.6.1.5.5.7.3.2"]},
    f"it does not name {NAME}": {"names": ["fe2.litwareinc.com"]},
}


@pytest.mark.parametrize("why", UNFIT)
def test_a_certificate_that_cannot_be_the_listeners_is_not_taken(host: Host, why: str) -> None:
    unfit = certificate(OTHER, ends=900)
    host.set(certificates=[unfit | UNFIT[why], certificate(GOOD)])
    with pytest.raises(RuntimeError) as told:
        host.run(f"{PREPARE} -Thumbprint {OTHER} -Apply")
    assert why in str(told.value)
    assert host.kept["changes"] == []
    host.run(f"{PREPARE} -Apply")
    assert https(host)[0]["CertificateThumbprint"] == GOOD


@pytest.mark.parametrize(
    "arguments",
    [
        "-Product Lync -Account partner-operator -From 10.0.0.1",
        f"-Product Lync -Account {ACCOUNT} -From Any",
        f"-Product Lync -Account {ACCOUNT} -From 10.0.0.1,0.0.0.0/0",
        f"-Product Lync -Account {ACCOUNT} -From ::/0",
        f"-Product Edge -Account {ACCOUNT} -From 10.0.0.1",
        f"{PREPARE} -Thumbprint {OTHER}",
        f"{PREPARE} -Undo",
    ],
)
def test_bad_words_change_nothing(host: Host, arguments: str) -> None:
    with pytest.raises(RuntimeError):
        host.run(f"{arguments} -Apply")
    assert host.kept["changes"] == []
