"""A farm joins: six trusts among three products, told by the servers' state and the Kubernetes API."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, FOR_THE_FARM, LYNC_OBJECT, ON_THE_FARM
from partner_simulator.simulation import Simulation
from partner_simulator.views import ExchangeEntry, LyncEntry
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from support.pwsh import on_both_engines, on_the_embedded_engine


def rights(simulation: Simulation) -> dict[str, str]:
    """What the issuers' principals may do on the whole farm."""
    return {each.name: each.right for each in simulation.sharepoint_entries()}


def joined(stage: Stage) -> None:
    """Six trusts are declared, and the operator is at work."""
    simulation = stage.simulation
    exchange, lync = simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.secret("sharepoint-admin", *simulation.farm_credential())
    stage.apply_text(stage.examples())
    stage.apply_text(stage.examples("sharepoint"))
    stage.operator.start()


def look_again(stage: Stage, *servers: str) -> None:
    """A human asks for a pass over each of these servers."""
    word = f"partner-operator.io/reconcile-requested-at={uuid4()}"
    for server in servers:
        stage.kubectl("annotate", "--overwrite", "pserver", server, word)


def restarted_by_hand(stage: Stage) -> None:
    """An administrator runs iisreset on the farm, and asks for a look.

    Each host says by its own clock since when a worker counts, some seconds after the change.
    """
    stage.wait_for("young workers would count", lambda: is_over(stage))
    for host in names.SHAREPOINT_HOSTS:
        stage.simulation.iisreset(host)
    look_again(stage, "sharepoint")


def is_over(stage: Stage) -> bool:
    """Whether each host's clock is past the instant since which its workers are young."""
    hosts = stage.get("pserver", "sharepoint")["status"].get("iis", {}).get("hosts", [])
    since = [host.get("requiredSince") for host in hosts]
    now = stage.simulation.clock() - timedelta(seconds=2)
    return len(since) == 2 and all(each and datetime.fromisoformat(each) < now for each in since)


@on_both_engines
def test_six_trusts_come_true_and_go_again(stage: Stage) -> None:
    """Nobody restarts a farm by himself: until an administrator does, nothing is claimed of its workers."""
    simulation = stage.simulation
    joined(stage)

    for name in ON_THE_FARM:
        stage.wait_for(f"{name} waits for the workers", partial(waits, stage, name))
        assert stage.condition("papp", name, "Registered")["status"] == "True"
        assert stage.condition("papp", name, "Ready")["status"] == "Unknown"
    assert {
        (each.name, each.is_self_issuer, each.right, each.app_only)
        for each in simulation.sharepoint_entries()
    } == {("Exchange", True, "FullControl", True), ("Lync", True, "", False)}
    shown = stage.get("papp", ON_THE_FARM[0])["status"]["registration"]["permission"]
    assert shown == {"right": "FullControl", "appOnly": True}
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

    restarted_by_hand(stage)
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


@on_the_embedded_engine
def test_what_changes_elsewhere_is_followed(stage: Stage) -> None:
    """Certificates roll on either side, the farm gets another realm, and a script repairs what was not broken."""
    simulation = stage.simulation
    joined(stage)
    for name in ON_THE_FARM:
        stage.wait_for(f"{name} is registered", partial(registered, stage, name))
    restarted_by_hand(stage)
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT, *FOR_THE_FARM, *ON_THE_FARM):
        stage.wait_ready(name, 180)

    # A partner's certificate: the farm reads it, and only that entry waits for the workers.
    rolled = simulation.roll_exchange_certificate()
    look_again(stage, "sharepoint")
    stage.wait_for("the farm has the new certificate", lambda: rolled in of_farm(stage)["Exchange"])
    stage.wait_for("it waits", lambda: waits(stage, "exchange-on-sharepoint"))
    assert stage.condition("papp", "lync-on-sharepoint", "Ready")["status"] == "True"
    restarted_by_hand(stage)
    stage.wait_ready("exchange-on-sharepoint", 180)

    # The farm's own: published beside the first, so that the others can follow before it signs.
    queued = simulation.queue_sharepoint_certificate()
    look_again(stage, "exchange", "lync")
    stage.wait_for("both have read it", lambda: all(queued in keys for keys in for_farm(stage)))
    simulation.activate_queued_certificate()
    look_again(stage, "exchange", "lync")
    stage.wait_for("both left the old one", lambda: for_farm(stage) == [(queued,), (queued,)])
    stage.wait_for("they accept the farm's tokens", lambda: accepted(stage), 180)

    # Its realm: in place on Exchange, by another entry on Lync.
    before = len(simulation.configuration_writes())
    simulation.change_farm_realm(REALM)
    look_again(stage, "exchange", "lync")
    stage.wait_for("both have the realm", lambda: realms(stage) == [REALM, REALM])
    wrote = [write.what for write in simulation.configuration_writes()[before:]]
    assert "Remove-PartnerApplication" not in wrote
    assert "Remove-CsPartnerApplication" in wrote
    restarted_by_hand(stage)
    for name in FOR_THE_FARM:
        stage.wait_ready(name, 180)
    stage.wait_for("they accept the farm's tokens again", lambda: accepted(stage), 180)

    # What a script for add-ins does to entries that have nothing to do with them.
    good = shown(stage)
    simulation.repair_as_the_article_has_it()
    assert not any(each.is_self_issuer for each in simulation.sharepoint_entries())
    look_again(stage, "sharepoint")
    stage.wait_for("its entries are made again", lambda: shown(stage) == good, 180)
    for name in ON_THE_FARM:
        stage.wait_for(f"{name} waits for the workers", partial(waits, stage, name))
    restarted_by_hand(stage)
    for name in ON_THE_FARM:
        stage.wait_ready(name, 180)


REALM = "5f7d0f0e-3a52-4a7e-9d3b-0b7d2f6a91e4"


def registered(stage: Stage, name: str) -> bool:
    return stage.condition("papp", name, "Registered").get("status") == "True"


def waits(stage: Stage, name: str) -> bool:
    return stage.condition("papp", name, "Activated").get("reason") == "WaitingForActivation"


def of_farm(stage: Stage) -> dict[str, tuple[str, ...]]:
    """Certificates of the farm's issuers, by name."""
    return {each.name: each.thumbprints for each in stage.simulation.sharepoint_entries()}


def shown(stage: Stage) -> set[tuple[str, str, str, bool, frozenset[str]]]:
    """The farm's issuers."""
    return {
        (
            each.name,
            each.registered_issuer_name,
            each.metadata_end_point,
            each.is_self_issuer,
            frozenset(each.thumbprints),
        )
        for each in stage.simulation.sharepoint_entries()
    }


def for_farm(stage: Stage) -> list[tuple[str, ...]]:
    """Certificates that Exchange and Lync have of the farm."""
    return [entry.thumbprints for entry in entries_for_farm(stage)]


def realms(stage: Stage) -> list[str]:
    """The farm's realm as Exchange and Lync have it."""
    return [entry.realm for entry in entries_for_farm(stage)]


def entries_for_farm(stage: Stage) -> list[ExchangeEntry | LyncEntry]:
    """What Exchange and Lync have for the farm."""
    simulation = stage.simulation
    everyone: tuple[ExchangeEntry | LyncEntry, ...] = (
        *simulation.exchange_entries(),
        *simulation.lync_entries(),
    )
    return [entry for entry in everyone if entry.application_identifier == names.SHAREPOINT_ID]


def accepted(stage: Stage) -> bool:
    """Whether Exchange and Lync accept the farm's tokens."""
    roles = (Role.EXCHANGE, Role.FRONT_END)
    return all(stage.simulation.refused(role, Role.SHAREPOINT) is None for role in roles)
