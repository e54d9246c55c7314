"""Packages of Debian's are what the lock names, or nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from partner_testbed import debian


def test_every_line_of_the_lock_names_a_file_by_its_digest() -> None:
    packages = debian.locked()
    assert {package.group for package in packages} == {
        "packer",
        "kerberos",
        "icu",
        "prometheus",
        "chromium",
    }
    assert all(re.fullmatch("[0-9a-f]{64}", package.sha256) for package in packages)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small package of our own making."""
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    control = "Package: small\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: b\n"
    (tmp_path / "tree/DEBIAN/control").write_text(control)
    target = tmp_path / "small_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", tmp_path / "tree", target], check=True, timeout=60)
    return target


def test_a_file_with_another_digest_is_refused(archive: Path) -> None:
    package = debian.Package("group", "small", "1", "0" * 64)
    with pytest.raises(debian.PackageMissingError, match=r"is not the file that debian\.txt names"):
        debian._check(package, archive, print)


def test_a_newer_version_is_taken_and_said(archive: Path) -> None:
    said: list[str] = []
    debian._check(debian.Package("group", "small", "0", "0" * 64), archive, said.append)
    assert said == [
        "small: Debian now has 1 (all), not the locked 0 (amd64); taken as apt verified it"
    ]


def test_what_cannot_be_had_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves nothing behind that looks like a result."""
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(debian.PackageMissingError, match="install packer, krb5-kdc"):
        debian.unpacked("packer")
    assert not list((tmp_path / "cache/debian").glob("packer-????????????????"))
