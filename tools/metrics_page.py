"""Metrics and alerts as a page: docs/metrics.md, from the operator's own table and manifests/monitoring/alerts.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from page_lines import bullet
from partner_operator.metrics.families import FAMILIES

ALERTS = Path(__file__).resolve().parents[1] / "manifests" / "monitoring" / "alerts.yaml"

HEAD: Final = """# Metrics, alerts, dashboard
`partner-operator run --metrics http://0.0.0.0:9402/metrics` lets Prometheus scrape the operator; without the option nothing listens.
The Deployment has it, on the port `metrics`. In [manifests/monitoring](../manifests/monitoring) are a ServiceMonitor, the alert rules
and a dashboard for Grafana, which asks for a data source when it is imported.

- **What it is**: the state of the operator when it is asked, and of its objects as their workers last read or wrote them. A scrape asks neither the
  API server nor a Windows server. An object that is gone has no series any more.
- **Every replica answers.** A stand-by says `partner_operator_lease_held 0`, and nothing of objects.
- **Labels** are names of objects and words of closed lists. What a server, a document or a certificate says of itself is none, and no host is.
  `namespace` is that of the object: scrape with `honor_labels: true`, as the ServiceMonitor does.
- **Counters** begin anew with the process. What a status remembers (certificates, tests, budget) does not.
- **Who may ask**: everybody who reaches the port. There are no secrets in it, but who trusts whom is. The NetworkPolicy opens the port to all;
  say there to whom.
- Beside these there are the usual ones of a Python process (`process_resident_memory_bytes`, `python_gc_collections_total` and so on).

## Metrics
"""

ALERTS_HEAD: Final = """
## Alerts
Each names in `runbook` a line of these pages; each is made to fire and to end by a test (`tests/metrics/test_alerts_fire.py`).
A PartnerApplication that is suspended fires none.

| alert | severity | after | runbook |
|---|---|---|---|
"""

TAIL: Final = """
### PartnerOperatorDeaf
The operator wrote a status, and its watch has not told of it for a minute. It may not hear of new objects and of changes either; its regular passes
go on. The liveness probe fails for the same reason, so the kubelet restarts it. If that does not help: look at the API server, and at what stands
between it and the pod (a proxy that keeps dead connections).

### PartnerOperatorAbsent
No replica is scraped, or none holds the Lease. Nothing is repaired, followed or tested meanwhile; what is trusted stays trusted. Look at the pods
(`kubectl --namespace partner-operator get pods`), their log, the Lease (`kubectl --namespace partner-operator get lease`), and whether Prometheus
reaches the port (NetworkPolicy, ServiceMonitor). Two operators that serve different namespaces need two such alerts: add a label of their jobs.

### PartnerOperatorRefused
The API server refuses requests: 401 (its token) or 403 (its rights, or a webhook). The operator's log names the request and the API server's sentence.
Apply the Role or ClusterRole of this version; a namespace that is closed to the operator is not served until then.
"""


def metrics_page() -> str:
    """The page docs/metrics.md."""
    metrics = [
        bullet(f"`{family.name}` ({family.type}{_labels(family.labels)}): {family.meaning}")
        for family in FAMILIES
    ]
    alerts = [_alert(rule) for rule in _rules() if "alert" in rule]
    return HEAD + "".join(metrics) + ALERTS_HEAD + "\n".join(alerts) + "\n" + TAIL


def _labels(labels: Sequence[str]) -> str:
    return f"; {', '.join(f'`{label}`' for label in labels)}" if labels else ""


def _rules() -> list[dict[str, Any]]:
    spec = yaml.safe_load(ALERTS.read_text())["spec"]
    return [rule for group in spec["groups"] for rule in group["rules"]]


def _alert(rule: dict[str, Any]) -> str:
    severity, after = rule["labels"]["severity"], rule.get("for", "at once")
    return f"| `{rule['alert']}` | {severity} | {after} | {_runbook(rule['annotations'])} |"


def _runbook(annotations: dict[str, str]) -> str:
    page, _, anchor = annotations["runbook"].removeprefix("docs/").partition("#")
    if "{{" in anchor:
        return f"[the reason that Ready has]({page})"
    link = f"#{anchor}" if page == "metrics.md" else f"{page}#{anchor}"
    return f"[{anchor}]({link})"
