"""The plainest life cycles, with a real API server and real PowerShell: judged by the servers' own state."""

from __future__ import annotations

from collections.abc import Callable

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT

BOTH = (EXCHANGE_OBJECT, LYNC_OBJECT)


def declare(stage: Stage) -> str:
    """Secrets, examples, and an operator that has made all of it true. The examples, as applied."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    examples = stage.examples()
    stage.apply_text(examples)
    stage.operator.start()
    for name in BOTH:
        stage.wait_ready(name, 180)
    return examples


def uids(stage: Stage) -> set[str]:
    """Of all applications."""
    text = stage.kubectl("get", "papp", "-o", "jsonpath={.items[*].metadata.uid}")
    return set(text.split())


def restarts(stage: Stage) -> list[int]:
    """Per Exchange host."""
    return [stage.simulation.restarts(host) for host in stage.simulation.exchange_hosts()]


def test_a_rename_that_prunes_first_changes_nothing_on_the_servers(
    make_stage: Callable[..., Stage],
) -> None:
    """C22: Argo CD deletes the old objects, and the operator sees that before the new ones come."""
    stage = make_stage(settle="20s")
    examples = declare(stage)
    before, restarted = len(stage.simulation.configuration_writes()), restarts(stage)
    old = uids(stage)
    stage.kubectl("delete", "papp", *BOTH, "--wait=false")
    for name in BOTH:
        stage.wait_for(
            f"the deletion of {name} settles",
            lambda name=name: (  # type: ignore[misc]
                stage.condition("papp", name, "Ready").get("reason") == "WaitingForSettle"
            ),
            60,
        )
    for name in BOTH:
        examples = examples.replace(f"name: {name}", f"name: {name}-2")
    stage.apply_text(examples)
    stage.wait_for("the old objects are gone", lambda: not uids(stage) & old, 120)
    for name in BOTH:
        stage.wait_ready(f"{name}-2", 180)
        registration = stage.get("papp", f"{name}-2")["status"]["registration"]
        assert registration["createdByUs"] is True
    assert stage.simulation.configuration_writes()[before:] == []
    assert restarts(stage) == restarted
    assert stage.simulation.trust_works() is None


def test_deleted_and_applied_again_it_works_again(stage: Stage) -> None:
    """Another uid, another entry; the account and its roles are those of the first time."""
    examples = declare(stage)
    [first] = [e for e in stage.simulation.exchange_entries() if not e.use_auth_server]
    stage.kubectl("delete", "papp", *BOTH, "--timeout=150s")
    assert [e for e in stage.simulation.exchange_entries() if not e.use_auth_server] == []
    assert stage.simulation.lync_entries() == []
    stage.apply_text(examples)
    for name in BOTH:
        stage.wait_ready(name, 180)
        assert stage.get("papp", name)["status"]["registration"]["createdByUs"] is True
    [second] = [e for e in stage.simulation.exchange_entries() if not e.use_auth_server]
    assert second.name == first.name
    assert len(stage.simulation.lync_entries()) == 1
    assert restarts(stage) == [2, 2]
    assert stage.simulation.trust_works() is None
