"""A farm joins: six trusts among three products, told by the servers' state and the Kubernetes API."""

from __future__ import annotations

from functools import partial

from partner_demo.operator_process import ROOT
from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from support.pwsh import on_both_engines

ON_THE_FARM = ("exchange-on-sharepoint", "lync-on-sharepoint")
FOR_THE_FARM = ("sharepoint-on-exchange", "sharepoint-on-lync")


def settled(stage: Stage) -> str:
    """The example, with the stage's times."""
    text = (ROOT / "examples" / "sharepoint.yaml").read_text()
    line = "  credentialsSecretRef: {name: sharepoint-admin}\n"
    return text.replace(line, f"{line}  removal: {{settle: 1s}}\n")


def rights(simulation: Simulation) -> dict[str, str]:
    """What the issuers' principals may do on the whole farm."""
    return {each.name: each.right for each in simulation.sharepoint_entries()}


@on_both_engines
def test_six_trusts_come_true_and_go_again(stage: Stage) -> None:
    """Nobody restarts a farm by himself: until an administrator does, nothing is claimed of its workers."""
    simulation = stage.simulation
    exchange, lync = simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.secret("sharepoint-admin", *simulation.farm_credential())
    stage.apply_text(stage.examples())
    stage.apply_text(settled(stage))
    stage.operator.start()

    def waits(name: str) -> bool:
        activated = stage.condition("papp", name, "Activated")
        return activated.get("reason") == "WaitingForActivation"

    for name in ON_THE_FARM:
        stage.wait_for(f"{name} waits for the workers", partial(waits, name))
        assert stage.condition("papp", name, "Registered")["status"] == "True"
        assert stage.condition("papp", name, "Ready")["status"] == "Unknown"
    assert {
        (each.name, each.is_self_issuer, each.right, each.app_only)
        for each in simulation.sharepoint_entries()
    } == {("Exchange", True, "FullControl", True), ("Lync", True, "", False)}
    shown = stage.get("papp", ON_THE_FARM[0])["status"]["registration"]["permission"]
    assert shown == {"right": "FullControl", "appOnly": True}
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT, *FOR_THE_FARM):
        stage.wait_ready(name)
    assert simulation.refused(Role.EXCHANGE, Role.SHAREPOINT) is None
    assert simulation.refused(Role.FRONT_END, Role.SHAREPOINT) is None
    assert [simulation.restarts(host) for host in simulation.sharepoint_hosts()] == [0, 0]

    for host in names.SHAREPOINT_HOSTS:
        simulation.iisreset(host)
    asked = "partner-operator.io/reconcile-requested-at=now"
    stage.kubectl("annotate", "--overwrite", "pserver", "sharepoint", asked)
    for name in ON_THE_FARM:
        stage.wait_ready(name, 180)
    assert simulation.refused(Role.SHAREPOINT, Role.FRONT_END) is None
    assert simulation.refused(Role.SHAREPOINT, Role.EXCHANGE) is None

    # Declared no more, it is taken: then the token is still known, and may do nothing.
    nothing = '{"spec": {"sharePoint": {"permission": "None"}}}'
    stage.kubectl("patch", "papp", ON_THE_FARM[0], "--type=merge", "-p", nothing)
    stage.wait_for(
        "the permission is taken", lambda: rights(simulation) == {"Exchange": "", "Lync": ""}
    )
    for host in names.SHAREPOINT_HOSTS:
        simulation.iisreset(host)
    refused = simulation.refused(Role.SHAREPOINT, Role.EXCHANGE)
    assert refused is not None
    assert "3002002" in refused

    # One at a time: to delete most of a namespace's applications at once asks for a consent.
    for name in (*ON_THE_FARM, *FOR_THE_FARM):
        stage.delete(name)
    assert simulation.sharepoint_entries() == []
    assert [each.identity for each in simulation.lync_entries()] == ["Exchange"]
