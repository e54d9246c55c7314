"""The operator's own operations, by Kerberos, on every host of the simulated domain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.kerberos.realm import realm_in

pytestmark = pytest.mark.pwsh


def test_exchange_is_managed_by_kerberos(tmp_path: Path) -> None:
    """Observe, register, observe: the inner session takes the same user@REALM, and nothing is refused.

    Lync's cmdlets go on to SQL and Active Directory, where a ticket for the host does not open the door.
    """
    with realm_in(tmp_path) as realm:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.kerberos.domain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=realm.environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"keytab": str(realm.keytab)}) + "\n")
        process.stdin.flush()
        needed = json.loads(process.stdout.readline())
        realm.kdc.administer("delprinc", "-force", "exadmin")
        for user, password in needed["accounts"]:
            realm.kdc.add_user(user.partition("\\")[2], password)
        for host in needed["hosts"]:
            realm.kdc.add_service(f"HTTP/{host}", realm.keytab)
        said, _ = process.communicate("go\n", timeout=240)
    told = json.loads(said)
    assert told["incomplete"] == [None, None]
    assert len(told["partners"]) == 1
    assert (told["rejected"], told["shells"]) == (0, 0)
    assert told["accepted"] == 4, "three runs on Exchange, one on Lync"
    assert told["schemes"] == ["", "Negotiate"]
    assert "Access is denied" in told["lync"]
    assert "CredSSP is what lets them" in told["lync"]
