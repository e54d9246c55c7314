"""Write kubeconfigs that have everything inside and only the owner can read."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = "partner-testbed"
_PATHS = {"certificate-authority", "client-certificate", "client-key", "tokenFile"}


def write_kubeconfig(
    path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any], namespace: str = "default"
) -> Path:
    """Write a kubeconfig with one cluster, one user and one context, mode 0600."""
    context = {"cluster": NAME, "user": NAME, "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": dict(cluster)}],
        "users": [{"name": NAME, "user": dict(user)}],
        "contexts": [{"name": NAME, "context": context}],
        "current-context": NAME,
    }
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        yaml.safe_dump(document, file)
    return path


def read_kubeconfig(
    path: Path, context: str | None = None
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return the cluster, the user and the namespace of a context, with paths made absolute.

    Without a name the file must have one context only: which cluster it is, is never a guess.
    """
    document = yaml.safe_load(path.read_text())
    contexts = {entry["name"]: entry["context"] for entry in document.get("contexts") or []}
    if context is None:
        if len(contexts) != 1:
            raise ValueError(f"{path} has {len(contexts)} contexts: say which one")
        context = next(iter(contexts))
    if context not in contexts:
        raise ValueError(f"{path} has no context {context!r}")
    chosen = contexts[context]
    cluster = _entry(document, "cluster", chosen["cluster"])
    user = _entry(document, "user", chosen["user"])
    for part in (cluster, user):
        for key in _PATHS & part.keys():
            part[key] = str(path.parent / part[key])
    return cluster, user, chosen.get("namespace", "default")


def authority(cluster: Mapping[str, Any]) -> bytes | None:
    """Return the PEM of a cluster's certificate authority, or None for the system's own."""
    if inline := cluster.get("certificate-authority-data"):
        return base64.b64decode(inline)
    if file := cluster.get("certificate-authority"):
        return Path(file).read_bytes()
    return None


def _entry(document: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    for entry in document.get(f"{kind}s") or []:
        if entry["name"] == name:
            return dict(entry[kind])
    raise ValueError(f"the kubeconfig has no {kind} {name!r}")
