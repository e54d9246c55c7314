"""The command line as somebody gets it who has a checkout, or the wheel, and an empty environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from partner_release import wheel
from partner_release.facts import ROOT, Facts
from support.release.locks import locked, normal
from support.release.wheelhouse import Environment

pytestmark = [pytest.mark.timeout(900)]
PACKAGE = ROOT / "operator" / "partner_operator"


@pytest.fixture(scope="module", params=["checkout", "wheel"])
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """One into which `pip install .` put it, in a copy of what git knows, or `pip install` of a release's wheel."""
    folder = tmp_path_factory.mktemp("installed")
    made = Environment(folder / "environment")
    if request.param == "checkout":
        wheel.copy(folder / "checkout")
        made.install(str(folder / "checkout"))
    else:
        [built] = request.getfixturevalue("dist").glob("*.whl")
        made.install(str(built))
    return made


def test_only_locked_packages_came_with_it(environment: Environment) -> None:
    frozen = environment.run("python", "-m", "pip", "list", "--format", "json").stdout
    installed = normal({each["name"]: each["version"] for each in json.loads(frozen)})
    others = installed.keys() - {"pip", "setuptools", "partner-operator"}
    assert len(others) > 20
    assert {name: locked("operator").get(name) for name in others} == {
        name: installed[name] for name in others
    }


@pytest.mark.parametrize(
    "program", [["partner-operator"], ["kubectl-partner"], ["python", "-m", "partner_operator"]]
)
def test_it_says_its_version_and_explains_its_commands(
    environment: Environment, program: list[str], known: Facts
) -> None:
    done = environment.run(*program, "--version")
    assert (done.returncode, done.stdout.strip()) == (0, known.version)
    called = "kubectl-partner" if program == ["kubectl-partner"] else "partner-operator"
    for command in ("run", "doctor", "explain-token"):
        done = environment.run(*program, command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"Usage: {called} {command}")


def test_doctor_gets_as_far_as_the_cluster(environment: Environment) -> None:
    """All its modules and files are there: the first thing that it misses is a cluster."""
    done = environment.run("partner-operator", "doctor", "exchange", "--namespace", "trust")
    assert done.returncode != 0
    assert done.stdout.startswith("partner-operator: There is no kubeconfig: KUBECONFIG is not set")


def test_every_file_of_the_package_is_installed_as_it_is(environment: Environment) -> None:
    """The scripts for the servers above all: without one of them an operation fails on somebody's domain."""
    installed = environment.packages() / "partner_operator"
    names = {
        path.relative_to(PACKAGE)
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len([name for name in names if name.suffix == ".ps1"]) > 10
    there = {
        path.relative_to(installed)
        for path in installed.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert there == names
    assert all((installed / name).read_bytes() == (PACKAGE / name).read_bytes() for name in names)


def test_its_licence_comes_with_it(environment: Environment) -> None:
    [found] = environment.packages().glob("partner_operator-*.dist-info/licenses/LICENSE")
    assert found.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_same_commit_gives_the_same_wheel(known: Facts, dist: Path, tmp_path: Path) -> None:
    [first] = dist.glob("*.whl")
    assert wheel.build(known, tmp_path).read_bytes() == first.read_bytes()
