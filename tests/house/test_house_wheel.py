"""What is installed is the package as it stands here."""

from __future__ import annotations

import zipfile
from pathlib import Path

from partner_release import wheel
from partner_release.facts import facts
from support.house.parts import PACKAGE


def test_the_wheel_has_every_file_of_the_package(tmp_path: Path) -> None:
    """The scripts for the servers above all: without one of them an operation fails on somebody's domain."""
    expected = {
        str(path.relative_to(PACKAGE.parent)): path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len([name for name in expected if name.endswith(".ps1")]) > 10
    with zipfile.ZipFile(wheel.build(facts(), tmp_path)) as built:
        names = [name for name in built.namelist() if ".dist-info/" not in name]
        assert {name: built.read(name) for name in names} == expected
