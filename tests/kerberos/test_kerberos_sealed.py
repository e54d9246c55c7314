"""The host takes sealed messages over plain HTTP, as foreign clients send them; the operator never does."""

from __future__ import annotations

from typing import Any

import pytest

from support.kerberos.realm import PASSWORD, USER, Host, Realm, run_module


def sealed(realm: Realm, host: Host, mechanism: str, *, spoil: bool = False) -> Any:
    """One command of pywinrm's, over http."""
    job = {"mechanism": mechanism, "port": host.http_port, "spoil": spoil}
    return run_module(realm, "support.kerberos.sealed", job | {"user": USER, "password": PASSWORD})


@pytest.mark.parametrize("mechanism", ["kerberos", "spnego"])
def test_sealed_messages_are_understood(realm: Realm, host: Host, mechanism: str) -> None:
    """The bare ticket, and the ticket inside SPNEGO; every message of the run is sealed."""
    before = host.tell("counters")
    told = sealed(realm, host, mechanism)
    after = host.tell("counters")
    assert told == {"stdout": "42\r\n", "code": 0}
    assert after["accepted"] == before["accepted"] + 1
    assert after["sealed"] - before["sealed"] >= 5, "create, command, receive, signal, delete"
    assert after["clear"] == before["clear"]


def test_a_broken_seal_is_refused(realm: Realm, host: Host) -> None:
    """One bit of the Command: nothing is started."""
    before = host.tell("counters")
    assert sealed(realm, host, "kerberos", spoil=True) == {"status": 400}
    assert host.tell("counters")["commands"] == before["commands"]
