"""SharePoint: what the core asks of it, as a managed product and as a partner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from partner_operator.oauth.identifiers import SHAREPOINT
from partner_operator.products.sharepoint.farm import CHECKS
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Entry,
    Observed,
    PartnerProfile,
    Product,
    RestartPolicy,
    Right,
)
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import Activation, Permissions, Rules

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
PERMISSIONS = Permissions(
    without={Product.EXCHANGE: "its site mailboxes and eDiscovery do not work on this farm"},
    means={
        Right.READ: "whoever holds its signing certificate may read everything on every site of the farm",
        Right.WRITE: "whoever holds its signing certificate may read and change what is on every site of the farm",
        Right.MANAGE: (
            "whoever holds its signing certificate may read and change what is on every site of the farm, and its "
            "lists and libraries"
        ),
        Right.FULL_CONTROL: (
            "whoever holds its signing certificate may read, change and delete everything on every site of the farm: "
            "the largest right there is"
        ),
    },
    taking="To take it away: Remove-SPAppPrincipalPermission -Scope SiteSubscription.",
)
"""App permissions over all sites. Microsoft's pages give Exchange FullControl, and Lync none."""
CLIENT_SERVICE = "/_vti_bin/client.svc"
"""In front of it stands SharePoint's bearer challenge."""


INTERIM = " (partner-operator)"
"""Behind the name of an issuer that takes another one's place, until that one is gone."""


LONGEST_NAME = 50
"""Microsoft's own scripts cut the names of issuers here."""


def interim_name(identity: str) -> str:
    """The name of an issuer that is to take the place of the one with this name."""
    return identity[: LONGEST_NAME - len(INTERIM)] + INTERIM


def name_without_interim(entry: Entry) -> str:
    """The name that an issuer is to have whose making was broken off."""
    return entry.identity.removesuffix(INTERIM)


def _is_unfinished(entry: Entry) -> bool:
    return entry.identity.endswith(INTERIM)


def _differences(
    application: DesiredApplication, entry: Entry, observed: Observed
) -> Iterator[Difference]:
    if application.identity is None and _is_unfinished(entry):
        yield Difference(Field.IDENTITY, entry.identity, name_without_interim(entry))


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
    challenges=True,
    # The first requests after iisreset compile pages and wait for service applications, some minutes long.
    cold_start=timedelta(minutes=10),
    differences=_differences,
    # Whether Set takes over a realm is not known, so another issuer takes the place of the old one.
    immutable=frozenset({Field.REALM, Field.APPLICATION_IDENTIFIER}),
    unfinished=_is_unfinished,
    # What a principal may do is looked up in App Management, and is no part of what workers keep of an issuer.
    harmless=frozenset({Field.IDENTITY, Field.PERMISSION}),
    permissions=PERMISSIONS,
    without_token_servers=(  # noqa: S106 - a sentence
        "a token server is trusted there for the whole farm, each application behind it is registered for single "
        "sites, and the rest is done in the tenant"
    ),
    warnings=lambda observed: observed.notices,
    second_hop="SQL Server let the account in: Get-SPFarm shows the farm.",
    challenge_path=CLIENT_SERVICE,
    no_challenge="Is its web application for HTTP alone? Then no token is taken there.",
    checks=CHECKS,
)
