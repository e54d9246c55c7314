"""What shall be changed on a server, what stands against it, and the view of an application that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from partner_operator.trust.match import is_registered
from partner_operator.trust.model import DesiredApplication, Entry, ObjectKey, Permission
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.status import ApplicationStatus, ChangeKind, GivenPermission

MADE_AGAIN = (
    "The entry cannot be changed so in place: it is removed and made again, and tokens of the partner may be refused "
    "in the gap."
)

WIDENS = (
    "A token server is added: from then on it can vouch for every application there that uses token servers, not for "
    "this one alone."
)


class Field(StrEnum):
    """What can differ between a declared and an observed entry; named in Events and in `status.plan`."""

    ENTRY = "entry"
    IDENTITY = "identity"
    ENABLED = "enabled"
    METADATA_URL = "authMetadataUrl"
    APPLICATION_IDENTIFIER = "applicationIdentifier"
    REALM = "realm"
    ISSUER = "issuer"
    CERTIFICATES = "certificates"
    TRUST_LEVEL = "applicationTrustLevel"
    ACCEPTS_SECURITY_IDENTIFIERS = "acceptSecurityIdentifierInformation"
    LINKED_ACCOUNT = "linkedAccount"
    ROLES = "roles"
    PERMISSION = "permission"
    TOKEN_SERVER = "tokenServer"  # noqa: S105 - a field, no password
    """A token server that is not there yet."""
    TOKEN_SERVER_KEYS = "tokenServerKeys"  # noqa: S105
    """Keys that the server read of a token server."""


OF_TOKEN_SERVERS = frozenset({Field.TOKEN_SERVER, Field.TOKEN_SERVER_KEYS})
"""Fields that are of no entry."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as declared. Values are for people; never secrets."""

    field: Field
    current: str
    desired: str

    def __str__(self) -> str:
        return f"{self.field}: {self.current or '(none)'} -> {self.desired or '(none)'}"


@dataclass(frozen=True, slots=True)
class Change:
    """One smallest change for one application."""

    kind: ChangeKind
    application: ObjectKey
    entry: Entry | None
    """The entry that is updated, recreated or removed; None to register."""
    differences: tuple[Difference, ...]
    needs_restart: bool
    """True: Exchange's IIS workers must be restarted to see it."""
    asked: bool = False
    """True: nothing differs; a human asked that the server reads the partner's document again."""
    permission: Permission | None = None
    """What the principal of `entry` shall be allowed afterwards; None: whatever it is. An entry that is made anew
    is given nothing by that: only when it is seen it is known what its principal has already."""
    giving: GivenPermission | None = None
    """What must be written down before; None: this change gives nothing."""

    @property
    def fields(self) -> frozenset[Field]:
        """The fields that this change touches."""
        return frozenset(difference.field for difference in self.differences)

    @property
    def remark(self) -> str:
        """What people must know of it beside the fields, in a sentence; mostly nothing."""
        told = [MADE_AGAIN] if self.kind is ChangeKind.RECREATE else []
        if Field.TOKEN_SERVER in self.fields:
            told.append(WIDENS)
        return " ".join(told)


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall happen for one application in this pass."""

    application: ObjectKey
    entry: Entry | None
    """The entry that stands for this application now."""
    change: Change | None = None
    blocker: Obstacle | None = None
    """Why nothing may be changed for it."""
    absent: bool = False
    """True: a complete read proves that no entry stands for this application."""
    handed_over_to: ObjectKey | None = None
    """Set for a deleted object whose entry another live object claims: nothing is touched."""
    left: tuple[str, ...] = ()
    """For a deleted object whose entry is gone: identities of others with the same content, which stay."""
    retained: str = ""
    """Why the entry of a deleted object stays: adopted, Retain, or mode Observe or Suspend."""
    planned: Change | None = None
    """What would be done if nothing forbade it: mode Observe, a blocker, an incomplete read."""
    created_by_us: bool = False
    """True: this very entry counts as made by this object: it registered it, its unfinished Register
    intent explains it, or a deleted object that made it hands it over in this pass."""


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Declaration, memory, and what the reader refused."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Obstacle | None = None
    read_again: bool = False
    """A change of this pass made the server read the partner's document."""
    made: str | None = None
    """Reference of the entry that the open intent's run said to have made, empty if it made none; None: it said
    nothing, or nobody heard it."""

    @property
    def asks_again(self) -> bool:
        """A human set a new reconcile request."""
        requested = self.desired.reconcile_requested_at
        return requested not in {None, self.status.last_handled_reconcile_at}


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
