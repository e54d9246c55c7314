"""What a user declares for a world: a server and a Secret for each organisation, an object for each partner."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from partner_bench.worlds import Facts
from support.kube.cluster import GROUP, VERSION, Cluster

_AT_ONCE = 4
_SETTLE = "0s"
"""The simulated directory replicates at once; and whoever waits a little restarts now in this pass, now in the next."""
QUICK = "1m"
"""The shortest interval that a server may have."""


def name_of(facts: Facts) -> str:
    """Of an organisation's objects."""
    return facts.domain.partition(".")[0]


def declare(cluster: Cluster, organisations: tuple[Facts, ...]) -> None:
    """Make all objects."""
    for facts in organisations:
        logon = {"username": facts.user, "password": facts.password, "hosts": f"*.{facts.domain}"}
        encoded = {key: value.encode() for key, value in logon.items()}
        cluster.secret(name_of(facts), encoded)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(cluster.create, map(_server, organisations)))
        list(pool.map(cluster.create, _applications(organisations)))


def _object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _server(facts: Facts) -> dict[str, Any]:
    spec = {
        "product": "Exchange",
        "authMetadataUrl": facts.url,
        "hosts": list(facts.hosts),
        "credentialsSecretRef": {"name": name_of(facts)},
        "allowedPartners": [{"host": f"*.{facts.domain}"}],
        "restart": {"settle": _SETTLE},
    }
    return _object("PartnerServer", name_of(facts), spec)


def _applications(organisations: tuple[Facts, ...]) -> Iterator[dict[str, Any]]:
    for facts in organisations:
        for pool, url in facts.pools.items():
            spec = {
                "serverRef": {"name": name_of(facts)},
                "partner": {"product": "Lync", "authMetadataUrl": url},
                "identity": pool,
            }
            yield _object("PartnerApplication", f"{name_of(facts)}-{pool}", spec)


def look_often(cluster: Cluster, organisations: tuple[Facts, ...]) -> None:
    """Let every server be looked at each minute."""
    _patch(cluster, organisations, {"spec": {"interval": QUICK}})


def ask_for_a_pass(cluster: Cluster, organisations: tuple[Facts, ...], token: str) -> None:
    """As `kubectl annotate` does."""
    annotations = {f"{GROUP}/reconcile-requested-at": token}
    _patch(cluster, organisations, {"metadata": {"annotations": annotations}})


def _patch(cluster: Cluster, organisations: tuple[Facts, ...], body: dict[str, Any]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(
            pool.map(
                lambda facts: cluster.patch("PartnerServer", name_of(facts), body), organisations
            )
        )


def is_handled(cluster: Cluster, organisations: tuple[Facts, ...], token: str) -> bool:
    """Whether every server was told as done."""
    return all(
        cluster.get("PartnerServer", name_of(facts))["status"].get("lastHandledReconcileAt")
        == token
        for facts in organisations
    )
