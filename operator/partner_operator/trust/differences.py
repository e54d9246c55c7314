"""What is not as declared about an entry, field by field (rule 2)."""

from __future__ import annotations

from collections.abc import Iterator

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.match import has_realm_of, same, same_url
from partner_operator.trust.model import DesiredApplication, Entry, Observed
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.product import Rules
from partner_operator.trust.status import Registration

UNREADABLE = "(unreadable value on the server)"
"""Current value of a difference whose stored value exists and cannot be read (case C06)."""


def differences(
    rules: Rules,
    application: DesiredApplication,
    entry: Entry,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
) -> tuple[Difference, ...]:
    """Every field of the entry that is not as declared, in the order of `Field`.

    `document`: the partner's own. A partner behind a token server has none.
    """
    found = [
        *_flags(application, entry),
        *rules.differences(application, entry, observed),
    ]
    if document is not None:
        found += _content(application, entry, document)
        found += _certificates(entry, registration, document)
    elif not has_realm_of(application, entry, observed):
        found.append(Difference(Field.REALM, entry.realm, application.partner.realm))
    order = list(Field)
    return tuple(sorted(found, key=lambda difference: order.index(difference.field)))


def has_unreadable_value(change: Change) -> bool:
    """True: a stored value cannot be read; manual repair may be needed (case C06)."""
    return any(difference.current == UNREADABLE for difference in change.differences)


def _flags(application: DesiredApplication, entry: Entry) -> Iterator[Difference]:
    if application.identity is not None and not same(entry.identity, application.identity):
        yield Difference(Field.IDENTITY, entry.identity, application.identity)
    if not entry.enabled:
        yield Difference(Field.ENABLED, "False", "True")


def _content(
    application: DesiredApplication, entry: Entry, document: AuthMetadata
) -> Iterator[Difference]:
    url = application.partner.auth_metadata_url
    if entry.metadata_url is None:
        yield Difference(Field.METADATA_URL, UNREADABLE, url)
    elif not same_url(entry.metadata_url, url):
        yield Difference(Field.METADATA_URL, entry.metadata_url, url)
    if not same(entry.application_identifier, document.application_identifier):
        yield Difference(
            Field.APPLICATION_IDENTIFIER,
            entry.application_identifier,
            document.application_identifier,
        )
    # A product that leaves realm or issuer empty for entries with a metadata URL shows no difference.
    if entry.realm.strip() and not same(entry.realm, document.realm):
        yield Difference(Field.REALM, entry.realm, document.realm)
    if entry.issuer.strip() and not same(entry.issuer, document.issuer):
        yield Difference(Field.ISSUER, entry.issuer, document.issuer)


def _certificates(
    entry: Entry, registration: Registration | None, document: AuthMetadata
) -> Iterator[Difference]:
    stored = entry.thumbprints
    if stored is None:
        # Lync does not show them: what our last read of the document got is what counts. Nothing
        # remembered is no reason to change anything (rule 15), except for what we made
        # ourselves without seeing from which document (the operator was killed).
        if registration is None:
            return
        if not registration.thumbprints and not registration.created_by_us:
            return
        stored = registration.thumbprints
    # Whether a server takes over a key that we cannot read is its own affair.
    ignored = {certificate.thumbprint for certificate in document.unreadable}
    current = sorted({thumbprint.upper() for thumbprint in stored} - ignored)
    desired = sorted({thumbprint.upper() for thumbprint in document.thumbprints})
    if current != desired:
        yield Difference(Field.CERTIFICATES, ", ".join(current), ", ".join(desired))
