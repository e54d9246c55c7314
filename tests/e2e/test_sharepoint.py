"""A farm joins: six trusts among three products, told by the servers' state and the Kubernetes API."""

from __future__ import annotations

from functools import partial

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, FOR_THE_FARM, LYNC_OBJECT, ON_THE_FARM, Story
from partner_simulator.world.machines import Role
from support.pwsh import on_both_engines


@on_both_engines
def test_six_trusts_come_true_and_go_again(stage: Stage) -> None:
    """Nobody restarts a farm by himself: until an administrator does, nothing is claimed of its workers."""
    simulation = stage.simulation
    exchange, lync = simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.secret("sharepoint-admin", *simulation.farm_credential())
    stage.apply_text(stage.examples())
    stage.apply_text(stage.examples("sharepoint"))
    stage.operator.start()

    def waits(name: str) -> bool:
        activated = stage.condition("papp", name, "Activated")
        return activated.get("reason") == "WaitingForActivation"

    for name in ON_THE_FARM:
        stage.wait_for(f"{name} waits for the workers", partial(waits, name))
        assert stage.condition("papp", name, "Registered")["status"] == "True"
        assert stage.condition("papp", name, "Ready")["status"] == "Unknown"
    assert {
        (each.name, each.is_self_issuer, each.right) for each in simulation.sharepoint_entries()
    } == {("Exchange", True, ""), ("Lync", True, "")}
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT, "sharepoint-on-lync"):
        stage.wait_ready(name)

    def tested(name: str = "sharepoint-on-exchange") -> bool:
        connected = stage.condition("papp", name, "Connected")
        return connected.get("reason") == "WaitingForCounterpart"

    stage.wait_for("Exchange's test waits for the farm", tested)
    assert stage.condition("papp", "sharepoint-on-exchange", "Ready")["status"] == "Unknown"
    assert simulation.refused(Role.EXCHANGE, Role.SHAREPOINT) is None
    assert simulation.refused(Role.FRONT_END, Role.SHAREPOINT) is None
    assert [simulation.restarts(host) for host in simulation.sharepoint_hosts()] == [0, 0]

    Story(stage).administrate_farm()
    asked = "partner-operator.io/reconcile-requested-at=now"
    stage.kubectl("annotate", "--overwrite", "pserver", "sharepoint", asked)
    for name in (*ON_THE_FARM, *FOR_THE_FARM):
        stage.wait_ready(name, 180)
    assert simulation.refused(Role.SHAREPOINT, Role.FRONT_END) is None
    assert simulation.refused(Role.SHAREPOINT, Role.EXCHANGE) is None
    for name, status, reason in (
        ("sharepoint-on-exchange", "True", "ConnectivityTestPassed"),
        ("sharepoint-on-lync", "Unknown", "NotTested"),
        ("lync-on-sharepoint", "Unknown", "NotTested"),
    ):
        connected = stage.condition("papp", name, "Connected")
        assert (connected["status"], connected["reason"]) == (status, reason)
    settings = stage.get("pserver", "sharepoint")["status"]["settings"]
    assert "AllowOAuthOverHttp: False" in settings

    # One at a time: to delete most of a namespace's applications at once asks for a consent.
    for name in (*ON_THE_FARM, *FOR_THE_FARM):
        stage.delete(name)
    assert simulation.sharepoint_entries() == []
    assert [each.identity for each in simulation.lync_entries()] == ["Exchange"]
