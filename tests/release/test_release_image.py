"""The image: what is in it, what is not, and that it works as the least of users against a real API server."""

from __future__ import annotations

import json
import re
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, utils

from partner_demo.stage import Stage
from partner_demo.story import Story
from partner_release import layout, sbom
from partner_release.base import OWN, USUAL
from partner_release.facts import ROOT, Facts
from partner_release.layout import Image
from partner_simulator.simulation import Simulation
from partner_testbed import ControlPlane, install_crds
from support.kube.objects import manifest
from support.release.container import ACCOUNT, Container, terminate
from support.release.from_image import NAMESPACE, FromImage, account_of, api_server, free_port
from support.release.locks import locked, normal
from support.waiting import comes_true

pytestmark = [pytest.mark.timeout(3600)]
LABEL = "org.opencontainers.image."


@pytest.fixture(scope="session")
def image(dist: Path) -> Image:
    """The image, from the file that a release hands out."""
    [archive] = dist.glob("*-image.tar")
    return layout.read(archive)


@pytest.fixture(scope="session")
def container(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The image, unpacked."""
    root = tmp_path_factory.mktemp("unpacked") / "root"
    image.unpack(root)
    return Container(image, root)


def test_it_says_what_it_is(image: Image, known: Facts) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    expected = {
        "title": project["name"],
        "description": project["description"],
        "licenses": project["license"],
        "version": known.version,
        "revision": known.revision,
        "created": known.committed.isoformat(),
    }
    labels = {key.removeprefix(LABEL): value for key, value in image.labels.items()}
    assert {key: labels.get(key) for key in expected} == expected
    assert labels["base.name"] in (USUAL, OWN)
    assert labels.get("source") == known.source
    assert image.config["config"]["User"] == "65532:65532"


def test_nothing_in_it_installs_or_compiles(container: Container) -> None:
    programs = [path.name for path in container.root.glob("**/bin/*")]
    assert "partner-operator" in programs
    packages = [path.name for path in container.root.glob("**/python3*/**/*") if path.is_dir()]
    assert "partner_operator" in packages
    unwanted = re.compile(
        r"pip[\d.]*|easy_install|ensurepip|setuptools|wheel|cython\w*|(.*-)?(gcc|cc|ld|make)(-\d+)?"
    )
    assert [name for name in [*programs, *packages] if unwanted.fullmatch(name)] == []


def test_nothing_of_the_machine_that_built_it_is_in_it(container: Container) -> None:
    """Neither the way to a package index nor a build's folders."""
    assert not list((container.root / "run").rglob("secrets*"))
    assert not (container.root / "build").exists()
    assert not (container.root / "etc/pip.conf").exists()
    for path in (container.root / "opt").rglob("direct_url.json"):
        assert "://" not in json.loads(path.read_text())["url"].removeprefix("file://"), path


def test_every_python_package_is_one_of_the_locks(container: Container, known: Facts) -> None:
    named = locked("operator", "kerberos") | {"partner-operator": known.version}
    asked = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    answer = container.run("python", "-c", asked)
    assert answer.returncode == 0, answer.stdout.decode()
    installed = normal(json.loads(answer.stdout))
    assert {"kopf", "gssapi", "partner-operator"} <= installed.keys()
    assert {name: named.get(name) for name in installed} == installed


def test_the_list_names_all_that_is_in_it(container: Container, known: Facts, dist: Path) -> None:
    """As dpkg and Python say it from within."""
    [listing] = dist.glob("*.cdx.json")
    document = json.loads(listing.read_text())
    debian = container.run("dpkg-query", "-W", "-f", "${Package} ${Version}\n")
    packages = dict(line.split() for line in debian.stdout.decode().splitlines())
    assert {"libgssapi-krb5-2", "python3", "libc6"} <= packages.keys()
    parts = document["components"]
    listed = {part["name"]: part["version"] for part in parts if ":deb/" in part["purl"]}
    assert listed == packages
    python = [part for part in parts if ":pypi/" in part["purl"]]
    assert f"pkg:pypi/partner-operator@{known.version}" in {part["purl"] for part in python}
    assert document["metadata"]["component"]["hashes"][0]["content"] in container.image.digest
    assert sbom.document(known, container.image, container.root) == listing.read_text()
    assert [part["name"] for part in python if not part.get("licenses")] == []


def test_it_answers_its_version_as_the_least_of_users(container: Container, known: Facts) -> None:
    process = container.start(["--version"])
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.decode().strip()) == (0, known.version)
    wrote = container.run(
        "sh", "-c", "id -u; touch /opt/x /home/x /var/x; touch /tmp/x && echo tmp"
    )
    text = wrote.stdout.decode()
    assert text.startswith("65532\n")
    assert text.count("Read-only file system") == 3
    assert text.endswith("tmp\n")


def test_kerberos_can_be_used_in_it(container: Container) -> None:
    asked = "import gssapi; print(gssapi.Name('HTTP@host', gssapi.NameType.hostbased_service))"
    answer = container.run("python", "-c", asked)
    assert (answer.returncode, answer.stdout) == (0, b"HTTP@host\n")


@pytest.fixture
def account(plane: ControlPlane, api: Any, tmp_path: Path) -> Path:
    """With the rights for the whole cluster."""
    install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))
    for name in ("namespace/namespace.yaml", "base/serviceaccount.yaml", "rbac/cluster"):
        for document in manifest(name):
            _created(api, document)
    return account_of(plane, tmp_path / "account")


def _created(api: Any, document: dict[str, Any]) -> None:
    try:
        utils.create_from_dict(api, document)  # type: ignore[no-untyped-call]
    except utils.FailToCreateError as error:
        if any(each.status != 409 for each in error.api_exceptions):
            raise


@pytest.fixture
def operator(
    container: Container, plane: ControlPlane, account: Path, tmp_path: Path
) -> Iterator[tuple[Any, str, Path]]:
    """The image's program with the image's own arguments, as a pod of the cluster."""
    arguments = [
        re.sub(r"0\.0\.0\.0:\d+", lambda _: f"127.0.0.1:{free_port()}", word)
        for word in container.image.config["config"]["Cmd"]
    ]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = container.start(
            arguments, variables=api_server(plane), volumes={ACCOUNT: account}, output=output
        )
        yield process, arguments[arguments.index("--liveness") + 1], log
        process.kill()
        process.wait()


@pytest.mark.controlplane
def test_as_a_pod_it_takes_the_lease_and_serves(operator: tuple[Any, str, Path], api: Any) -> None:
    """Its own arguments, its own user, a root that nobody can write to, and the rights of the manifests."""
    process, probe, log = operator

    def healthy() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(probe, timeout=2) as answer:  # noqa: S310 - our own loopback address
                return bool(answer.status == 200)
        except OSError:
            return False

    assert comes_true(healthy, 300), log.read_text()
    leases: Any = client.CoordinationV1Api(api)
    assert comes_true(
        lambda: bool(leases.list_namespaced_lease(NAMESPACE).items[0].spec.holder_identity), 60
    )
    custom: Any = client.CustomObjectsApi(api)
    body = {
        "apiVersion": "partner-operator.io/v1alpha1",
        "kind": "PartnerServer",
        "metadata": {"name": "exchange"},
        "spec": {
            "product": "Exchange",
            "authMetadataUrl": "https://host.invalid/autodiscover/metadata/json/1",
            "hosts": ["host.invalid"],
            "credentialsSecretRef": {"name": "not-there"},
        },
    }
    core: Any = client.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": "team"}})
    where = ("partner-operator.io", "v1alpha1", "team", "partnerservers")
    custom.create_namespaced_custom_object(*where, body)

    def told() -> bool:
        found = custom.get_namespaced_custom_object(*where, "exchange")
        conditions = found.get("status", {}).get("conditions", [])
        return any("not-there" in each["message"] for each in conditions)

    assert comes_true(told, 120), log.read_text()
    terminate(process)
    assert comes_true(lambda: process.poll() == 0, 60), log.read_text()


@pytest.mark.controlplane
def test_two_servers_come_to_trust_each_other_by_the_image(
    container: Container, plane: ControlPlane
) -> None:
    """The demo's first step, told by the simulated servers: its WinRM, TLS and logons work from in there."""
    with Simulation(None) as simulation:
        stage = Stage(plane=plane, namespace=NAMESPACE, simulation=simulation, settle="1s")
        stage.operator = FromImage(container, stage)
        with stage:
            Story(stage).apply_examples()
