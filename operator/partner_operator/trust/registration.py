"""What is remembered of an entry after a read (`status.registration`)."""

from __future__ import annotations

from datetime import datetime

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.model import Entry
from partner_operator.trust.status import Registration


def registration_of(
    entry: Entry,
    document: AuthMetadata | None,
    previous: Registration | None,
    *,
    created_by_us: bool,
    document_was_read: bool,
    changed_at: datetime | None,
) -> Registration:
    """Remember an entry as it was read.

    `document_was_read`: our change in this pass made the server read the partner's document, so
    on products that show no certificates the document's count from now on. On adoption the
    document's count too: an empty status is no reason to change anything (rule 15).
    `changed_at`: when we changed the entry in this pass, or None to keep what `previous` says.
    """
    if entry.thumbprints is not None:
        thumbprints = entry.thumbprints
    elif previous is not None and not document_was_read:
        thumbprints = previous.thumbprints
    else:
        thumbprints = document.thumbprints if document is not None else ()
    # A document that cannot be had today is no reason to forget what it said.
    remembered = previous.issuer if previous is not None else ""
    issuer = document.issuer if document is not None else remembered
    return Registration(
        identity=entry.identity,
        reference=entry.reference,
        application_identifier=entry.application_identifier,
        realm=entry.realm,
        issuer=entry.issuer or issuer,
        thumbprints=tuple(sorted(thumbprint.upper() for thumbprint in thumbprints)),
        created_by_us=created_by_us,
        last_changed_at=changed_at or (previous.last_changed_at if previous else None),
        metadata_url=entry.metadata_url,
        known_to=previous.known_to if previous else None,
        permission=entry.permission,
        kind=entry.kind,
    )
