"""Objects as the API server stores them, for tests of the edge to Kubernetes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Succeeded",
    "message": "",
    "observedGeneration": 1,
    "lastTransitionTime": "2026-11-25T09:00:00Z",
}
"""A condition of an object whose last pass succeeded."""
ROOT = Path(__file__).resolve().parents[3]
GROUP_VERSION = "partner-operator.io/v1alpha1"

EXCHANGE_SPEC: dict[str, Any] = {
    "product": "Exchange",
    "authMetadataUrl": "https://autodiscover.litwareinc.com/autodiscover/metadata/json/1",
    "hosts": ["atl-exchange-001.litwareinc.com", "atl-exchange-002.litwareinc.com"],
    "credentialsSecretRef": {"name": "exchange-admin"},
}
LYNC_SPEC: dict[str, Any] = {
    "product": "Lync",
    "authMetadataUrl": "https://atl-cs-001.litwareinc.com/metadata/json/1",
    "hosts": ["atl-fe-001.litwareinc.com"],
    "credentialsSecretRef": {"name": "lync-admin"},
}
EXCHANGE_ON_LYNC_SPEC: dict[str, Any] = {
    "serverRef": {"name": "lync"},
    "partnerRef": {"name": "exchange"},
    "lync": {"connectivityTest": {"sipUri": "sip:kenmyer@litwareinc.com"}},
}
LYNC_ON_EXCHANGE_SPEC: dict[str, Any] = {
    "serverRef": {"name": "exchange"},
    "partnerRef": {"name": "lync"},
}


FARM_SPEC = {
    "product": "SharePoint",
    "authMetadataUrl": "https://portal.litwareinc.com/_layouts/15/metadata/json/1",
    "hosts": ["atl-sp-001.litwareinc.com"],
    "credentialsSecretRef": {"name": "sharepoint-admin"},
}


def crd(plural: str) -> dict[str, Any]:
    """One of our CRDs, from its file."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "crds" / f"{plural}.yaml").read_text())
    return document


def manifest(name: str) -> list[dict[str, Any]]:
    """The documents of a file in manifests/, or of a folder there: what its kustomization names, before any patch."""
    return _documents(ROOT / "manifests" / name)


def _documents(path: Path) -> list[dict[str, Any]]:
    if path.is_file():
        return list(yaml.safe_load_all(path.read_text()))
    named = yaml.safe_load((path / "kustomization.yaml").read_text())["resources"]
    return [document for one in named for document in _documents(path / one)]


def server(
    name: str = "exchange", spec: dict[str, Any] | None = None, **meta: Any
) -> dict[str, Any]:
    """A PartnerServer; `meta` goes into its metadata."""
    default = LYNC_SPEC if name == "lync" else EXCHANGE_SPEC
    return _object("PartnerServer", name, spec or default, meta)


def application(name: str, spec: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    """A PartnerApplication; `meta` goes into its metadata."""
    default = EXCHANGE_ON_LYNC_SPEC if name == "exchange-on-lync" else LYNC_ON_EXCHANGE_SPEC
    return _object("PartnerApplication", name, spec or default, meta)


def stored(body: dict[str, Any], **status: Any) -> dict[str, Any]:
    """The same as an API server would give it back."""
    metadata = {
        "namespace": "trust",
        "uid": f"uid-of-{body['metadata']['name']}",
        "generation": 1,
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-25T08:00:00Z",
        **body["metadata"],
    }
    return {**body, "metadata": metadata, "status": status or {"observedGeneration": -1}}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one field of the spec set, or taken out with `value` None."""
    copied = copy.deepcopy(body)
    place = copied["spec"]
    *parents, last = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return copied


def _object(kind: str, name: str, spec: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": GROUP_VERSION,
        "kind": kind,
        "metadata": {"name": name, **meta},
        "spec": copy.deepcopy(spec),
    }
