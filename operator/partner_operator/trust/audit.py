"""A change for those who look for it later: the entry as it was, as it is asked to be, and both in one line.

Nothing here is a secret: an entry has names, addresses and thumbprints of certificates. What a server or a
partner wrote there is bounded and made visible, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.texts import shown
from partner_operator.trust.conditions import shortened
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import DesiredApplication, Entry, EntryKind, Observed
from partner_operator.trust.plan import OF_TOKEN_SERVERS, Change, Field
from partner_operator.trust.product import Rules
from partner_operator.trust.status import ChangeKind

LONGEST_VALUE = 300
"""Characters of one value. A list of certificates is cut; the status has it whole."""
LONGEST_IN_LINE = 90
"""Characters of one value in the line for an Event."""
LONGEST_LINE = 700
"""Characters of that line."""
NONE = "(none)"

Values = Mapping[str, str]
"""An entry by the names of `Field`."""

_NOBODY = Entry("", "", "", "", "", "", EntryKind.OWN_KEYS, False, False, trust_level="")
_LOGON_IN_URL = re.compile(r"(?<=://)[^/?#@\s]*@")


@dataclass(frozen=True, slots=True)
class Record:
    """What a change does to one entry."""

    before: Values | None
    """None: there is none yet."""
    after: Values | None
    """None: there is none any more. Only what is asked for; the read-back tells what came of it."""

    def __str__(self) -> str:
        before, after = self.before or {}, self.after or {}
        told = [
            f"{name}: {_brief(before.get(name))} -> {_brief(after.get(name))}"
            for name in sorted(before.keys() | after.keys(), key=lambda name: (_place(name), name))
            if before.get(name) != after.get(name)
        ]
        return shortened("; ".join(told), LONGEST_LINE)


def record_of(
    rules: Rules,
    change: Change,
    application: DesiredApplication,
    document: AuthMetadata | None,
    observed: Observed,
) -> Record:
    """The entry before a change and as the change asks for it."""
    before = _before(change)
    if change.kind is ChangeKind.REMOVE:
        return Record(before, None)
    asked = {str(each.field): each.desired for each in change.differences}
    if change.kind is ChangeKind.UPDATE:
        return Record(before, _shown({**(before or {}), **asked}))
    kept = change.entry.identity if change.entry is not None else effective_identity(application)
    made = {
        Field.IDENTITY: application.identity or kept,
        Field.ENABLED: "True",
    }
    partner = application.partner
    if partner.behind_token_server:
        made |= {Field.APPLICATION_IDENTIFIER: partner.identifier, Field.REALM: partner.realm}
    else:
        made[Field.METADATA_URL] = partner.auth_metadata_url
    if document is not None:
        made |= {
            Field.APPLICATION_IDENTIFIER: document.application_identifier,
            Field.REALM: document.realm,
            Field.ISSUER: document.issuer,
            Field.CERTIFICATES: ", ".join(document.thumbprints),
        }
    made |= {
        each.field: each.desired for each in change.differences if each.field in OF_TOKEN_SERVERS
    }
    made |= {each.field: each.desired for each in rules.differences(application, _NOBODY, observed)}
    return Record(before, _shown({str(name): value for name, value in made.items()}))


def _before(change: Change) -> Values | None:
    """The entry; of a value that the server does not show, what it was made to read last."""
    if change.entry is None:
        return None
    known = {str(each.field): each.current for each in change.differences if each.current}
    return {**_shown(known), **_of_entry(change.entry)}


def _of_entry(entry: Entry) -> dict[str, str]:
    values: dict[str, str | None] = {
        Field.IDENTITY: entry.identity,
        "reference": entry.reference,
        Field.ENABLED: str(entry.enabled),
        Field.METADATA_URL: entry.metadata_url,
        Field.APPLICATION_IDENTIFIER: entry.application_identifier,
        Field.REALM: entry.realm,
        Field.ISSUER: entry.issuer,
        Field.CERTIFICATES: _joined(entry.thumbprints),
        Field.TRUST_LEVEL: entry.trust_level,
        Field.ACCEPTS_SECURITY_IDENTIFIERS: str(entry.accepts_security_identifiers),
    }
    if entry.linked_account is not None:
        values[Field.LINKED_ACCOUNT] = entry.linked_account.canonical_name
        values[Field.ROLES] = _joined(entry.linked_account.roles)
    return _shown({str(name): value for name, value in values.items() if value is not None})


def _joined(values: Iterable[str] | None) -> str | None:
    return None if values is None else ", ".join(sorted(values))


def _shown(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: shortened(shown(_LOGON_IN_URL.sub("", value)), LONGEST_VALUE)
        for name, value in values.items()
    }


def _brief(value: str | None) -> str:
    return shortened(value, LONGEST_IN_LINE) if value else NONE


def _place(name: str) -> int:
    names = [str(field) for field in Field]
    return names.index(name) if name in names else len(names)
