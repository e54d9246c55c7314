"""One application as the pure decisions need it."""

from __future__ import annotations

from dataclasses import dataclass

from partner_operator.trust.match import is_registered
from partner_operator.trust.model import DesiredApplication, Entry
from partner_operator.trust.plan import Blocker
from partner_operator.trust.status import ApplicationStatus, ChangeKind


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Declaration, memory, and what the reader refused."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Blocker | None = None
    made: str | None = None
    """Reference of the entry that the open intent's run said to have made, empty if it made none; None: it said
    nothing, or nobody heard it."""


def has_made_something(view: ApplicationView) -> bool:
    """True: as far as its status tells, this object made an entry, whatever became of it."""
    registration, intent = view.status.registration, view.status.intent
    if registration is not None:
        return registration.created_by_us
    return intent is not None and intent.kind is ChangeKind.REGISTER


def made_by_us(view: ApplicationView, entry: Entry | None) -> bool:
    """True: this very entry was made by this object.

    Either it was read back and remembered, or an intent whose end nobody saw explains it: then only an entry
    that was not there before can be of its making. Another one with the same content is somebody else's.
    """
    registration = view.status.registration
    if entry is None:
        return False
    if is_registered(entry, registration):
        return registration is not None and registration.created_by_us
    if not of_open_intent(view, entry):
        return False
    # An entry that was made anew in place of another belongs to whom that one belonged.
    return registration.created_by_us if registration is not None else _registers(view)


def of_open_intent(view: ApplicationView, entry: Entry) -> bool:
    """True: the open intent may have made this entry."""
    intent, registration = view.status.intent, view.status.registration
    if intent is None or intent.kind not in {ChangeKind.REGISTER, ChangeKind.RECREATE}:
        return False
    if view.made is not None:
        return entry.reference == view.made
    if entry.reference not in intent.before:
        return True
    # Lync: what is made anew keeps the name.
    again = registration is not None and registration.reference == entry.reference
    return again and intent.kind is ChangeKind.RECREATE


def _registers(view: ApplicationView) -> bool:
    return view.status.intent is not None and view.status.intent.kind is ChangeKind.REGISTER
