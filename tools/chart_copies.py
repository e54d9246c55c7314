"""What the chart has of crds/ and manifests/: Helm reads nothing outside a chart, so there are copies."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIES = ROOT / "charts" / "partner-operator" / "files"
_LEFT = {"kustomization.yaml", "namespace.yaml"}
"""kustomize's own, and the namespace, which `helm --create-namespace` makes."""


def copies() -> dict[Path, str]:
    """Each copy, and the text that it must have."""
    manifests = ROOT / "manifests"
    sources = {path: path.relative_to(ROOT) for path in (ROOT / "crds").glob("*.yaml")}
    sources |= {
        path: path.relative_to(manifests)
        for folder in ("base", "rbac", "monitoring")
        for path in (manifests / folder).rglob("*")
        if path.is_file() and path.name not in _LEFT
    }
    return {COPIES / target: source.read_text() for source, target in sorted(sources.items())}
