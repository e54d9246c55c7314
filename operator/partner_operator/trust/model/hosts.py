"""What one host tells of itself: its state, a restart there, a connectivity test from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class HostState:
    """One IIS host, looked at by itself: worker processes and health."""

    fqdn: str
    workers_started_at: datetime | None
    """Start of the oldest IIS worker process; None: no worker runs."""
    clock: datetime
    """The host's own clock when it answered."""
    running_services: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the host served: probe URL path to status line, e.g. '/ews/exchange.asmx' to '401'."""
    listeners: frozenset[int] = frozenset()
    """TCP ports of IIS that are listened on."""


@dataclass(frozen=True, slots=True)
class RestartReport:
    """What one run of the restart did on a host."""

    restarted: bool
    """False: no worker there was older than it may be, so nothing was done."""
    clock: datetime
    """What the host's own clock showed before anything was done, or a little earlier."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """What one run of a connectivity test said."""

    passed: bool
    latency: timedelta
    message: str
    host: str
