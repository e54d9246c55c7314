"""Every metric: its name, what it says, its labels. docs/metrics.md is made of this table.

A label's value is the name of an object of ours, or a word of a closed list. What a server, a document or a
certificate says of itself is no label: a partner chooses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "partner_operator_"


class Type(StrEnum):
    """How Prometheus treats a metric."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its series."""

    name: str
    type: Type
    meaning: str
    labels: tuple[str, ...] = ()


def _family(name: str, type_: Type, meaning: str, *labels: str) -> Family:
    return Family(PREFIX + name, type_, meaning, labels)


_OBJECT = ("kind", "namespace", "name")
_NAME = ("namespace", "name")

CONDITION = _family(
    "condition",
    Type.GAUGE,
    "1 for each condition that stands in the status of an object.",
    *_OBJECT,
    "type",
    "status",
    "reason",
)
NOT_WRITTEN = _family(
    "not_written",
    Type.GAUGE,
    "1 while the API server does not take a status or a finalizer of the object; its conditions are from before.",
    *_OBJECT,
)
SERVER_INFO = _family("server_info", Type.GAUGE, "1 for each PartnerServer.", *_NAME, "product")
APPLICATION_INFO = _family(
    "application_info",
    Type.GAUGE,
    "1 for each PartnerApplication: `server`, of product `product`, shall trust `partner`, of product "
    "`partner_product`. `partner` is empty where the partner is given by URL.",
    *_NAME,
    "server",
    "product",
    "partner",
    "partner_product",
    "mode",
)
CERTIFICATE_END = _family(
    "certificate_end_timestamp_seconds",
    Type.GAUGE,
    "When the OAuth certificate ends that a PartnerServer signs with (`own`), and the one of a PartnerApplication's "
    "partner (`partner`): of several usable ones that it publishes, the one that lasts longest. Unix time.",
    *_OBJECT,
    "whose",
)
TEST_RUN = _family(
    "test_last_run_timestamp_seconds",
    Type.GAUGE,
    "When the last connectivity test ran. Unix time.",
    *_NAME,
)
TEST_PASSED = _family(
    "test_last_passed_timestamp_seconds",
    Type.GAUGE,
    "When the last connectivity test ran that passed. Unix time.",
    *_NAME,
)
TEST_LATENCY = _family(
    "test_latency_seconds",
    Type.GAUGE,
    "The latency that the last connectivity test reported; there is none while the last one failed.",
    *_NAME,
)
TEST_FAILURES = _family(
    "test_failures_in_a_row",
    Type.GAUGE,
    "Connectivity tests that failed since the last one that passed.",
    *_NAME,
)
HOSTS = _family(
    "hosts",
    Type.GAUGE,
    "IIS hosts of a PartnerServer by their state in a round of restarts.",
    *_NAME,
    "state",
)
BUDGET = _family(
    "restart_budget_left",
    Type.GAUGE,
    "Restarts that spec.restart.maxPerDay still allows, on the host that was restarted most within 24 hours.",
    *_NAME,
)
REPAIRS = _family(
    "repairs_total",
    Type.COUNTER,
    "Differences that were repaired, and the repair proven by reading back.",
    *_NAME,
)
RESTARTS = _family(
    "restarts_total",
    Type.COUNTER,
    "Restarts of IIS by the operator. `outcome` is `Restarted` or `RestartFailed`.",
    *_NAME,
    "outcome",
)
PASSES = _family(
    "passes_total",
    Type.COUNTER,
    "Passes over a PartnerServer. `outcome` is `ended`, or `broken` for what nobody foresaw.",
    *_NAME,
    "outcome",
)
PASS_SECONDS = _family(
    "pass_seconds_total",
    Type.COUNTER,
    "Seconds that passes over a PartnerServer took, waiting for a restart or a slot included.",
    *_NAME,
)
RUNS = _family(
    "remote_run_duration_seconds",
    Type.HISTOGRAM,
    "Remote runs, and how long each took once it had its turn. `outcome` is `Succeeded` or what went wrong: "
    "`Unreachable`, `TlsFailed`, `Unauthenticated`, `Forbidden`, `QuotaExceeded`, `Busy`, `TimedOut`, "
    "`ProtocolViolation`, `Blocked`, `ScriptError`, `OutcomeUnknown`.",
    "product",
    "operation",
    "outcome",
)
RUNS_UNDER_WAY = _family("remote_runs_under_way", Type.GAUGE, "Remote runs that are at work now.")
RUNS_WAITING = _family("remote_runs_waiting", Type.GAUGE, "Remote runs that wait for their turn.")
WORKERS = _family("workers", Type.GAUGE, "Workers, one for each PartnerServer, and one more.")
WORKERS_BUSY = _family("workers_busy", Type.GAUGE, "Workers that are in a pass now.")
QUEUE = _family(
    "queue_length", Type.GAUGE, "Workers that were rung and have not begun a new pass since."
)
QUEUE_AGE = _family(
    "queue_oldest_seconds", Type.GAUGE, "Since when the oldest ring waits; 0 when none does."
)
API = _family(
    "api_requests_total",
    Type.COUNTER,
    "Requests to the API server, without kopf's own watches. `code` is the HTTP status; `none`: no answer came.",
    "method",
    "code",
)
WATCH_UNHEARD = _family(
    "watch_unheard_seconds",
    Type.GAUGE,
    "Age of the oldest write of ours that the watch has not told of; 0 while it has told of all.",
)
WATCH_SILENCE = _family(
    "watch_last_event_age_seconds",
    Type.GAUGE,
    "Since when the watch has told nothing; long is good where nothing happens.",
)
LEASE = _family(
    "lease_held",
    Type.GAUGE,
    "1 while this process works: it holds the Lease for certain, or none decides. 0 while it stands by.",
)
BUILD = _family("build_info", Type.GAUGE, "1; which operator this is.", "version", "python")

FAMILIES: Final = (
    CONDITION,
    NOT_WRITTEN,
    SERVER_INFO,
    APPLICATION_INFO,
    CERTIFICATE_END,
    TEST_RUN,
    TEST_PASSED,
    TEST_LATENCY,
    TEST_FAILURES,
    HOSTS,
    BUDGET,
    REPAIRS,
    RESTARTS,
    PASSES,
    PASS_SECONDS,
    RUNS,
    RUNS_UNDER_WAY,
    RUNS_WAITING,
    WORKERS,
    WORKERS_BUSY,
    QUEUE,
    QUEUE_AGE,
    API,
    WATCH_UNHEARD,
    WATCH_SILENCE,
    LEASE,
    BUILD,
)
