"""Who else writes an object: what Flux or Argo CD applies, it applies again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from partner_operator.texts import shown

_FLUX: Final = {
    "kustomize.toolkit.fluxcd.io": ("Kustomization", "kustomization"),
    "helm.toolkit.fluxcd.io": ("HelmRelease", "helmrelease"),
}
_TRACKING: Final = "argocd.argoproj.io/tracking-id"
_INSTANCES: Final = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_MANAGERS: Final = {
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
}


def put_back(body: Mapping[str, Any], what: str) -> str:
    """A sentence on who puts `what` back if Git says otherwise, and what stops that; empty: nobody is seen."""
    applier = _applier(body["metadata"])
    if not applier:
        return ""
    who, stop = applier
    return shown(
        f"{who} applies this object, and puts {what} back at its next run if Git says otherwise. Change it in Git too"
        f"{f', or stop it meanwhile: {stop}' if stop else ''}."
    )


def _applier(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    """Its name for people, and the command that stops it for a while."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for prefix, (kind, word) in _FLUX.items():
        name, namespace = labels.get(f"{prefix}/name"), labels.get(f"{prefix}/namespace")
        if name:
            where = f" -n {namespace}" if namespace else ""
            return f"Flux's {kind} {name}", f"flux suspend {word} {name}{where}"
    managers = {
        _MANAGERS.get(str(each.get("manager"))) for each in metadata.get("managedFields") or ()
    }
    application = str(annotations.get(_TRACKING, "")).partition(":")[0]
    if not application and "Argo CD" in managers:
        application = next((str(labels[each]) for each in _INSTANCES if each in labels), "")
    application = application or str(labels.get(_INSTANCES[0], ""))
    if application:
        stop = f"argocd app set {application} --sync-policy none"
        return f"Argo CD's Application {application}", stop
    known = next((each for each in ("Flux", "Argo CD") if each in managers), None)
    return (known, "") if known is not None else None
