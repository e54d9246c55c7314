"""What is installed is named by version and checked by digest, wherever it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.house.parts import ROOT

SOURCES = sorted([*ROOT.glob("requirements/*.in"), *ROOT.glob("tests/clients/locks/*.in")])


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_addresses(source: Path) -> None:
    text = source.with_suffix(".txt").read_text("utf-8")
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert "://" not in text


def test_the_image_takes_nothing_from_an_index_but_by_its_digest() -> None:
    text = re.sub(r" *\\\n *", " ", (ROOT / "Dockerfile").read_text())
    commands = re.findall(r"\S*pip (?:--python \S+ )?(?:install|wheel) [^&\n]*", text)
    assert len(commands) == 6
    for command in commands:
        assert "--no-index" in command or "--require-hashes" in command, command
        assert " wheel " not in command or "--no-build-isolation" in command, command
