"""What is deployed beside the operator: the port is one and the same everywhere."""

from __future__ import annotations

from typing import Any

import yaml

from partner_operator.metrics.server import listening_at
from support.docs.pages import ROOT


def _objects(file: str) -> list[dict[str, Any]]:
    """Of the one file of manifests/ that is called so."""
    [path] = (ROOT / "manifests").rglob(file)
    return list(yaml.safe_load_all(path.read_text()))


def _container() -> dict[str, Any]:
    [deployment] = _objects("deployment.yaml")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def _address() -> tuple[str, int, str]:
    [option] = [one for one in _container()["args"] if one.startswith("--metrics=")]
    return listening_at(option.removeprefix("--metrics="))


def test_the_port_that_is_scraped_is_the_one_that_is_listened_at() -> None:
    _, port, path = _address()
    ports = {one["name"]: one["containerPort"] for one in _container()["ports"]}
    assert ports["metrics"] == port
    service, monitor = _objects("servicemonitor.yaml")
    [served] = service["spec"]["ports"]
    [endpoint] = monitor["spec"]["endpoints"]
    assert (served["targetPort"], endpoint["port"], endpoint["path"]) == (
        "metrics",
        "metrics",
        path,
    )
    assert endpoint["honorLabels"], "namespace is that of the object"
    [policy] = _objects("networkpolicy.yaml")
    assert {"protocol": "TCP", "port": port} in policy["spec"]["ingress"][0]["ports"]


def test_the_monitor_chooses_the_service_and_the_service_the_pods() -> None:
    service, monitor = _objects("servicemonitor.yaml")
    [deployment] = _objects("deployment.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    chosen = monitor["spec"]["selector"]["matchLabels"]
    assert chosen.items() <= service["metadata"]["labels"].items()


def test_the_image_listens_where_the_deployment_does() -> None:
    host, port, path = _address()
    text = (ROOT / "Dockerfile").read_text()
    assert f'"--metrics", "http://{host}:{port}{path}"' in text
    assert f"EXPOSE 8080 {port}" in text
