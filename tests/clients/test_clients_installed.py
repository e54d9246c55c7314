"""Foreign clients come from locks, whole and unchanged, or a test fails and says why.

Who proves what:

| client       | its SOAP          | its NTLM                 | its sealing           | what it alone proves        |
| ------------ | ----------------- | ------------------------ | --------------------- | --------------------------- |
| pypsrp       | own, ElementTree  | pyspnego, also as SPNEGO | own, NTLM and CredSSP | own CommandId, Ctrl+C       |
| pywinrm      | own, xmltodict    | requests-ntlm (pyspnego) | own, NTLM and CredSSP | both shapes of quota faults |
| Ansible      | pywinrm's and own | requests-ntlm (pyspnego) | pywinrm's             | long input, its bootstrap   |
| Packer       | masterzen's, Go   | go-ntlmssp, Go           | none: clear SOAP      | NTLM by strangers, in Go    |
| winrm-client | own, JavaScript   | ntlm-client, JavaScript  | none: clear SOAP      | NTLM by strangers, in JS    |

The simulator accepts logons with pyspnego, so the two that do not use it are the ones that prove its NTLM; those that
seal messages all do it with pyspnego's seal inside framing of their own. What no client here proves: Kerberos (see
tests/kerberos), certificates of users, and how real Windows behaves.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from partner_testbed import clients
from partner_testbed.clients import LOCKS, Client, ClientMissingError


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda lock: lock.stem)
def test_each_line_of_a_lock_has_hashes_and_no_registry(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==\S+(?: ;[^\\]*)? \\\n {4}--hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(re.findall("^[a-z]", text, re.MULTILINE)) > 0
    assert "://" not in text


def test_each_package_of_npm_has_a_hash_and_no_registry() -> None:
    packages = json.loads((LOCKS / "winrm-client" / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "integrity" not in package] == [""]
    assert not any("resolved" in package for package in packages.values())
    assert packages["node_modules/winrm-client"]["version"] == "0.0.11"


def test_an_environment_holds_its_client_and_nothing_of_ours() -> None:
    """A venv of its own; the second time nothing is made."""
    said: list[str] = []
    root = clients.environment(Client.PYPSRP, print)
    assert clients.environment(Client.PYPSRP, said.append) == root
    assert said == []
    [packages] = root.glob("lib/python*/site-packages")
    assert (packages / "pypsrp").is_dir()
    assert not (packages / "winrm").exists()
    assert "include-system-site-packages = false" in (root / "pyvenv.cfg").read_text()


@pytest.fixture
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the locks that a test may spoil, and a cache folder that is empty."""
    copied = tmp_path / "locks"
    shutil.copytree(LOCKS, copied)
    monkeypatch.setattr(clients, "LOCKS", copied)
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    return copied


def test_a_file_with_another_hash_is_not_installed(own_locks: Path, tmp_path: Path) -> None:
    """And nothing is left that looks like an environment."""
    lock = own_locks / "pypsrp.txt"
    lock.write_text(re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, lock.read_text()))
    with pytest.raises(ClientMissingError, match="DO NOT MATCH THE HASHES"):
        clients.environment(Client.PYPSRP)
    assert not list((tmp_path / "cache" / "clients").glob("pypsrp-????????????????"))


def test_a_machine_without_node_is_told_what_to_install(
    own_locks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClientMissingError, match=r"Node\.js 20 or newer must be on PATH"):
        clients.environment(Client.WINRM_CLIENT)
