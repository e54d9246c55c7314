"""What makes two names, addresses or entries the same (rules 2 and 3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from partner_operator.texts import shown
from partner_operator.trust.model import DesiredApplication, Entry, EntryKind, Observed
from partner_operator.trust.status import Registration


def effective_identity(application: DesiredApplication) -> str:
    """The name that a new entry gets: the declared one, else the partner's."""
    return application.identity or application.partner.name


def same(left: str, right: str) -> bool:
    """Letter case alone is no difference (rule 2); what is remembered stands in a status, visibly."""
    return plain(left) == plain(right)


def plain(text: str) -> str:
    """The form of a text in which two that are the same are equal."""
    return shown(text.strip()).casefold()


def same_url(left: str | None, right: str) -> bool:
    """Same scheme, host, port and path without regard to letter case and to one slash at its end; same query."""
    return left is not None and normal_url(left) == normal_url(right)


def normal_url(url: str) -> str:
    """The form of a URL in which two spellings of one address are equal."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip().casefold()
    scheme = parts.scheme.casefold()
    default = {"https": 443, "http": 80}.get(scheme)
    host = (parts.hostname or "").casefold()
    address = host if port in {None, default} else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{address}{parts.path.casefold().removesuffix('/')}{query}"


def is_registered(entry: Entry, registration: Registration | None) -> bool:
    """Whether this is the very entry that was registered, and not another with the same content.

    A name can be given a second time. Where the product has nothing else to tell entries by, realm or URL must
    be as they were, too.
    """
    if registration is None or entry.kind is not registration.kind:
        return False
    if not same(entry.reference, registration.reference):
        return False
    if not same(entry.application_identifier, registration.application_identifier):
        return False
    if not same(entry.reference, entry.identity) or same(entry.realm, registration.realm):
        return True
    own_keys = entry.kind is EntryKind.OWN_KEYS
    return own_keys and same_url(entry.metadata_url, registration.metadata_url or "")


def has_realm_of(application: DesiredApplication, entry: Entry, observed: Observed) -> bool:
    """Whether an entry that uses token servers is for the realm that the application is for."""
    realm, default = application.partner.realm, observed.default_realm
    return same(entry.realm, realm) or (not realm and bool(default) and same(entry.realm, default))


def is_of(entry: Entry, application: DesiredApplication) -> bool:
    """Whether an entry is for the application's kind of partner, with any content."""
    identifier = application.partner.identifier
    kind = application.partner.kind
    return entry.kind is kind and same(entry.application_identifier, identifier)
