"""The values that the whole operator speaks in: what is desired and what was observed.

All instants are aware datetimes in UTC. Nothing here reads a clock or talks to anything.
"""

from partner_operator.oauth.identifiers import Product
from partner_operator.trust.model.declared import (
    AllowedTokenServer,
    AnyTest,
    Authentication,
    ConnectivityTest,
    DeletionPolicy,
    DesiredApplication,
    DesiredServer,
    Mode,
    ObjectKey,
    RestartPolicy,
    RestartRules,
    RestartWindow,
    ServiceTest,
    TrustLevel,
)
from partner_operator.trust.model.hosts import HostState, RestartReport, TestReport
from partner_operator.trust.model.observed import (
    CertificateRole,
    DiscoveredHost,
    DocumentFault,
    DocumentReading,
    Entry,
    LinkedAccount,
    Observed,
    OwnCertificate,
    Replica,
    TokenServer,
)
from partner_operator.trust.model.partner import (
    LONGEST_IDENTITY,
    EntryKind,
    Partner,
    PartnerProfile,
    Permission,
    Right,
    behind_token_server,
)

__all__ = [
    "LONGEST_IDENTITY",
    "AllowedTokenServer",
    "AnyTest",
    "Authentication",
    "CertificateRole",
    "ConnectivityTest",
    "DeletionPolicy",
    "DesiredApplication",
    "DesiredServer",
    "DiscoveredHost",
    "DocumentFault",
    "DocumentReading",
    "Entry",
    "EntryKind",
    "HostState",
    "LinkedAccount",
    "Mode",
    "ObjectKey",
    "Observed",
    "OwnCertificate",
    "Partner",
    "PartnerProfile",
    "Permission",
    "Product",
    "Replica",
    "RestartPolicy",
    "RestartReport",
    "RestartRules",
    "RestartWindow",
    "Right",
    "ServiceTest",
    "TestReport",
    "TokenServer",
    "TrustLevel",
    "behind_token_server",
]
