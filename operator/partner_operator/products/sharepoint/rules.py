"""SharePoint: what the core asks of it, as a managed product and as a partner."""

from __future__ import annotations

from datetime import timedelta

from partner_operator.oauth.identifiers import SHAREPOINT
from partner_operator.products.sharepoint.farm import CHECKS
from partner_operator.trust.model import Authentication, PartnerProfile, Product, RestartPolicy
from partner_operator.trust.plan import Field
from partner_operator.trust.product import Activation, Rules

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
    # Farms that stand in for each other, search for each other or belong to one tenant often have one realm.
    realm_tells=False,
)
CLIENT_SERVICE = "/_vti_bin/client.svc"
"""In front of it stands SharePoint's bearer challenge."""


RULES = Rules(
    product=Product.SHAREPOINT,
    profile=PROFILE,
    trusts=(Product.EXCHANGE, Product.LYNC),
    # Its cmdlets go on to SQL Server with the account's logon.
    authentication=Authentication.CREDSSP,
    options="sharePoint",
    activation=Activation.RESTART,
    # iisreset takes a farm's pages away for minutes.
    restart_policy=RestartPolicy.NEVER,
    # What Microsoft says of new token issuers.
    takes_over_within=timedelta(hours=24),
    differences=lambda application, entry, observed: (),
    # Whether Set takes over a realm is not known, so another issuer takes the place of the old one.
    immutable=frozenset({Field.REALM, Field.APPLICATION_IDENTIFIER}),
    harmless=frozenset({Field.IDENTITY}),
    warnings=lambda observed: observed.notices,
    second_hop="SQL Server let the account in: Get-SPFarm shows the farm.",
    challenge_path=CLIENT_SERVICE,
    no_challenge="Is its web application for HTTP alone? Then no token is taken there.",
    checks=CHECKS,
)
