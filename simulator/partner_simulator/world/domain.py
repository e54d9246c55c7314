"""The domain: all its state in one place, and the few questions that more than one room asks."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from partner_simulator.certificates import CertificateAuthority, Identity
from partner_simulator.world import documents, names, running, token_documents, token_server
from partner_simulator.world.accounts import Accounts
from partner_simulator.world.active_directory import ActiveDirectory
from partner_simulator.world.clock import Clock
from partner_simulator.world.cms import CentralManagementStore
from partner_simulator.world.ledger import Ledger
from partner_simulator.world.machines import Machine, Role
from partner_simulator.world.mailboxes import Mailboxes
from partner_simulator.world.misbehaviour import Misbehaviours
from partner_simulator.world.network import Network
from partner_simulator.world.objects import AcceptedDomain, AuthConfig
from partner_simulator.world.running import RunningConfiguration
from partner_simulator.world.sharepoint_farm import FarmState, SharePointFarm
from partner_simulator.world.switches import Name, Switches
from partner_simulator.world.token_server import ThirdApplication, TokenServer


@dataclass
class Domain:
    """Servers, directory and people of litwareinc.com."""

    switches: Switches
    clock: Clock
    authority: CertificateAuthority
    directory: ActiveDirectory
    cms: CentralManagementStore
    sharepoint: SharePointFarm
    accounts: Accounts
    machines: dict[str, Machine]
    """By FQDN."""
    network: Network
    mailboxes: Mailboxes = field(default_factory=Mailboxes)
    ledger: Ledger = field(default_factory=Ledger)
    exchange_certificates: dict[str, Identity] = field(default_factory=dict)
    """Certificates of the Exchange organisation by thumbprint."""
    lync_certificates: dict[str, Identity] = field(default_factory=dict)
    """What lies in the Front Ends' certificate stores, by thumbprint."""
    missing_cmdlets: set[tuple[str, str]] = field(default_factory=set)
    """(user in lower case, cmdlet in lower case) that RBAC does not give."""
    forest_views: set[str] = field(default_factory=set)
    """Sessions that look at the whole forest (Set-ADServerSettings -ViewEntireForest)."""
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What a cmdlet that reads warns of after its objects, by its name in lower case."""
    misbehaviours: Misbehaviours = field(default_factory=Misbehaviours)
    other_farms: dict[str, SharePointFarm] = field(default_factory=dict)
    """Farms of servers that are in another one than `sharepoint`, by FQDN."""
    hr_application: ThirdApplication = field(default_factory=token_server.hr_application)
    """An application of the company that is no product: it gets its tokens from the company's token server."""
    token_servers: dict[str, TokenServer] = field(default_factory=dict)
    """Hosts of token servers that the domain's machines can reach."""
    auth_admin_ran_at: float = 0.0
    """The last run of Exchange's AuthAdmin."""
    test_latency_seconds: float = 0.05
    lock: threading.RLock = field(default_factory=threading.RLock)
    _running: dict[str, RunningConfiguration] = field(default_factory=dict)
    _loaded_for: dict[str, float] = field(default_factory=dict)
    _turns: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Let the company's token server know the HR application."""
        self.token_servers |= token_server.stock(self.hr_application)
        self.auth_admin_ran_at = self.clock.seconds()

    def machine(self, name: str) -> Machine | None:
        """The machine of an FQDN or a short name."""
        wanted = name.casefold()
        for fqdn, machine in self.machines.items():
            if wanted in (fqdn, fqdn.partition(".")[0]):
                return machine
        return None

    def exchange_machines(self) -> list[Machine]:
        """The Exchange servers that exist as machines."""
        return [machine for machine in self.machines.values() if machine.role is Role.EXCHANGE]

    def front_ends(self) -> list[Machine]:
        """The Lync Front Ends."""
        return [machine for machine in self.machines.values() if machine.role is Role.FRONT_END]

    def sharepoint_servers(self) -> list[Machine]:
        """The SharePoint servers that exist as machines."""
        return [machine for machine in self.machines.values() if machine.role is Role.SHAREPOINT]

    def farm_servers(self) -> list[Machine]:
        """Those of them that serve the farm."""
        return [
            machine
            for machine in self.sharepoint_servers()
            if machine.fqdn not in self.other_farms and machine.fqdn not in self.sharepoint.left
        ]

    def farm_of(self, host: str) -> SharePointFarm:
        """The farm that a server is in."""
        return self.other_farms.get(host, self.sharepoint)

    def in_turn(self, machines: list[Machine]) -> Machine | None:
        """The next machine whose web answers, as a load balancer chooses; None: none does."""
        serving = [machine for machine in machines if machine.serves_web]
        return serving[next(self._turns) % len(serving)] if serving else None

    def running(self, host: str) -> RunningConfiguration:
        """What this host's workers go by now: read at their start, and again as switched."""
        machine = self.machines[host]
        now = self.clock.seconds()
        refresh = timedelta(minutes=self.switches[Name.WORKERS_REFRESH_MINUTES]).total_seconds()
        with self.lock:
            known = self._running.get(host)
            started = machine.workers_started_at
            stale = known is None or self._loaded_for.get(host) != started
            expired = known is not None and refresh > 0 and now - known.loaded_at >= refresh
            if known is None or stale or expired:
                own = self.switches[Name.WORKERS_READ] == "own"
                known = running.load(self.directory, host, machine.controller if own else None, now)
                self._running[host], self._loaded_for[host] = known, started
            return known

    def load_running(self) -> None:
        """Have every host that serves read its configuration, as starting workers do."""
        for machine in self.exchange_machines():
            if machine.serves_web:
                self.running(machine.fqdn)

    def expire_caches(self) -> None:
        """What some time without a restart does: everything replicates, workers read anew."""
        with self.lock:
            self.directory.settle()
            self._running.clear()
        self.load_running()

    def exchange_document(self, location: str) -> documents.Document | None:
        """Exchange's own document; None when its signing certificate cannot be had."""
        configs = self.directory.find(AuthConfig)
        thumbprints = (
            [c.current_thumbprint, c.next_thumbprint, c.previous_thumbprint]
            if (c := next(iter(configs), None)) is not None
            else []
        )
        if not thumbprints or thumbprints[0] not in self.exchange_certificates:
            return None
        keys = [
            self.exchange_certificates[t] for t in thumbprints if t in self.exchange_certificates
        ]
        realm = configs[0].realm or running.default_realm(
            tuple(self.directory.find(AcceptedDomain))
        )
        return documents.Document("Exchange", names.EXCHANGE_ID, realm, location, tuple(keys))

    def lync_document(self, front_end: str, location: str) -> documents.Document | None:
        """Lync's document as this Front End's replica has it; None without a certificate."""
        state = self.cms.replica(front_end)
        if state.certificate is None:
            return None
        keys = [state.certificate.current]
        if (
            state.certificate.previous is not None
            and self.switches[Name.PREVIOUS_CERTIFICATE_PUBLISHED]
        ):
            keys.append(state.certificate.previous)
        realm = state.configuration.realm or names.DOMAIN
        return documents.Document("Lync", names.LYNC_ID, realm, location, tuple(keys))

    def farm_running(self, host: str) -> FarmState:
        """What the web application's workers of this server go by now (P-SP-8)."""
        hours = timedelta(hours=self.switches[Name.SHAREPOINT_LATENCY_HOURS])
        overdue = self.clock.seconds() - hours.total_seconds()
        return self.farm_of(host).state_at(max(self.machines[host].workers_started_at, overdue))

    def sharepoint_document(self, server: str, location: str) -> documents.Document:
        """The farm's document as this server publishes it: every key, and the realm."""
        from_workers = self.switches[Name.SHAREPOINT_DOCUMENT_FROM] == "workers"
        state = self.farm_running(server) if from_workers else self.farm_of(server).state
        keys = (
            (state.signing,) if state.next_signing is None else (state.signing, state.next_signing)
        )
        return documents.Document("SharePoint", names.SHAREPOINT_ID, state.realm, location, keys)

    def document_bytes(self, document: documents.Document) -> bytes:
        """A document as this world writes it."""
        plain = self.switches[Name.X5T_ALPHABET] == "base64"
        if isinstance(document, token_documents.TokenDocument):
            return token_documents.write(document, plain_base64=plain)
        return documents.write(document, plain_base64=plain)

    def fetch_document(
        self, origin: str, url: str, *, check_certificate: bool = True
    ) -> documents.Read:
        """Download and read a document from machine `origin`.

        Raises network.RequestFailed or documents.NotADocument.
        """
        return documents.read(self._download(origin, url, check_certificate=check_certificate))

    def fetch_token_document(
        self, origin: str, url: str, *, federation: bool = False, check_certificate: bool = True
    ) -> documents.Read:
        """The same for a token server's document; `federation`: in XML."""
        body = self._download(origin, url, check_certificate=check_certificate)
        if federation:
            return token_documents.read_federation(body)
        return documents.read(body, needs_issuer=self.switches[Name.ISSUER_NEEDED])

    def _download(self, origin: str, url: str, *, check_certificate: bool) -> bytes:
        answer = self.network.request(origin, "GET", url, check_certificate=check_certificate)
        if answer.status != 200:
            raise documents.NotADocument(
                f"The remote server returned an error: ({answer.status}) {answer.reason}."
            )
        return answer.body

    def change_auth_config(self, **changed: Any) -> None:
        """Change Exchange's AuthConfig on all controllers."""
        config = self.directory.find(AuthConfig)[0]
        self.directory.write(replace(config, **changed))
