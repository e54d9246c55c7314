"""What is tried by hand and before a release: `make release-test`, which is `pytest -m release tests/release`.

To add to it, put a test file into this folder: every test in here gets the mark `release` below, and `make test`
leaves that mark out. A program that such a test needs is fetched or built by a module of tools/partner_testbed
that raises a MissingError where it cannot be had: the test is left out aloud then, and fails under `CI=true`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_release.base import USUAL
from partner_release.bundle import bundle
from partner_release.facts import Facts, facts
from partner_testbed import ControlPlane
from support.release.pod import Pod
from support.release.reader import Reader

_HERE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them before pytest chooses by marks."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.release)


@pytest.fixture(scope="session")
def known() -> Facts:
    """What this checkout would release."""
    return facts()


@pytest.fixture(scope="session")
def dist(known: Facts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make release` fills, of this work tree."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    bundle(known, USUAL, folder, print)
    return folder


@pytest.fixture
def own_plane() -> Iterator[ControlPlane]:
    """A cluster in which nothing was installed before."""
    with ControlPlane(progress=print) as running:
        yield running


@pytest.fixture
def reader(own_plane: ControlPlane, tmp_path: Path) -> Reader:
    """Somebody who has just cloned the repository."""
    return Reader(tmp_path, own_plane)


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody who only renders."""
    return Reader(tmp_path_factory.mktemp("renderer"))


@pytest.fixture
def pod(own_plane: ControlPlane, tmp_path: Path) -> Iterator[Pod]:
    """Of the Deployment that will be there; nobody answers by the names of the examples."""
    names = tmp_path / "names.json"
    names.write_text(json.dumps({"nobody.litwareinc.com": {}}))
    made = Pod(own_plane, tmp_path, names)
    yield made
    made.stop()
