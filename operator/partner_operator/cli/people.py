"""Options that all commands for people share: which cluster is asked, and for which namespace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

Command = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cluster is asked, and for which namespace."""

    namespace: str | None = None
    """None: the context's own."""
    everywhere: bool = False
    """All namespaces."""
    context: str | None = None
    kubeconfig: str | None = None


def one_namespace(command: Command) -> Command:
    """`-n`, `--context` and `--kubeconfig`; the command gets them as `scope`."""

    @wraps(command)
    def scoped(
        namespace: str | None, context: str | None, kubeconfig: str | None, **options: Any
    ) -> None:
        command(scope=Scope(namespace, False, context, kubeconfig), **options)

    return _cluster(scoped)


def any_namespace(command: Command) -> Command:
    """The same with `-A`."""

    @wraps(command)
    def scoped(
        namespace: str | None,
        all_namespaces: bool,
        context: str | None,
        kubeconfig: str | None,
        **options: Any,
    ) -> None:
        if all_namespaces and namespace is not None:
            raise click.UsageError("Give either --namespace or --all-namespaces.")
        command(scope=Scope(namespace, all_namespaces, context, kubeconfig), **options)

    everywhere = click.option(
        "-A", "--all-namespaces", is_flag=True, help="Look at all namespaces."
    )
    return everywhere(_cluster(scoped))


def _cluster(command: Command) -> Command:
    namespace = click.option(
        "-n",
        "--namespace",
        metavar="NS",
        help="Look at this namespace. Without it: at the one of the kubeconfig's context.",
    )
    context = click.option("--context", metavar="NAME", help="Context of the kubeconfig.")
    kubeconfig = click.option(
        "--kubeconfig",
        metavar="FILE",
        help="Which kubeconfig. Without it: $KUBECONFIG, else ~/.kube/config.",
    )
    return namespace(context(kubeconfig(command)))


def data(command: Command) -> Command:
    """`-o json|yaml`; the command gets it as `output`, None for people."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["json", "yaml"]),
        help="Print data for programs, as JSON or YAML.",
    )(command)
