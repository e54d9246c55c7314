"""Install CustomResourceDefinitions and wait until they can be used."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, dynamic

_LIMIT = 30.0
_NO_FILE = os.path.join(os.devnull, "none")


def dynamic_client(api: Any) -> Any:
    """Return a client of every kind that the API server has now.

    The library would keep a file for each port, and believe it of the next server on that port.
    """
    return dynamic.DynamicClient(api, cache_file=_NO_FILE)  # type: ignore[no-untyped-call]


def install_crds(api: Any, paths: Iterable[Path]) -> list[str]:
    """Apply the CRDs in some YAML files; return their names once each can be listed.

    Established alone is not enough: the handler of a new resource can be a moment behind it.
    """
    documents = [
        document
        for path in paths
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        if document
    ]
    objects = dynamic_client(api)
    definitions = objects.resources.get(
        api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition"
    )
    for document in documents:
        definitions.server_side_apply(
            body=document,
            name=document["metadata"]["name"],
            field_manager="partner-testbed",
            force_conflicts=True,
        )
    deadline = time.monotonic() + _LIMIT
    for document in documents:
        while not _listed(api, document["spec"]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{document['metadata']['name']} cannot be listed yet")
            time.sleep(0.05)
    return [document["metadata"]["name"] for document in documents]


def _listed(api: Any, spec: dict[str, Any]) -> bool:
    objects = client.CustomObjectsApi(api)
    try:
        for version in spec["versions"]:
            if version["served"]:
                objects.list_cluster_custom_object(
                    spec["group"], version["name"], spec["names"]["plural"], limit=1
                )
    except client.ApiException as error:
        if error.status != 404:
            raise
        return False
    return True
