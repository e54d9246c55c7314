"""Windows machines: services, worker processes, and how they behave when IIS is restarted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from partner_simulator.world.clock import Clock

RUNNING, STOPPED = "Running", "Stopped"
IIS_SERVICES = ("IISADMIN", "W3SVC", "WAS")

RECYCLING_HOUR = 3
"""When application pools of SharePoint start anew, UTC (SIM-CHOICE), where they do so nightly."""


class Role(StrEnum):
    """What a machine was bought for."""

    EXCHANGE = "Exchange"
    FRONT_END = "Front End"
    SHAREPOINT = "SharePoint"


_EXCHANGE_SERVICES = {
    "IISADMIN": "IIS Admin Service",
    "W3SVC": "World Wide Web Publishing Service",
    "WAS": "Windows Process Activation Service",
    "WinRM": "Windows Remote Management (WS-Management)",
    "MSExchangeServiceHost": "Microsoft Exchange Service Host",
    "MSExchangeADTopology": "Microsoft Exchange Active Directory Topology",
    "MSExchangeIS": "Microsoft Exchange Information Store",
}
_FRONT_END_SERVICES = {
    "W3SVC": "World Wide Web Publishing Service",
    "WAS": "Windows Process Activation Service",
    "WinRM": "Windows Remote Management (WS-Management)",
    "RtcSrv": "Lync Server Front-End",
    "REPLICA": "Lync Server Replica Replicator Agent",
}
_SHAREPOINT_SERVICES = {
    "IISADMIN": "IIS Admin Service",
    "W3SVC": "World Wide Web Publishing Service",
    "WAS": "Windows Process Activation Service",
    "WinRM": "Windows Remote Management (WS-Management)",
    "SPAdminV4": "SharePoint Administration",
    "SPTimerV4": "SharePoint Timer Service",
}
_EXCHANGE_POOLS = (
    "MSExchangeServicesAppPool",
    "MSExchangeAutodiscoverAppPool",
    "MSExchangeOWAAppPool",
    "MSExchangePowerShellAppPool",
)
_FRONT_END_POOLS = ("LyncIntFeature", "LyncExtFeature")
_SHAREPOINT_POOLS = (
    "SharePoint - 443",
    "SecurityTokenServiceApplicationPool",
    "SharePoint Web Services Root",
)
_SERVICES = {
    Role.EXCHANGE: _EXCHANGE_SERVICES,
    Role.FRONT_END: _FRONT_END_SERVICES,
    Role.SHAREPOINT: _SHAREPOINT_SERVICES,
}
_POOLS = {
    Role.EXCHANGE: _EXCHANGE_POOLS,
    Role.FRONT_END: _FRONT_END_POOLS,
    Role.SHAREPOINT: _SHAREPOINT_POOLS,
}


@dataclass(slots=True)
class Service:
    """A Windows service."""

    name: str
    display_name: str
    state: str = RUNNING
    start_mode: str = "Auto"
    process_id: int = 0


@dataclass(frozen=True, slots=True)
class Worker:
    """A w3wp.exe."""

    process_id: int
    pool: str
    started_at: float
    """Seconds since the epoch."""


@dataclass(slots=True)
class RestartBehaviour:
    """What goes wrong, or is slow, when IIS is restarted there. Defaults: all is well."""

    seconds: float = 0.2
    comes_back: bool = True
    """False: the services stay stopped after `iisreset`."""
    refusals: int = 0
    """So many attempts fail with 0x80070425 before one works."""
    cold_seconds: float = 0.0
    """So long new workers of a SharePoint server answer with 503."""
    denied: bool = False
    """The caller is told that he is no administrator."""
    keeps_workers: bool = False
    """iisreset says that it worked, and the old workers live on."""
    left_stopped: tuple[str, ...] = ()
    """Services that do not start again."""


@dataclass
class Machine:
    """One Windows server."""

    fqdn: str
    clock: Clock
    role: Role
    controller: str
    """The domain controller that it talks to."""
    recycles_nightly: bool = False
    """Whether worker processes are replaced at RECYCLING_HOUR."""
    up: bool = True
    behaviour: RestartBehaviour = field(default_factory=RestartBehaviour)
    restarts: int = 0
    """Completed restarts of IIS, whoever asked for them."""
    services: dict[str, Service] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    booted_at: float = 0.0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(4000, 4))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Boot an hour ago, with workers that have run nearly as long."""
        for name, text in _SERVICES[self.role].items():
            self.services[name] = Service(name, text, process_id=next(self._numbers))
        self.booted_at = self.clock.seconds() - timedelta(hours=1).total_seconds()
        self._start_workers(self.booted_at + 30)

    @property
    def serves_web(self) -> bool:
        """Whether IIS answers."""
        with self._lock:
            return self.up and self.services["W3SVC"].state == RUNNING

    @property
    def workers_started_at(self) -> float:
        """Start of the oldest worker, or 0 without one."""
        with self._lock:
            self._recycle()
            return min((worker.started_at for worker in self.workers), default=0.0)

    def stop_web(self) -> None:
        """IIS stops: no services, no workers."""
        with self._lock:
            self._set_services(IIS_SERVICES, STOPPED)
            self.workers = []

    def start_web(self) -> None:
        """IIS starts again, as far as the machine lets it."""
        with self._lock:
            if not self.behaviour.comes_back:
                return
            started = [s for s in IIS_SERVICES if s not in self.behaviour.left_stopped]
            self._set_services(started, RUNNING)
            if "W3SVC" in started:
                self._start_workers(self.clock.seconds())

    def service_list(self) -> list[Service]:
        """All services, for those who ask Windows."""
        with self._lock:
            return list(self.services.values())

    def worker_list(self) -> list[Worker]:
        """All worker processes."""
        with self._lock:
            self._recycle()
            return list(self.workers)

    def recycle(self) -> None:
        """Replace the worker processes while IIS goes on serving."""
        with self._lock:
            self._start_workers(self.clock.seconds())

    def _recycle(self) -> None:
        """What the last night has done to workers that were older."""
        if not self.recycles_nightly or not self.workers:
            return
        now = self.clock.seconds()
        hour = datetime.fromtimestamp(now, UTC).replace(
            hour=RECYCLING_HOUR, minute=0, second=0, microsecond=0
        )
        night = (
            hour.timestamp() if hour.timestamp() <= now else (hour - timedelta(days=1)).timestamp()
        )
        if min(worker.started_at for worker in self.workers) < night:
            self._start_workers(night)

    def _set_services(self, wanted: Sequence[str], state: str) -> None:
        for name in wanted:
            if name in self.services:
                self.services[name].state = state
                self.services[name].process_id = next(self._numbers) if state == RUNNING else 0

    def _start_workers(self, at: float) -> None:
        pools = _POOLS[self.role]
        # Workers come up one after the other, the oldest some milliseconds before the youngest.
        self.workers = [
            Worker(next(self._numbers), pool, at + 0.01 * place) for place, pool in enumerate(pools)
        ]
