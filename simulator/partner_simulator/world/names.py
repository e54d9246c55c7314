"""Names of the simulated domain, and the application identifiers that the products ship with."""

from __future__ import annotations

import os

DOMAIN = os.environ.get("PARTNER_SIMULATOR_DOMAIN", "litwareinc.com")
"""Where several domains are simulated beside each other, each has a process and a name of its own."""
CHILD_DOMAIN = f"emea.{DOMAIN}"
"""Another domain of the forest."""
NETBIOS_DOMAIN = "LITWAREINC"
NAMING_CONTEXT = ",".join(f"DC={label}" for label in DOMAIN.split("."))
ORGANIZATION = "Litware"

DOMAIN_CONTROLLERS = (f"atl-dc-001.{DOMAIN}", f"atl-dc-002.{DOMAIN}")
EXCHANGE_HOSTS = (f"atl-exchange-001.{DOMAIN}", f"atl-exchange-002.{DOMAIN}")
AUTODISCOVER = f"autodiscover.{DOMAIN}"
LYNC_POOL = f"atl-cs-001.{DOMAIN}"
FRONT_ENDS = (f"atl-fe-001.{DOMAIN}", f"atl-fe-002.{DOMAIN}")
SHAREPOINT_HOSTS = (f"atl-sp-001.{DOMAIN}", f"atl-sp-002.{DOMAIN}")
SHAREPOINT_SQL = f"atl-sql-002.{DOMAIN}"
"""The farm knows it as a server of the role `Invalid`."""
PORTAL = f"portal.{DOMAIN}"
"""The farm's web application; a load balancer stands before both servers."""
TEAM_SITE = f"team.{DOMAIN}"
"""A site collection with a host name of its own in the same web application."""

EXCHANGE_METADATA_PATH = "/autodiscover/metadata/json/1"
LYNC_METADATA_PATH = "/metadata/json/1"
EXCHANGE_METADATA_URL = f"https://{AUTODISCOVER}{EXCHANGE_METADATA_PATH}"
LYNC_METADATA_URL = f"https://{LYNC_POOL}{LYNC_METADATA_PATH}"
SHAREPOINT_METADATA_PATH = "/_layouts/15/metadata/json/1"
SHAREPOINT_METADATA_URL = f"https://{PORTAL}{SHAREPOINT_METADATA_PATH}"

EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT_ID = "00000003-0000-0ff1-ce00-000000000000"
LYNC_ID = "00000004-0000-0ff1-ce00-000000000000"
ACS_ID = "00000001-0000-0000-c000-000000000000"
GRAPH_ID = "00000003-0000-0000-c000-000000000000"

TOKEN_SERVER = f"sts.{DOMAIN}"
"""The company's own token server."""
TOKEN_REALM = f"apps.{DOMAIN}"
"""Its realm."""
HTTP_TOKEN_SERVER = f"oldsts.{DOMAIN}"
"""Another one, that has no TLS."""
ACS_HOST = "accounts.accesscontrol.windows.net"
ENTRA_HOST = "login.windows.net"
TENANT = "11112222-3333-4444-5555-666677778888"
"""Litware's tenant in Microsoft's cloud."""
OTHER_TENANT = "aaaabbbb-cccc-4ddd-8eee-ffff00001111"
TOKEN_SERVER_METADATA_PATH = "/metadata/json/1"
FEDERATION_METADATA_PATH = "/federationmetadata/2007-06/federationmetadata.xml"
OPENID_PATH = "/.well-known/openid-configuration"
TOKEN_SERVER_METADATA_URL = f"https://{TOKEN_SERVER}{TOKEN_SERVER_METADATA_PATH}"

EXCHANGE_PRODUCT = "Exchange Server 2013"
EXCHANGE_SNAPIN = "Microsoft.Exchange.Management.PowerShell.SnapIn"
SHAREPOINT_SNAPIN = "Microsoft.SharePoint.PowerShell"
SHAREPOINT_MODULE = "SharePointServer"

EXCHANGE_ADMIN = f"{NETBIOS_DOMAIN}\\exadmin"
LYNC_ADMIN = f"{NETBIOS_DOMAIN}\\lyncadmin"
SHAREPOINT_ADMIN = f"{NETBIOS_DOMAIN}\\spadmin"
SHAREPOINT_SERVICE = f"{NETBIOS_DOMAIN}\\spfarm"
"""The account of the farm's timer service."""


def short_name(fqdn: str) -> str:
    """The computer's own name, in capitals as Exchange prints it."""
    return fqdn.partition(".")[0].upper()


def issuer(application_identifier: str, realm: str) -> str:
    """`<id>@<realm>`, as tokens and challenges write an issuer."""
    return f"{application_identifier}@{realm}"
