"""Lync and Skype for Business: what the core asks of them, as a managed product and as a partner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from partner_operator.oauth.identifiers import EXCHANGE, LYNC
from partner_operator.oauth.token_servers import host_of, is_of_a_cloud
from partner_operator.texts import quoted
from partner_operator.trust.conditions import shortened
from partner_operator.trust.match import same
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Entry,
    EntryKind,
    Observed,
    PartnerProfile,
    Product,
)
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import (
    SHORT,
    Activation,
    Finding,
    Proof,
    Rules,
    TokenServers,
)
from partner_operator.trust.status import MetadataStatus

PROFILE = PartnerProfile(
    name=Product.LYNC,
    identifier=LYNC,
    metadata_path="/metadata/json/1",
    mending=(
        "Mend it on Lync or Skype for Business Server: Request-CsCertificate -New -Type OAuthTokenIssuer (KeySize "
        "2048), then Set-CsCertificate -Identity global -Type OAuthTokenIssuer -Thumbprint; add -Roll "
        "-EffectiveDate to let partners follow first."
    ),
    # What Configure-EnterprisePartnerApplication.ps1 assigns for -ApplicationType Lync.
    roles=("UserApplication", "ArchiveApplication", "MeetingGraphApplication"),
)


_DATA_SOURCE = re.compile(
    r"(?:^|;)\s*(?:Data Source|Server)\s*=\s*((?:\d+[.]){3}\d+|[^.;\\,]+)[^;\\]*(\\[^;,]+)?",
    re.IGNORECASE,
)
"""The host of a connection string without its domain, and the instance."""


def _differences(
    application: DesiredApplication, entry: Entry, observed: Observed
) -> Iterator[Difference]:
    level = entry.trust_level
    if level is not None and not same(level, application.trust_level):
        yield Difference(Field.TRUST_LEVEL, level, str(application.trust_level))


def _short_name(organization: str) -> str:
    """Of `Data Source=sql.litwareinc.com\\rtc;...` the server of the Central Management store and its instance."""
    found = _DATA_SOURCE.search(organization)
    if found is None:
        return shortened(organization, SHORT)
    return shortened(found[1] + (found[2] or ""), SHORT)


def _signs_as_before(known: MetadataStatus | None, observed: Observed) -> bool:
    """Lync is known by where its Central Management store is. That moves (Move-CsManagementServer, failover)
    and may be written otherwise after an update; the certificate that signs its tokens goes with it.
    """
    published = {found.thumbprint.upper() for found in known.certificates} if known else set()
    return any(own.thumbprint.upper() in published for own in observed.own_certificates)


def _replication(observed: Observed) -> Finding:
    behind = sorted(replica.fqdn for replica in observed.replicas if not replica.up_to_date)
    if not observed.replicas:
        return Finding(
            False,
            "Get-CsManagementStoreReplicationStatus names no machine.",
            "Run it by hand on a Front End.",
        )
    if not behind:
        return Finding(True, f"{len(observed.replicas)} machines are up to date.")
    return Finding(
        False,
        f"Not up to date: {', '.join(behind)}.",
        "Invoke-CsManagementStoreReplication, then look at the Replica service and port 445 there.",
    )


def _hybrid(observed: Observed) -> Finding:
    """Never a cross: a hybrid deployment is no fault."""
    if observed.token_servers_fault:
        return Finding(True, f"Not known: {observed.token_servers_fault}")
    clouds = sorted(
        found.name for found in observed.token_servers if is_of_a_cloud(host_of(found.metadata_url))
    )
    if not clouds:
        return Finding(True, "None: no token server of Microsoft's clouds is trusted.")
    behind = sorted(
        entry.identity for entry in observed.entries if entry.kind is EntryKind.TOKEN_SERVER
    )
    return Finding(
        True,
        f"Token servers of Microsoft's clouds: {', '.join(clouds)}. Applications that use token servers: "
        f"{', '.join(behind) or 'none'}. Microsoft's script turns the one named microsoft.exchange into such.",
    )


HYBRID = "the hybrid set-up (its script makes it, and looks for it by this name)"


def _owner(entry: Entry) -> str:
    """Whose the entry is that Microsoft's script for hybrid deployments makes."""
    behind = entry.kind is EntryKind.TOKEN_SERVER
    named = same(entry.identity, "microsoft.exchange")
    return HYBRID if behind and named and same(entry.application_identifier, EXCHANGE) else ""


TOKEN_SERVERS = TokenServers(
    make=lambda name, url: f"New-CsOAuthServer -Identity {quoted(name)} -MetadataUrl {quoted(url)}",
    # It has nothing to disable one by.
    enable=lambda found: f"Get-CsOAuthServer -Identity {quoted(found.name)}",
    # Set-CsOAuthServer has no -Realm.
    renew=lambda found: (
        f"make it again there: Remove-CsOAuthServer -Identity {quoted(found.name)}, then New-CsOAuthServer"
    ),
    refused={},
)


def _newer_name(version: str) -> str | None:
    """Version 6 is Skype for Business Server 2015."""
    major = version.partition(".")[0]
    return "Skype for Business Server" if major.isdecimal() and int(major) >= 6 else None


RULES = Rules(
    product=Product.LYNC,
    profile=PROFILE,
    trusts=(Product.EXCHANGE, Product.SHAREPOINT),
    # Its cmdlets go on to Active Directory and SQL with the account's logon.
    authentication=Authentication.CREDSSP,
    options="lync",
    activation=Activation.REPLICATION,
    differences=_differences,
    # Set-CsPartnerApplication cannot change these.
    immutable=frozenset({Field.IDENTITY, Field.REALM, Field.APPLICATION_IDENTIFIER}),
    token_servers=TOKEN_SERVERS,
    owner=_owner,
    newer_name=_newer_name,
    short_name=_short_name,
    same_organization=_signs_as_before,
    registered=(
        "The server does not show the certificates it stored; what it read from the metadata URL last counts."
    ),
    tests={Product.EXCHANGE: Proof.BOTH_WAYS},
    asked="The server then reads the partner's document again, too.",
    activated="The Front Ends in spec.hosts have this configuration.",
    not_activated=(
        "No host in spec.hosts is reported up to date by Get-CsManagementStoreReplicationStatus yet. If this "
        "stays, run Invoke-CsManagementStoreReplication and look at the replica service of the Front Ends."
    ),
    checks=(("replication", _replication), ("signs of hybrid", _hybrid)),
)
