"""The API server at its worst, and rights that are taken away: the operator's process lives, says it, and goes on."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import pytest
from kubernetes import client

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from support.kube.proxy import LOST, RESET, Fault, proxied
from support.left_out import never_left_out
from support.pwsh import EMBEDDED

pytestmark = pytest.mark.parametrize(
    "pwsh", [pytest.param(EMBEDDED, marks=never_left_out)], indirect=True
)
BOTH = (EXCHANGE_OBJECT, LYNC_OBJECT)


def declare(stage: Stage) -> None:
    """Secrets, examples, and an operator that has made all of it true."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.operator.start()
    for name in BOTH:
        stage.wait_ready(name, 180)


def test_every_tenth_answer_is_an_error(stage: Stage) -> None:
    """From the first registration to the last removal: all of it once, by one process."""
    kinds: list[Fault] = [500, 429, RESET, 503, LOST]
    faults, numbers = itertools.cycle(kinds), itertools.count(1)
    with proxied(stage.folder / "operator.kubeconfig") as proxy:
        proxy.choose = lambda method, path: next(faults) if next(numbers) % 10 == 0 else None
        declare(stage)
        process = stage.operator.pid
        assert stage.simulation.trust_works() is None
        restarted = [stage.simulation.restarts(host) for host in stage.simulation.exchange_hosts()]
        stage.delete()
        assert set(proxy.faults) == set(kinds)
        assert (stage.operator.running, stage.operator.pid) == (True, process)
        assert "broke off" not in stage.operator.log.read_text()
        stage.operator.stop()
    assert set(restarted) == {1}
    assert [e for e in stage.simulation.exchange_entries() if not e.use_auth_server] == []
    commands = [write.what.split()[0] for write in stage.simulation.configuration_writes()]
    for command in ("New-PartnerApplication", "New-CsPartnerApplication"):
        assert commands.count(command) == 1, commands


RIGHTS = [
    ("partnerservers", "get"),
    ("partnerservers", "list"),
    ("partnerapplications", "list"),
    ("partnerapplications/status", "patch"),
    ("partnerservers/status", "patch"),
    ("secrets", "get"),
]


def _told(stage: Stage, before: int, resource: str, verb: str) -> bool:
    return _names(stage.operator.log.read_text()[before:], resource, verb)


def _answered(stage: Stage, token: str) -> bool:
    objects = (("papp", LYNC_OBJECT), ("pserver", "exchange"))
    told = [stage.get(*each)["status"].get("lastHandledReconcileAt") for each in objects]
    return told == [token, token]


def test_each_right_is_taken_away_and_given_back(stage: Stage) -> None:
    """The process lives, the log names the right, and with it the work goes on."""
    declare(stage)
    process = stage.operator.pid
    with stage.plane.api_client() as api:
        rbac: Any = client.RbacAuthorizationV1Api(api)
        whole = rbac.read_namespaced_role("partner-operator", stage.namespace).rules
        for resource, verb in RIGHTS:
            _put(rbac, stage, _without(whole, resource, verb))
            told = len(stage.operator.log.read_text())
            token = f"{resource.replace('/', '-')}-{verb}"
            for kind, name in (("papp", LYNC_OBJECT), ("pserver", "exchange")):
                request = f"partner-operator.io/reconcile-requested-at={token}"
                stage.kubectl("annotate", kind, name, request, "--overwrite")
            stage.wait_for(
                f"the log names {verb} {resource}", partial(_told, stage, told, resource, verb)
            )
            _put(rbac, stage, whole)
            stage.wait_for(f"{token} is answered", partial(_answered, stage, token))
            assert (stage.operator.running, stage.operator.pid) == (True, process)


def _without(rules: list[Any], resource: str, verb: str) -> list[Any]:
    """The rules without one verb on one resource."""
    kept = []
    for rule in rules:
        for one in rule.resources:
            verbs = [v for v in rule.verbs if (one, v) != (resource, verb)]
            kept.append({"apiGroups": rule.api_groups, "resources": [one], "verbs": verbs})
    return [rule for rule in kept if rule["verbs"]]


def _put(rbac: Any, stage: Stage, rules: list[Any]) -> None:
    role = rbac.read_namespaced_role("partner-operator", stage.namespace)
    role.rules = rules
    rbac.replace_namespaced_role("partner-operator", stage.namespace, role)


def _names(log: str, resource: str, verb: str) -> bool:
    """Whether the API server's refusal of this right is told."""
    return f'cannot {verb} resource \\"{resource}\\"' in log
