"""names/sitecustomize.py: another process finds the simulated servers by their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import partner_simulator

FOLDER = Path(partner_simulator.__file__).parent / "names"
LOOK_UP = """
import socket, sys
try:
    found = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_STREAM)
    print(*found[0][4][:2])
except socket.gaierror as error:
    print("gaierror", error.errno == socket.EAI_NONAME)
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"atl-fe-001.litwareinc.com": {"5986": ["127.0.0.1", 40001]}}))
    return path


def look_up(name: str, port: int, table: Path | None) -> str:
    environment = {
        key: value for key, value in os.environ.items() if key != "PARTNER_SIMULATOR_NAMES"
    }
    environment["PYTHONPATH"] = str(FOLDER)
    if table is not None:
        environment["PARTNER_SIMULATOR_NAMES"] = str(table)
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP, name, str(port)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "name", ["atl-fe-001.litwareinc.com", "ATL-FE-001.litwareinc.com", "atl-fe-001.litwareinc.com."]
)
def test_a_known_name_leads_to_its_port(table: Path, name: str) -> None:
    """In any letter case, with or without the root's dot."""
    assert look_up(name, 5986, table) == "127.0.0.1 40001"


def test_another_port_of_a_known_name_refuses(table: Path) -> None:
    """It resolves, to a port where nobody listens."""
    assert look_up("atl-fe-001.litwareinc.com", 443, table) == "127.0.0.1 1"


@pytest.mark.parametrize("name", ["nowhere.litwareinc.com", "litwareinc.com"])
def test_an_unknown_name_of_the_domain_fails(table: Path, name: str) -> None:
    """As DNS says it."""
    assert look_up(name, 5986, table) == "gaierror True"


def test_everything_else_is_left_alone(table: Path) -> None:
    """localhost, and every process without the variable."""
    assert look_up("localhost", 8080, table).endswith("8080")
    assert look_up("127.0.0.1", 6443, table) == "127.0.0.1 6443"
    assert look_up("127.0.0.1", 6443, None) == "127.0.0.1 6443"
