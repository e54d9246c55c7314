"""What shall be changed on a server, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from partner_operator.trust.model import Entry, ObjectKey
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind


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

    @property
    def fields(self) -> frozenset[Field]:
        """The fields that this change touches."""
        return frozenset(difference.field for difference in self.differences)


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why nothing may be changed for an application, in a sentence with the next step."""

    reason: Reason
    message: str
    stalled: bool
    """True: only a human's change helps. False: it is tried again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall happen for one application in this pass."""

    application: ObjectKey
    entry: Entry | None
    """The entry that stands for this application now."""
    change: Change | None = None
    blocker: Blocker | None = None
    absent: bool = False
    """True: a complete read proves that no entry stands for this application."""
    handed_over_to: ObjectKey | None = None
    """Set for a deleted object whose entry another live object claims: nothing is touched."""
    left: tuple[str, ...] = ()
    """For a deleted object whose entry is gone: identities of others with the same content, which stay."""
    retained: bool = False
    """Set for a deleted object whose entry stays (adopted, Retain, or mode Observe/Suspend)."""
    planned: Change | None = None
    """What would be done if nothing forbade it: mode Observe, a blocker, an incomplete read."""
    created_by_us: bool = False
    """True: this very entry counts as made by this object: it registered it, its unfinished Register
    intent explains it, or a deleted object that made it hands it over in this pass."""
