"""Which cluster to work for: what a kubeconfig or the pod's ServiceAccount says, for the operator and for a person."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from yaml import YAMLError

POD = "The pod's ServiceAccount"
USUAL = ".kube/config"
"""Where kubectl looks below the home folder."""
_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # a path
_NAMESPACE = Path(_SERVICE_ACCOUNT).with_name("namespace")

_UNUSABLE = (ConfigException, OSError, ValueError, YAMLError, TypeError, AttributeError)
"""What an unusable kubeconfig raises: no such context, file or certificate; no YAML; a list; a text; nothing."""


class NoCluster(Exception):
    """Nothing says which cluster to work for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is written which cluster to work for."""

    path: str | None
    """As KUBECONFIG names files; None: the pod's ServiceAccount."""
    called: str
    """For people."""
    context: str | None = None
    """None: the current one."""

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """For reading it and for connecting as it says. Raises NoCluster where it is of no use."""
        try:
            yield
        except _UNUSABLE as problem:
            raise self._no_cluster(problem) from problem

    async def read(self) -> tuple[Configuration, str | None]:
        """Where the API server is, and the context's namespace or the pod's. To be called inside `used`."""
        configuration = Configuration()
        if self.path:
            if not _any_file(self.path):
                # The library logs this, and then misses a key in the nothing that it read.
                raise ConfigException("there is no such file")
            loader = await load_kube_config(  # type: ignore[no-untyped-call]  # published without types
                config_file=self.path,
                context=self.context,
                client_configuration=configuration,
                persist_config=False,
            )
            chosen = loader.current_context["context"].get("namespace")
            return configuration, None if chosen is None else str(chosen)
        load_incluster_config(  # type: ignore[no-untyped-call]  # published without types
            client_configuration=configuration
        )
        return configuration, _NAMESPACE.read_text().strip()

    def _no_cluster(self, problem: Exception) -> NoCluster:
        told = isinstance(problem, ConfigException | OSError)
        why = str(problem) if told else "it does not read as a kubeconfig"
        context = self.context
        if context and f"object with name {context} in " in why and "contexts list" in why:
            why = f"it has no context {context}"
        return NoCluster(f"{self.called} leads to no cluster: {why}")


def of_the_operator() -> Place:
    """`$KUBECONFIG` where that is set, else the pod's ServiceAccount. Raises NoCluster.

    A developer's usual kubeconfig is never used unasked.
    """
    path = os.environ.get("KUBECONFIG")
    if path:
        return Place(path, f"KUBECONFIG {path}")
    if not _in_a_pod():
        raise NoCluster("Not in a pod, and KUBECONFIG is not set: set it to a kubeconfig file.")
    return Place(None, POD)


def of_a_person(kubeconfig: str | None = None, context: str | None = None) -> Place:
    """As kubectl finds it: `kubeconfig`, `$KUBECONFIG`, `~/.kube/config`, or a pod's ServiceAccount.

    Raises NoCluster.
    """
    if kubeconfig:
        return Place(kubeconfig, f"--kubeconfig {kubeconfig}", context)
    variable = os.environ.get("KUBECONFIG")
    if variable:
        return Place(variable, f"KUBECONFIG {variable}", context)
    usual = os.path.expanduser(f"~/{USUAL}")
    if os.path.isfile(usual):  # not every user of a pod has a home
        return Place(usual, usual, context)
    if context or not _in_a_pod():
        raise NoCluster(
            f"There is no kubeconfig: KUBECONFIG is not set, and ~/{USUAL} is not there. Name one: "
            "--kubeconfig FILE."
        )
    return Place(None, POD)


def _in_a_pod() -> bool:
    return os.access(_SERVICE_ACCOUNT, os.R_OK)


def _any_file(paths: str) -> bool:
    """Whether one of the files is there that KUBECONFIG names."""
    return any(os.path.exists(os.path.expanduser(path)) for path in paths.split(os.pathsep))
