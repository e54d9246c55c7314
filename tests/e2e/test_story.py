"""The demo's story, told by the servers' state and the Kubernetes API."""

from __future__ import annotations

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT, Story
from partner_testbed import read_audit


def test_every_step_of_the_story_comes_true(stage: Stage) -> None:
    """From nothing to a proven trust, kept true, handed over, and gone again."""
    for step in Story(stage).steps():
        step.act()


def test_a_second_pass_over_a_converged_world_does_nothing(stage: Stage) -> None:
    """One observe run per organisation; 0 changes, 0 restarts, 0 API writes."""
    story = Story(stage)
    story.apply_examples()
    story._settle()
    user = f"system:serviceaccount:{stage.namespace}:partner-operator"
    audit = stage.plane.audit_log
    assert audit is not None
    writes = sum(event.writes for event in read_audit(audit, user))
    commands = stage.simulation.commands_started()
    stage.operator.stop()
    stage.operator.start()
    stage.wait_for(
        "both organisations were looked at",
        lambda: sum(stage.simulation.commands_started().values()) >= sum(commands.values()) + 2,
    )
    stage.operator.stop()
    after = stage.simulation.commands_started()
    assert sum(after.values()) == sum(commands.values()) + 2
    assert sum(event.writes for event in read_audit(audit, user)) == writes
    assert [stage.simulation.restarts(h) for h in stage.simulation.exchange_hosts()] == [1, 1]


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
