"""The story of the demo: its steps, each told by what the servers say, not by the operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from partner_demo.stage import Stage, StageError
from partner_simulator.simulation import Simulation
from partner_simulator.world.machines import Role

EXCHANGE_OBJECT = "lync-on-exchange"
LYNC_OBJECT = "exchange-on-lync"
ON_THE_FARM = ("exchange-on-sharepoint", "lync-on-sharepoint")
FOR_THE_FARM = ("sharepoint-on-exchange", "sharepoint-on-lync")


NAMES = {Role.EXCHANGE: "Exchange", Role.FRONT_END: "Lync", Role.SHAREPOINT: "SharePoint"}
FARM_PAIRS = (
    (Role.SHAREPOINT, Role.EXCHANGE),
    (Role.SHAREPOINT, Role.FRONT_END),
    (Role.EXCHANGE, Role.SHAREPOINT),
    (Role.FRONT_END, Role.SHAREPOINT),
)
"""Who takes whose tokens when a farm has joined."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, and the check that reads the servers' state."""

    title: str
    command: str
    act: Callable[[], None]


def told_by_servers(simulation: Simulation) -> Iterator[str]:
    """The state that matters, straight out of the simulated servers."""
    ours = [entry for entry in simulation.exchange_entries() if not entry.use_auth_server]
    for entry in ours:
        state = "enabled" if entry.enabled else "DISABLED"
        yield (
            f"Exchange trusts {entry.name} ({state}, {len(entry.thumbprints)} certificate(s), "
            f"{entry.auth_metadata_url})"
        )
    if not ours:
        yield "Exchange trusts nobody on premises"
    lync = simulation.lync_entries()
    for partner in lync:
        yield f"Lync trusts {partner.identity} ({partner.trust_level}, {partner.metadata_url})"
    if not lync:
        yield "Lync trusts nobody"
    for host in simulation.exchange_hosts():
        yield f"{host} was restarted {simulation.restarts(host)} time(s)"
    works = simulation.trust_works()
    yield "a token signed by Lync " + (
        "opens the mailbox" if works is None else f"is refused: {works}"
    )
    if simulation.sharepoint_entries():
        yield from _told_by_the_farm(simulation)


def _told_by_the_farm(simulation: Simulation) -> Iterator[str]:
    for issuer in simulation.sharepoint_entries():
        may = f"may {issuer.right}" if issuer.right else "no permission"
        yield f"SharePoint trusts {issuer.name} ({may}, {issuer.metadata_end_point})"
    for host in simulation.sharepoint_hosts():
        yield f"{host} was restarted {simulation.restarts(host)} time(s)"
    for server, partner in FARM_PAIRS:
        refused = simulation.refused(server, partner)
        taken = "is taken" if refused is None else f"is refused: {refused}"
        yield f"{NAMES[server]}: a token signed by {NAMES[partner]} {taken}"


class Story:
    """The steps, and what must be true after each."""

    def __init__(self, stage: Stage) -> None:
        """`stage` is set up; its operator may be running already."""
        self.stage = stage
        self.simulation = stage.simulation

    def steps(self) -> list[Step]:
        """All steps in their order."""
        return [
            Step("Nothing is trusted yet", "Test-CsExStorageConnectivity", self.nothing_trusted),
            Step(
                "Four YAML documents",
                "kubectl apply -f examples/litwareinc.yaml",
                self.apply_examples,
            ),
            Step(
                "Somebody disables the entry by hand, and restarts IIS",
                "Set-PartnerApplication -Enabled $false",
                self.disable,
            ),
            Step("Lync's certificate is rolled", "Set-CsCertificate -Roll", self.roll),
            Step(
                "A second pass over a converged world changes nothing",
                "kubectl annotate papp",
                self.second_pass,
            ),
            Step(
                "The objects are renamed: trust is handed over",
                "kubectl apply; kubectl delete",
                self.rename,
            ),
            Step(
                "A farm joins: six trusts; its administrator runs iisreset there",
                "kubectl apply -f examples/sharepoint.yaml",
                self.join,
            ),
            Step(
                "The objects are deleted: so many at once are held until somebody means it",
                "kubectl delete papp --all",
                self.delete,
            ),
        ]

    def nothing_trusted(self) -> None:
        """The test fails before anything was declared."""
        self._expect(self.simulation.trust_works() is not None, "a token is accepted already")

    def apply_examples(self) -> None:
        """Both directions are registered, each host restarted once, the test passes."""
        exchange, lync = self.simulation.credentials()
        self.stage.secret("exchange-admin", *exchange)
        self.stage.secret("lync-admin", *lync)
        self.stage.apply_text(self.stage.examples())
        self.stage.operator.start()
        for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
            self.stage.wait_ready(name)
        self._expect_trust()
        for host in self.simulation.exchange_hosts():
            restarts = self.simulation.restarts(host)
            self._expect(restarts == 1, f"{host} was restarted {restarts} times")

    def disable(self) -> None:
        """A change by hand is noticed by content, named in an Event by field, and repaired."""
        self.simulation.disable_entry()
        self._expect(self.simulation.trust_works() is not None, "a disabled entry is still trusted")
        self._now("pserver", "exchange")
        self.stage.wait_for("the entry is enabled again", self._exchange_enabled)
        self._settle()
        events = self.stage.kubectl(
            "get",
            "events",
            "--field-selector",
            "reason=DriftDetected",
            "-o",
            "jsonpath={.items[*].message}",
        )
        self._expect("enabled" in events, f"no Event names the field: {events!r}")
        self._expect_trust()

    def roll(self) -> None:
        """While both certificates are published, Exchange reads the new one; no test fails."""
        failed = self.simulation.failed_tests()
        thumbprint = self.simulation.roll_lync_certificate()
        self._now("pserver", "exchange")
        self.stage.wait_for(
            "Exchange has the new certificate",
            lambda: any(
                thumbprint in entry.thumbprints for entry in self.simulation.exchange_entries()
            ),
        )
        self._settle()
        self.simulation.activate_rolled_certificate()
        self._expect_trust()
        self._now("papp", LYNC_OBJECT)
        self._settle()
        self._expect(self.simulation.failed_tests() == failed, "a test failed in between")

    def second_pass(self) -> None:
        """One observe run per organisation, nothing else."""
        writes = len(self.simulation.writes())
        restarts = self._restarts()
        for server in ("exchange", "lync"):
            self._now("pserver", server)
        self._settle()
        self._expect(self._restarts() == restarts, "a host was restarted")
        self._expect(len(self.simulation.writes()) == writes, "something was written")

    def rename(self) -> None:
        """New objects for the same trust, then the old ones go: no change on the servers."""
        writes = len(self.simulation.configuration_writes())
        renamed = self.stage.examples()
        for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
            renamed = renamed.replace(f"name: {name}", f"name: {name}-2")
        self.stage.apply_text(renamed)
        self.stage.delete(EXCHANGE_OBJECT, LYNC_OBJECT)
        for name in (f"{EXCHANGE_OBJECT}-2", f"{LYNC_OBJECT}-2"):
            self.stage.wait_ready(name)
        changed = self.simulation.configuration_writes()[writes:]
        self._expect(not changed, f"the servers were changed: {changed}")
        self._expect_trust()

    def join(self) -> None:
        """Nobody restarts a farm by himself: what is registered waits for its administrator, and for nobody else."""
        self.stage.secret("sharepoint-admin", *self.simulation.farm_credential())
        self.stage.apply_text(self.stage.examples("sharepoint"))
        for name in ON_THE_FARM:
            self.stage.wait_for(f"{name} is registered", partial(self._registered, name))
        self.administrate_farm()
        self._now("pserver", "sharepoint")
        # The others too: Exchange restarts once more, and what it did before is tested anew.
        for name in (*FOR_THE_FARM, *self._objects()):
            self.stage.wait_ready(name)
        for server, partner in FARM_PAIRS:
            refused = self.simulation.refused(server, partner)
            self._expect(refused is None, f"{server} refuses a token of {partner}: {refused}")

    def administrate_farm(self) -> None:
        """What its administrator does: he restarts IIS."""
        self.stage.wait_for("workers that start now know the change", self._is_later)
        for host in self.simulation.sharepoint_hosts():
            self.simulation.iisreset(host)

    def _is_later(self) -> bool:
        """The hosts were looked at since the change, and their clocks show a later second."""
        status = self.stage.get("pserver", "sharepoint")["status"]
        told = [host.get("requiredSince") for host in status.get("iis", {}).get("hosts", [])]
        if not told or not all(told):
            return False
        return max(map(datetime.fromisoformat, told)) < self.simulation.clock()

    def _registered(self, name: str) -> bool:
        return bool(self.stage.condition("papp", name, "Registered").get("status") == "True")

    def _held(self) -> bool:
        return all(
            self.stage.condition("papp", found, "Ready").get("reason") == "DeletionBlocked"
            for found in self._objects()
        )

    def _objects(self) -> list[str]:
        found = self.stage.kubectl("get", "papp", "-o", "name").split()
        return [line.partition("/")[2] for line in found]

    def delete(self) -> None:
        """What we created is removed; what was there before stays."""
        self.stage.kubectl("delete", "papp", "--all", "--wait=false")
        self.stage.wait_for("all are held", self._held)
        self._expect(len(self.simulation.lync_entries()) == 2, "something was removed already")
        for server in ("exchange", "lync", "sharepoint"):
            self._now("pserver", server)
        self.stage.delete()
        left = [entry.name for entry in self.simulation.exchange_entries()]
        self._expect(not self.simulation.sharepoint_entries(), "SharePoint still trusts somebody")
        self._expect(not self.simulation.lync_entries(), "Lync still trusts somebody")
        self._expect(
            all(entry.use_auth_server for entry in self.simulation.exchange_entries()),
            f"Exchange still has {left}",
        )
        self._expect("Exchange Online" in left, "a stock entry of Exchange is gone")

    def _expect_trust(self) -> None:
        why_not = self.simulation.trust_works()
        self._expect(why_not is None, f"a token of Lync is refused: {why_not}")

    def _exchange_enabled(self) -> bool:
        ours = [entry for entry in self.simulation.exchange_entries() if not entry.use_auth_server]
        return bool(ours) and all(entry.enabled for entry in ours)

    def _restarts(self) -> list[int]:
        return [self.simulation.restarts(host) for host in self.simulation.exchange_hosts()]

    def _now(self, kind: str, name: str) -> None:
        """Ask for a pass now, as a user would."""
        token = f"partner-operator.io/reconcile-requested-at={self.simulation.clock().isoformat()}"
        self.stage.kubectl("annotate", kind, name, token, "--overwrite")

    def _settle(self) -> None:
        """Wait until both directions are Ready and every request was handled."""

        def handled() -> bool:
            for kind, name in (
                ("pserver", "exchange"),
                ("pserver", "lync"),
                ("papp", EXCHANGE_OBJECT),
                ("papp", LYNC_OBJECT),
            ):
                found = self.stage.get(kind, name)
                asked = (
                    found["metadata"]
                    .get("annotations", {})
                    .get("partner-operator.io/reconcile-requested-at")
                )
                if asked and found["status"].get("lastHandledReconcileAt") != asked:
                    return False
            return True

        self.stage.wait_for("all requests are handled", handled)
        for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
            self.stage.wait_ready(name)

    @staticmethod
    def _expect(holds: bool, otherwise: str) -> None:
        if not holds:
            raise StageError(otherwise)
