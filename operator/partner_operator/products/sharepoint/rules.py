"""SharePoint, which is not managed: what the core asks of it as a partner."""

from __future__ import annotations

from partner_operator.oauth.identifiers import SHAREPOINT
from partner_operator.trust.model import PartnerProfile, Product

PROFILE = PartnerProfile(
    name=Product.SHAREPOINT,
    identifier=SHAREPOINT,
    metadata_path="/_layouts/15/metadata/json/1",
    mending="Mend it on SharePoint: Set-SPSecurityTokenServiceConfig -ImportSigningCertificate.",
    # What Configure-EnterprisePartnerApplication.ps1 assigns for -ApplicationType Sharepoint.
    roles=(
        "UserApplication",
        "LegalHoldApplication",
        "Mailbox Search",
        "TeamMailboxLifecycleApplication",
        "Legal Hold",
    ),
)
