"""What a switch is: a behaviour of the servers, where the claim comes from, and what else it could be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How well a claim is known."""

    CONFIRMED = "CONFIRMED"
    OBSERVED = "OBSERVED"
    DERIVED = "DERIVED"
    SIM_CHOICE = "SIM-CHOICE"


class Name(StrEnum):
    """The switches."""

    UNKNOWN_IDENTITY_SHOWS_ALL = "unknown-identity-shows-all"
    DUPLICATES_REJECTED = "duplicates-rejected"
    WORKERS_REFRESH_MINUTES = "workers-refresh-minutes"
    READS_ASK = "reads-ask"
    DIRECTORY_LAG_SECONDS = "directory-lag-seconds"
    WORKERS_READ = "workers-read"
    CMS_DELAY_SECONDS = "cms-delay-seconds"
    TOKEN_SKEW_SECONDS = "token-skew-seconds"
    ISSUER_IDENTIFIER_STORED = "issuer-identifier-stored"
    SFB_LEGACY_PRESENT = "sfb-legacy-present"
    LYNC_COPIES_CERTIFICATES = "lync-copies-certificates"
    AUTH_TOKEN_PREFIX = "auth-token-prefix"
    TEST_PASSED_TEXT = "test-passed-text"
    SNAPIN_NEEDS_SECOND_HOP = "snapin-needs-second-hop"
    CHALLENGE_FOLDED = "challenge-folded"
    X5T_ALPHABET = "x5t-alphabet"
    PREVIOUS_CERTIFICATE_PUBLISHED = "previous-certificate-published"
    IISRESET_TEXT = "iisreset-text"
    TEST_RESULT = "test-result"
    ENUM_FORM = "enum-form"
    IMPORTED_VALUES = "imported-values"
    EXCHANGE_VERSION = "exchange-version"
    LYNC_VERSION = "lync-version"
    LYNC_MODULE_PLACE = "lync-module-place"
    ASSIGNMENT_NAME = "assignment-name"
    CHALLENGE_SLASH = "challenge-slash"
    NAMED_CONTROLLER_SEES = "named-controller-sees"
    AUTH_SERVER_CERTIFICATES = "auth-server-certificates"
    AUTH_SERVER_TYPE = "auth-server-type"
    AUTH_ADMIN_REFRESHES = "auth-admin-refreshes"
    ISSUER_NEEDED = "issuer-needed"
    CHALLENGE_APPLICATIONS = "challenge-applications"
    LYNC_COPIES_SERVER_KEYS = "lync-copies-server-keys"
    LYNC_UNSAID_REALM = "lync-unsaid-realm"
    SHAREPOINT_VERSION = "sharepoint-version"
    SHAREPOINT_LATENCY_HOURS = "sharepoint-latency-hours"
    SHAREPOINT_RECYCLES_NIGHTLY = "sharepoint-recycles-nightly"
    SHAREPOINT_REFRESH_HOURS = "sharepoint-refresh-hours"
    SHAREPOINT_DOCUMENT_FROM = "sharepoint-document-from"
    SHAREPOINT_SECOND_HOP = "sharepoint-second-hop"
    SHAREPOINT_SERVER_NAMES = "sharepoint-server-names"
    SHAREPOINT_TYPE_NAMES = "sharepoint-type-names"
    SHAREPOINT_UNIQUE = "sharepoint-unique"
    SHAREPOINT_NEW_ASKS = "sharepoint-new-asks"
    SHAREPOINT_NAME_LENGTH = "sharepoint-name-length"
    SHAREPOINT_NAME_IS_IDENTITY = "sharepoint-name-is-identity"
    SHAREPOINT_FETCH_FAILURE = "sharepoint-fetch-failure"
    SHAREPOINT_BAD_URI_STORED = "sharepoint-bad-uri-stored"
    SHAREPOINT_SET_FOLLOWS_REALM = "sharepoint-set-follows-realm"
    SHAREPOINT_SET_FLIPS_BROKER = "sharepoint-set-flips-broker"
    SHAREPOINT_PERMISSION_SURVIVES = "sharepoint-permission-survives"
    SHAREPOINT_PERMISSION_DATABASES = "sharepoint-permission-databases"
    SHAREPOINT_LYNC_PERMISSION = "sharepoint-lync-permission"
    SHAREPOINT_ROOT_AUTHORITY = "sharepoint-root-authority"
    SHAREPOINT_HYBRID_FLAG = "sharepoint-hybrid-flag"
    SHAREPOINT_SERVICE_STATUS = "sharepoint-service-status"
    SHAREPOINT_TOKEN_SKEW_SECONDS = "sharepoint-token-skew-seconds"


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour: what is claimed, where it comes from, and what else it could be."""

    name: Name
    claim: str
    source: str
    status: Status
    default: Any
    alternatives: tuple[Any, ...] = ()

    @property
    def flippable(self) -> bool:
        """Whether the claim is only a guess."""
        return self.status in (Status.DERIVED, Status.SIM_CHOICE)
