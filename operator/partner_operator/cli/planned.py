"""What would change on servers, object by object, made of what the operator told. Pure.

Statuses are read as they are: a reason that this program does not know is shown, and stands for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from partner_operator.cli.cluster import Body
from partner_operator.engine.ports import Kind
from partner_operator.kube.api.names import RELEASE
from partner_operator.texts import shown
from partner_operator.trust.model import DeletionPolicy, Mode
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import HostRestartState
from partner_operator.view.states import known_reason
from partner_operator.view.waits import command_of


class Outlook(StrEnum):
    """What is to be expected of an object."""

    CHANGES = "Changes"
    """It differs: something on a server is changed or restarted, or would be with mode Enforce."""
    NOTHING = "Nothing"
    UNKNOWN = "Unknown"
    """Nobody can tell, or nothing is done before somebody acts."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object, and what is to be expected of it."""

    kind: Kind
    namespace: str
    name: str
    server: str
    """The PartnerServer whose servers it is about."""
    outlook: Outlook
    lines: tuple[str, ...] = ()
    """What changes, or why that is not known."""


NOT_LOOKED_AT: Final = "The operator has not looked at it since it was made or changed."
RESTARTS: Final = frozenset(
    {
        Reason.WAITING_FOR_SETTLE,
        Reason.WAITING_FOR_WINDOW,
        Reason.WAITING_FOR_HOSTS,
        Reason.RESTART_APPROVAL_NEEDED,
        Reason.RESTART_BUDGET_SPENT,
    }
)
"""Why a restart that is due has not begun."""
_AS_DECLARED: Final = RESTARTS | {
    Reason.SUCCEEDED,
    Reason.WAITING_FOR_COUNTERPART,
    Reason.WAITING_FOR_REPLICATION,
    Reason.WAITING_FOR_ACTIVATION,
    Reason.RESTART_PENDING,
    Reason.RESTART_FAILED,
    Reason.ACTIVATION_UNKNOWN,
    Reason.NOT_TESTED,
    Reason.CONNECTIVITY_TEST_FAILED,
}
"""Reasons of Ready beside which a condition Registered that is True is of the last look."""
_OF_ITS_OWN: Final = frozenset(
    {each for each in Reason if each.startswith(("Certificate", "Metadata"))}
    | {Reason.SUCCEEDED, Reason.ACTIVATION_UNKNOWN, Reason.RESTART_PENDING}
)
"""Reasons of a server's Ready that stand in the way of no look at its entries."""


def planned(servers: Sequence[Body], applications: Sequence[Body]) -> tuple[Item, ...]:
    """What is to be expected of each object, servers first."""
    found = [_item(Kind.SERVER, each, each["metadata"]["name"], *_server(each)) for each in servers]
    found += [
        _item(Kind.APPLICATION, each, each["spec"]["serverRef"]["name"], *_application(each))
        for each in applications
    ]
    return tuple(found)


def _item(kind: Kind, body: Body, server: str, outlook: Outlook, *lines: str) -> Item:
    metadata = body["metadata"]
    told = tuple(shown(line) for line in lines if line)
    if outlook is not Outlook.NOTHING:
        told += tuple(_by_command(body))
    return Item(kind, metadata["namespace"], metadata["name"], server, outlook, told)


def _by_command(body: Body) -> Iterator[str]:
    """Who reads a plan at a terminal answers there, too."""
    ready = condition(body, ConditionType.READY)
    reason = known_reason(str(ready.get("reason")))
    if _is_of_now(body, ready) and (
        command := command_of(body, reason, str(ready.get("message", "")))
    ):
        yield f"By command: {command}"


def _server(body: Body) -> tuple[Any, ...]:
    """A server is changed by its applications. What it has of its own are restarts."""
    ready = condition(body, ConditionType.READY)
    if not _is_of_now(body, ready):
        return Outlook.UNKNOWN, NOT_LOOKED_AT
    reason, message = ready.get("reason"), str(ready.get("message", ""))
    if reason in RESTARTS:
        pending = tuple(_pending(body))
        names = f" on {', '.join(pending)}" if pending else ""
        return Outlook.CHANGES, f"IIS is to be restarted{names}. {message}"
    if reason == Reason.PROGRESSING:
        return Outlook.UNKNOWN, f"The operator is at work: {message}"
    if ready.get("status") == "False" and reason not in _OF_ITS_OWN:
        return Outlook.UNKNOWN, f"{reason}: {message}"
    return (Outlook.NOTHING,)


def _pending(body: Body) -> Iterator[str]:
    for host in ((body.get("status") or {}).get("iis") or {}).get("hosts") or ():
        if host.get("state") == HostRestartState.PENDING:
            yield str(host.get("name"))


def _application(body: Body) -> tuple[Any, ...]:
    mode, status = body["spec"].get("mode", Mode.ENFORCE), body.get("status") or {}
    if "deletionTimestamp" in body["metadata"]:
        return _leaving(body)
    if mode == Mode.SUSPEND:
        return (Outlook.NOTHING,)
    if mode not in list(Mode):
        return (
            Outlook.UNKNOWN,
            f"This program does not know the mode {mode}; the operator is newer.",
        )
    ready = condition(body, ConditionType.READY)
    if not _is_of_now(body, ready):
        return Outlook.UNKNOWN, NOT_LOOKED_AT
    if mode == Mode.OBSERVE:
        return _observed(ready, status)
    return _enforced(body, ready, status)


def _observed(ready: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[Any, ...]:
    reason, message = ready.get("reason"), ready.get("message", "")
    if reason == Reason.SUCCEEDED:
        return (Outlook.NOTHING,)
    if reason == Reason.DRIFT_OBSERVED:
        return (Outlook.CHANGES, "With mode Enforce:", *(status.get("plan") or (message,)))
    return Outlook.UNKNOWN, f"{reason}: {message}"


def _enforced(body: Body, ready: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[Any, ...]:
    reason, message = ready.get("reason"), ready.get("message", "")
    intent = status.get("intent")
    if intent is not None:
        return Outlook.CHANGES, f"{intent.get('kind')} was begun on {intent.get('host')}. {message}"
    if reason in {Reason.DRIFT_DETECTED, Reason.NOT_REGISTERED}:
        return Outlook.CHANGES, message
    registered = condition(body, ConditionType.REGISTERED).get("status")
    if reason in _AS_DECLARED and registered == "True":
        return (Outlook.NOTHING,)
    return Outlook.UNKNOWN, f"{reason}: {message}"


def _leaving(body: Body) -> tuple[Any, ...]:
    """An object that is being deleted: whether its entry goes with it (docs/partnerapplication.md#delete)."""
    spec, status, metadata = body["spec"], body.get("status") or {}, body["metadata"]
    registration = status.get("registration")
    released = (metadata.get("annotations") or {}).get(RELEASE) == metadata["uid"]
    policy = spec.get("deletionPolicy")
    kept = policy == DeletionPolicy.RETAIN or spec.get("mode") in {Mode.OBSERVE, Mode.SUSPEND}
    if released or kept:
        return (Outlook.NOTHING,)
    if registration is None:
        return (
            Outlook.UNKNOWN,
            "It is being deleted, and the operator does not tell what it registered.",
        )
    if policy != DeletionPolicy.REMOVE and not registration.get("createdByUs"):
        return (Outlook.NOTHING,)
    message = condition(body, ConditionType.READY).get("message", "")
    return (
        Outlook.CHANGES,
        f"It is being deleted, and its entry {registration.get('identity')} with it. {message}",
    )


def condition(body: Body, kind: ConditionType) -> Mapping[str, Any]:
    """One condition as it stands in a status; empty where it is not there."""
    conditions = (body.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})


def _is_of_now(body: Body, ready: Mapping[str, Any]) -> bool:
    return bool(ready) and ready.get("observedGeneration") == body["metadata"]["generation"]
