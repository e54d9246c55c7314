"""The realm of the tests: where its package is, what happens without a compiler, and when its ports are taken."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest

from partner_testbed import debian, kdc
from partner_testbed.kdc import Kdc, KerberosMissingError


def test_the_main_environment_has_no_kerberos() -> None:
    """It is an extra: all other tests show what works without it."""
    assert importlib.util.find_spec("gssapi") is None
    assert (kdc.build() / "gssapi").is_dir()


def test_building_again_builds_nothing() -> None:
    """The second call says nothing, because there is nothing to do."""
    kdc.build()
    said: list[str] = []
    kdc.build(said.append)
    assert said == []


def test_without_a_compiler_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is left in the cache that looks like a result."""
    root = debian.unpacked("kerberos")
    monkeypatch.setattr(debian, "unpacked", lambda *_: root)
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KerberosMissingError, match="Install gcc"):
        kdc.build()
    assert [path for path in tmp_path.rglob("*") if path.suffix != ".lock"] == [
        tmp_path / "kerberos"
    ]


def test_a_kdc_moves_to_other_ports_when_its_own_are_taken(tmp_path: Path) -> None:
    """Its clients' configuration moves with it."""
    realm = Kdc(tmp_path, "MOVING.EXAMPLE")
    taken = realm.ports
    with socket.create_server(("127.0.0.1", taken[0])), realm:
        assert set(realm.ports).isdisjoint(taken[:1])
        assert f"127.0.0.1:{realm.ports[0]}" in realm.client_configuration.read_text("utf-8")
        realm.add_user("somebody", "Some-Passw0rd")
        realm.log_in("somebody@MOVING.EXAMPLE", "Some-Passw0rd", tmp_path / "tickets")
        assert realm.count("AS_REQ", "ISSUE", "somebody") == 1
    assert (tmp_path / "tickets").exists()
