"""The whole domain's state, behind one lock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import replace

from partner_simulator.certificates import CertificateAuthority, self_signed
from partner_simulator.world.accounts import Accounts
from partner_simulator.world.clock import Clock
from partner_simulator.world.directory import Directory
from partner_simulator.world.lync import Lync
from partner_simulator.world.machines import Machine
from partner_simulator.world.model import (
    AcceptedDomain,
    ExchangeConfiguration,
    ExchangeEntry,
    Mailbox,
    RoleAssignment,
    User,
    Write,
)
from partner_simulator.world.names import (
    CONTROLLERS,
    DOMAIN,
    EXCHANGE_HOSTS,
    EXCHANGE_ID,
    FRONT_ENDS,
    LYNC_ID,
    POOL,
)
from partner_simulator.world.switches import Switch, Switches

ROLES_2013 = (
    "UserApplication",
    "ArchiveApplication",
    "LegalHoldApplication",
    "Mailbox Search",
    "TeamMailboxLifecycleApplication",
    "Legal Hold",
    "Organization Client Access",
)
_FOREST = f"ad.{DOMAIN}"
"""Realm of Exchange's document in the world where it is not the accepted domain."""


class State:
    """Hold `lock` for every look and every change; never while waiting for a script or a socket."""

    def __init__(self, switches: Switches, authority: CertificateAuthority) -> None:
        """A freshly set up organisation and pool that know nothing of each other."""
        self.lock = threading.RLock()
        self.switches = switches
        self.clock = Clock()
        self.authority = authority
        self.directory = Directory(self.clock)
        self.accounts = Accounts()
        self.auth_certificate = self_signed("Microsoft Exchange Server Auth Certificate")
        self.auth_realm = ""
        self.lync = Lync(self.clock, authority.issue_signing(POOL))
        now = self.clock.now()
        self.machines = {
            host: Machine.make(host, "Exchange", CONTROLLERS[i % 2], now)
            for i, host in enumerate(EXCHANGE_HOSTS)
        } | {
            host: Machine.make(host, "Lync", CONTROLLERS[i % 2], now)
            for i, host in enumerate(FRONT_ENDS)
        }
        kenmyer = f"kenmyer@{DOMAIN}"
        # On the second host, so that a test needs both: autodiscover answers from the first.
        self.mailboxes = {kenmyer: Mailbox(kenmyer, EXCHANGE_HOSTS[1])}
        self.writes: list[Write] = []
        self.cmdlets: list[str] = []
        """Every call in words, without credentials."""
        self.failed_tests = 0
        self.passed_tests = 0
        self.restart_seconds = 0.2
        self.reads = 0
        self._seed()
        for host in EXCHANGE_HOSTS:
            self.load_workers(self.machines[host])

    def machine(self, host: str) -> Machine:
        """A machine by FQDN in any letter case. Raises KeyError for an unknown one."""
        return self.machines[host.lower()]

    def roles(self) -> tuple[str, ...]:
        """Management roles of this version."""
        if self.switches[Switch.EXCHANGE_VERSION] == "2013":
            return ROLES_2013
        return (*ROLES_2013, "MeetingGraphApplication")

    def realm(self, controller: str) -> str:
        """The realm that Exchange publishes and expects."""
        if self.auth_realm:
            return self.auth_realm
        if self.switches[Switch.REALM] == "forest":
            return _FOREST
        domains = self.directory.all(controller, AcceptedDomain)
        return next((d.domain_name for d in domains if d.default), DOMAIN)

    def configuration(self, controller: str) -> ExchangeConfiguration:
        """The stored configuration, as one controller knows it."""
        return ExchangeConfiguration(
            entries=tuple(self.directory.all(controller, ExchangeEntry)),
            users=tuple(self.directory.all(controller, User)),
            assignments=tuple(self.directory.all(controller, RoleAssignment)),
            domains=tuple(self.directory.all(controller, AcceptedDomain)),
            realm=self.realm(controller),
        )

    def load_workers(self, machine: Machine) -> None:
        """Let a machine's workers read the stored configuration."""
        machine.load(self.configuration(machine.controller), self.clock.now())

    def running(self, machine: Machine) -> ExchangeConfiguration | None:
        """What a machine's workers judge by now; None: they do not run."""
        if not machine.serves:
            return None
        mode = self.switches[Switch.ACTIVATION]
        if mode == "at-once" or (mode == "fifteen-minutes" and machine.is_stale(self.clock.now())):
            self.load_workers(machine)
        return machine.running

    def record(self, cmdlet: str, who: str, target: str, *, configuration: bool = True) -> None:
        """Note a change in the ledger."""
        self.writes.append(Write(cmdlet, who, target, self.clock.now(), configuration))

    def _seed(self) -> None:
        now = self.clock.now()
        domain = AcceptedDomain(uuid.uuid4(), DOMAIN, DOMAIN, True, now)
        kenmyer = User(
            uuid.uuid4(), "Ken Myer", "kenmyer", "UserMailbox", now,
            primary_address=f"kenmyer@{DOMAIN}",
        )  # fmt: skip
        online = User(
            uuid.uuid4(), "Exchange Online-ApplicationAccount", "Exchange Online-Appl", "User", now
        )
        entry = ExchangeEntry(
            uuid.uuid4(), "Exchange Online", EXCHANGE_ID, now, now,
            enabled=False, use_auth_server=True, linked_account=online.guid,
        )  # fmt: skip
        legacy = replace(
            entry, guid=uuid.uuid4(), name="SfBLegacy", application_identifier=LYNC_ID,
            enabled=True, linked_account=None,
        )  # fmt: skip
        self._store([domain, kenmyer, online, entry])
        if self.switches[Switch.STOCK_LEGACY] == "present":
            self._store([legacy])

    def _store(self, objects: Iterable[AcceptedDomain | User | ExchangeEntry]) -> None:
        for item in objects:
            self.directory.put(CONTROLLERS[0], item.guid, item)
