"""Condition types and reasons: one closed list for conditions and events."""

from __future__ import annotations

from enum import StrEnum


class ConditionType(StrEnum):
    """Types in the fixed order in which they stand in a status."""

    STALLED = "Stalled"
    RECONCILING = "Reconciling"
    READY = "Ready"
    METADATA_VALID = "MetadataValid"
    REGISTERED = "Registered"
    ACTIVATED = "Activated"
    CONNECTED = "Connected"
    CERTIFICATE_VALID = "CertificateValid"
    CERTIFICATE_EXPIRING = "CertificateExpiring"
    UNLISTED_HOSTS = "UnlistedHosts"
    SUSPENDED = "Suspended"


class ConditionStatus(StrEnum):
    """Kubernetes' three truth values."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why a condition is as it is, and what an event tells. Explained in docs/reasons.md."""

    # how a pass goes
    SUCCEEDED = "Succeeded"
    PROGRESSING = "Progressing"
    PROGRESSING_WITH_RETRY = "ProgressingWithRetry"
    INTERNAL_ERROR = "InternalError"
    NOT_WRITTEN = "NotWritten"
    SUSPENDED = "Suspended"
    CHANGE_BEGINS = "ChangeBegins"
    DRIFT_DETECTED = "DriftDetected"
    DRIFT_OBSERVED = "DriftObserved"
    DRIFT_PERSISTS = "DriftPersists"
    ANOTHER_WRITER = "AnotherWriter"
    WAITING_FOR_WINDOW = "WaitingForWindow"
    WAITING_FOR_SETTLE = "WaitingForSettle"
    WAITING_FOR_HOSTS = "WaitingForHosts"
    RESTART_APPROVAL_NEEDED = "RestartApprovalNeeded"
    RESTART_BUDGET_SPENT = "RestartBudgetSpent"
    WAITING_FOR_COUNTERPART = "WaitingForCounterpart"
    WAITING_FOR_REPLICATION = "WaitingForReplication"
    WAITING_FOR_ACTIVATION = "WaitingForActivation"
    # the cluster
    CRD_TOO_OLD = "CRDTooOld"
    FINALIZER_RESTORED = "FinalizerRestored"
    # the declaration
    SERVER_NOT_FOUND = "ServerNotFound"
    PARTNER_NOT_FOUND = "PartnerNotFound"
    PARTNER_NOT_ALLOWED = "PartnerNotAllowed"
    PERMISSION_NOT_ALLOWED = "PermissionNotAllowed"
    PRODUCT_MISMATCH = "ProductMismatch"
    UNSUPPORTED_PAIR = "UnsupportedPair"
    TOKEN_SERVER_MISSING = "TokenServerMissing"  # noqa: S105 - a reason, no password
    TOKEN_SERVER_DISABLED = "TokenServerDisabled"  # noqa: S105
    TOKEN_SERVER_DIFFERS = "TokenServerDiffers"  # noqa: S105
    LINKED_ACCOUNT_MISSING = "LinkedAccountMissing"
    CONFLICT = "Conflict"
    DUPLICATE_SERVER = "DuplicateServer"
    INVALID_OBJECT = "InvalidObject"
    # the credential
    CREDENTIALS_MISSING = "CredentialsMissing"
    CREDENTIALS_INVALID = "CredentialsInvalid"
    HOST_NOT_ALLOWED = "HostNotAllowed"
    CREDENTIALS_REJECTED = "CredentialsRejected"
    CA_BUNDLE_MISSING = "CABundleMissing"
    # the way to the server
    UNREACHABLE = "Unreachable"
    TLS_FAILED = "TLSFailed"
    FORBIDDEN = "Forbidden"
    QUOTA_EXCEEDED = "QuotaExceeded"
    BUSY = "Busy"
    FARM_BUSY = "FarmBusy"
    SERVICE_APPLICATION_MISSING = "ServiceApplicationMissing"
    ROOT_SITE_MISSING = "RootSiteMissing"
    TIMED_OUT = "TimedOut"
    PROTOCOL_ERROR = "ProtocolError"
    BLOCKED = "Blocked"
    REMOTE_ERROR = "RemoteError"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    CONTRACT_VIOLATED = "ContractViolated"
    WRONG_PRODUCT = "WrongProduct"
    OTHER_ORGANIZATION = "OtherOrganization"
    INCOMPLETE_READ = "IncompleteRead"
    # metadata documents and certificates
    METADATA_VALID = "MetadataValid"
    METADATA_UNREACHABLE = "MetadataUnreachable"
    METADATA_INVALID = "MetadataInvalid"
    METADATA_WRONG_PRODUCT = "MetadataWrongProduct"
    METADATA_ALTERNATES = "MetadataAlternates"
    CERTIFICATE_VALID = "CertificateValid"
    CERTIFICATE_MISSING = "CertificateMissing"
    CERTIFICATE_UNREADABLE = "CertificateUnreadable"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_EXPIRES_SOON = "CertificateExpiresSoon"
    CERTIFICATE_NOT_YET_VALID = "CertificateNotYetValid"
    CERTIFICATE_WEAK = "CertificateWeak"
    CERTIFICATE_NOT_PUBLISHED = "CertificateNotPublished"
    # the registration
    REGISTERED = "Registered"
    NOT_REGISTERED = "NotRegistered"
    ADOPTED = "Adopted"
    VANISHED = "RegistrationVanished"
    AMBIGUOUS = "Ambiguous"
    CREATED_NOTHING = "CreatedNothing"
    REPAIRED = "Repaired"
    REMOVED = "Removed"
    RETAINED = "Retained"
    HANDED_OVER = "HandedOver"
    RELEASED = "Released"
    DELETION_BLOCKED = "DeletionBlocked"
    # activation
    ACTIVATED = "Activated"
    RESTART_PENDING = "RestartPending"
    RESTART_APPROVED = "RestartApproved"
    NOTHING_TO_APPROVE = "NothingToApprove"
    RESTARTED = "Restarted"
    RESTART_FAILED = "RestartFailed"
    RESTART_NOT_NEEDED = "RestartNotNeeded"
    ACTIVATION_UNKNOWN = "ActivationUnknown"
    HOST_LEFT = "HostLeft"
    NO_HOST_FOUND = "NoHostFound"
    HOSTS_UNLISTED = "HostsUnlisted"
    CLOCK_SKEW = "ClockSkew"
    # the test
    CONNECTIVITY_TEST_PASSED = "ConnectivityTestPassed"
    CONNECTIVITY_TEST_FAILED = "ConnectivityTestFailed"
    NOT_TESTED = "NotTested"
