"""What is counted and measured, as plain values that go into the JSON file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Size:
    """How much is declared."""

    applications: int
    servers: int

    @property
    def label(self) -> str:
        """As the tables write it."""
        return f"{self.applications}/{self.servers}"

    @classmethod
    def parse(cls, text: str) -> Size:
        """`200/10`. Raises ValueError."""
        applications, _, servers = text.partition("/")
        size = cls(int(applications), int(servers))
        if not 0 < size.servers <= size.applications:
            raise ValueError(
                f"{text} is not APPLICATIONS/SERVERS with at least one for each server"
            )
        return size


@dataclass(frozen=True, slots=True)
class Far:
    """What the simulated servers counted since they started, all organisations together."""

    processes: int
    """Command lines started: a PowerShell or another program each."""
    logons: int
    requests: int
    """HTTP requests at WinRM."""
    connections: int
    restarts: int
    """Of IIS, completed."""
    writes: int
    """Changes of the organisations' configuration."""
    entries: int
    """Partner applications with a metadata URL that exist now."""
    shells: int
    """Shells that are open now."""
    by_organisation: tuple[int, ...]
    """The processes, of each organisation for itself."""
    first_byte: float | None
    """When the first request since the mark had arrived, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a phase took; these are compared with those in the repository."""

    processes: int
    logons: int
    requests: int
    connections: int
    restarts: int
    configuration_writes: int
    api_requests: int
    """Of the operator to the API server, without its Lease."""
    api_writes: int


def together(each: Sequence[Far]) -> Far:
    """What several organisations counted."""
    first = [told.first_byte for told in each if told.first_byte is not None]
    return Far(
        processes=sum(told.processes for told in each),
        logons=sum(told.logons for told in each),
        requests=sum(told.requests for told in each),
        connections=sum(told.connections for told in each),
        restarts=sum(told.restarts for told in each),
        writes=sum(told.writes for told in each),
        entries=sum(told.entries for told in each),
        shells=sum(told.shells for told in each),
        by_organisation=tuple(told.processes for told in each),
        first_byte=min(first, default=None),
    )


NAMES: Mapping[str, str] = {
    "processes": "remote processes",
    "logons": "logons",
    "requests": "HTTP requests",
    "connections": "connections",
    "restarts": "restarts of IIS",
    "configuration_writes": "changes of the servers' configuration",
    "api_requests": "API requests",
    "api_writes": "API writes",
}


def between(before: Far, after: Far, api: tuple[int, int]) -> Counts:
    """What was counted in between; `api`: requests and writes."""
    return Counts(
        processes=after.processes - before.processes,
        logons=after.logons - before.logons,
        requests=after.requests - before.requests,
        connections=after.connections - before.connections,
        restarts=after.restarts - before.restarts,
        configuration_writes=after.writes - before.writes,
        api_requests=api[0],
        api_writes=api[1],
    )


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds until an application was registered."""

    p50: float
    p90: float
    p99: float
    last: float


def percentiles(seconds: Iterable[float]) -> Percentiles:
    """Nearest-rank percentiles. Raises ValueError without a value."""
    ordered = sorted(seconds)
    if not ordered:
        raise ValueError("nothing was measured")

    def rank(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)

    return Percentiles(rank(0.5), rank(0.9), rank(0.99), round(ordered[-1], 2))


@dataclass(frozen=True, slots=True)
class Converged:
    """Until all is Ready, from the start of the operator's process, or from the first object that is declared to one
    that runs."""

    counts: Counts
    ready: int
    healthy_seconds: float
    """From the start of the process until its health probe answers."""
    first_byte_seconds: float
    """Until its first byte arrives at WinRM."""
    registered: Percentiles
    whole_seconds: float
    """Until the last application is Ready, with restarts."""
    cpu_seconds: float
    rss_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Steady:
    """One pass over every organisation with nothing to do."""

    counts: Counts
    cpu_seconds: float
    """Of the passes alone."""
    idle_percent: float
    """Of a core, in the seconds without a pass."""
    core_percent: float
    """Of a core, where the interval is the usual ten minutes."""
    wall_seconds: float | None
    """From asking for the pass until it was told as done; only where it was asked for."""
    rss_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Restarted:
    """The operator was started again over a converged world."""

    known_seconds: float
    """Until every organisation was looked at."""
    slow_known_seconds: float | None
    """The same where a look takes three seconds or more."""
    counts: Counts
    cpu_seconds: float
    rss_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Operated:
    """All phases of the operator on one world."""

    size: Size
    converged: Converged
    steady: Steady
    restarted: Restarted | None


@dataclass(frozen=True, slots=True)
class Played:
    """One run of a play."""

    counts: Counts
    registered_seconds: float
    """Until the last entry existed on the servers."""
    whole_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Play:
    """A play that converged, and was run again with nothing to do."""

    name: str
    size: Size
    converged: Played
    steady: Played


@dataclass(frozen=True, slots=True)
class Race:
    """The operator beside the plays, on real PowerShell."""

    operator: Operated
    plays: tuple[Play, ...]

    @property
    def size(self) -> Size:
        """The same for all."""
        return self.operator.size

    def fastest(self, seconds: Sequence[float]) -> float:
        """The faster play's."""
        return min(seconds)

    @property
    def registered_ratio(self) -> float:
        """How many times as long the faster play takes until all entries exist."""
        fastest = self.fastest([play.converged.registered_seconds for play in self.plays])
        return fastest / self.operator.converged.registered.last

    @property
    def whole_ratio(self) -> float:
        """The same until everything is restarted and proven."""
        fastest = self.fastest([play.converged.whole_seconds for play in self.plays])
        return fastest / self.operator.converged.whole_seconds

    @property
    def steady_ratio(self) -> float:
        """The same for a run with nothing to do."""
        own = self.operator.steady.wall_seconds
        assert own is not None, "on real PowerShell the pass is asked for"
        return self.fastest([play.steady.whole_seconds for play in self.plays]) / own


def counted(counts: Counts) -> Mapping[str, int]:
    """The counts by name."""
    return {field.name: getattr(counts, field.name) for field in fields(counts)}


@dataclass(frozen=True, slots=True)
class Command:
    """`partner-operator --version`, the fastest of some."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Part:
    """When and on what a part was measured."""

    commit: str
    load_before: float
    """Processes that wanted to run, on the average of the last minute."""
    load_after: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What it ran on."""

    cores: int
    memory_gb: int
    python: str
    kubernetes: str
    powershell: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured. A part that was left out is None."""

    machine: Machine
    command: Command
    embedded: Part | None = None
    sizes: tuple[Operated, ...] = ()
    powershell: Part | None = None
    races: tuple[Race, ...] = ()
