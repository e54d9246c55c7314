"""One realm and one host for the room; every test ends with the host as it was, and no shell on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.kerberos.realm import Host, Realm, realm_in

_AS_IT_WAS = {
    "channel_binding": "Strict",
    "offered_schemes": ["Negotiate", "Kerberos", "CredSSP"],
}


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    with realm_in(tmp_path_factory.mktemp("realm")) as made:
        yield made


@pytest.fixture(scope="session")
def running_host(realm: Realm) -> Iterator[Host]:
    host = Host(realm)
    yield host
    host.close()


@pytest.fixture
def host(running_host: Host) -> Iterator[Host]:
    running_host.tell("settings", dict(_AS_IT_WAS))
    running_host.tell("spoil", "")
    yield running_host
    counters = running_host.tell("counters")
    assert (counters["shells"], counters["operations"]) == (0, 0)
    assert counters["blamed"] == [], (
        "Kerberos is judged by the KDC, never counted as a bad password"
    )
