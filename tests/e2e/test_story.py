"""The demo's story, told by the servers' state and the Kubernetes API."""

from __future__ import annotations

import json
import re
import time

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT, Story
from partner_testbed import read_audit
from support.pwsh import on_both_engines, on_the_embedded_engine


@on_both_engines
def test_every_step_of_the_story_comes_true(stage: Stage) -> None:
    """From nothing to a proven trust, kept true, handed over, and gone again."""
    for step in Story(stage).steps():
        step.act()


@on_the_embedded_engine
def test_a_second_pass_over_a_converged_world_does_nothing(stage: Stage) -> None:
    """When nothing happens, each interval makes one observe run per organisation and not one write."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    logons = ("exchange-admin", "lync-admin")
    examples = stage.examples()
    for name in logons:
        line = f"  credentialsSecretRef: {{name: {name}}}\n"
        examples = examples.replace(line, f"{line}  interval: 1m\n")
    stage.apply_text(examples)
    stage.operator.start()
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
        stage.wait_ready(name, 120)
    _quiet(stage)
    _is_told(stage)
    writes = _api_writes(stage)
    servers_writes = len(stage.simulation.writes())
    before = stage.simulation.commands_started()

    def more() -> dict[str, int]:
        return {
            host: count - before[host]
            for host, count in stage.simulation.commands_started().items()
        }

    first_hosts = ["atl-exchange-001.litwareinc.com", "atl-fe-001.litwareinc.com"]
    stage.wait_for(
        "both intervals went by", lambda: all(more()[host] >= 1 for host in first_hosts), 120
    )
    stage.operator.stop()
    assert more() == {host: int(host in first_hosts) for host in before}
    assert _api_writes(stage) == writes
    assert len(stage.simulation.writes()) == servers_writes
    assert [stage.simulation.restarts(h) for h in stage.simulation.exchange_hosts()] == [1, 1]


def _api_writes(stage: Stage) -> object:
    """What moves with each write of the operator: the audit log, or (a cluster of others) its objects' versions."""
    audit = stage.plane.audit_log
    if audit is not None:
        user = f"system:serviceaccount:{stage.namespace}:partner-operator"
        return sum(event.writes for event in read_audit(audit, user))
    return stage.kubectl(
        "get", "pserver,papp,events", "-o", "jsonpath={.items[*].metadata.resourceVersion}"
    )


def _is_told(stage: Stage) -> None:
    """A line of `kubectl get` fits a terminal and has the end of a certificate; the log says who began what."""
    for kind in ("pserver", "papp"):
        heading, *lines = stage.kubectl("get", kind).splitlines()
        assert "CERTIFICATE ENDS" in heading
        assert all(re.search(r" \d{4}-\d{2}-\d{2} ", line) for line in lines)
        assert max(map(len, (heading, *lines))) <= 120
    log = [json.loads(line) for line in stage.operator.log.read_text().splitlines()]
    (start,) = (line for line in log if "version" in line)
    assert start["scope"] == stage.namespace
    changes = [line for line in log if line["logger"] == "partner_operator.audit"]
    told = sorted((line["operation"], line["host"].partition(".")[0]) for line in changes)
    assert told == [
        ("Register", "atl-exchange-001"),
        ("Register", "atl-fe-001"),
        ("Restart", "atl-exchange-001"),
        ("Restart", "atl-exchange-002"),
    ]
    assert all(line["before"] is None for line in changes if line["operation"] == "Register")


def _quiet(stage: Stage) -> None:
    """Wait until no remote run has begun for ten seconds: what the last change rang for is over."""
    known, since = stage.simulation.commands_started(), time.monotonic()

    def still() -> bool:
        nonlocal known, since
        now = stage.simulation.commands_started()
        if now != known:
            known, since = now, time.monotonic()
        return time.monotonic() - since > 10

    stage.wait_for("nothing goes on any more", still, 90)


def test_a_user_that_does_not_exist_is_a_failed_test_with_words(stage: Stage) -> None:
    """The verdict names the user; the operator and the Exchange side go on."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples().replace("kenmyer@", "nobody@"))
    stage.operator.start()
    stage.wait_ready(EXCHANGE_OBJECT, 120)
    stage.wait_for(
        "the test failed",
        lambda: (
            stage.condition("papp", LYNC_OBJECT, "Ready").get("reason") == "ConnectivityTestFailed"
        ),
        120,
    )
    connected = stage.condition("papp", LYNC_OBJECT, "Connected")
    assert connected["status"] == "False"
    assert "nobody" in connected["message"]
