"""PartnerApplications that the API server refuses: object, field, value, and what it says."""

from __future__ import annotations

from typing import Any

from support.kube.declarations import (
    ACCOUNT,
    BEHIND,
    BY_URL,
    CANONICAL,
    DURATION,
    EXCHANGE_URL,
    HTTPS,
    LYNC_URL,
    REFERENCE,
    SERVICE,
    SHAREPOINT_URL,
    TESTED,
    TRUST,
)

ONE_WAY = "give exactly one of product (with authMetadataUrl) and applicationIdentifier"
SIP = "write sip:user@domain, such as sip:kenmyer@litwareinc.com"
WHO = "give exactly one of mailbox (for whose owner the token speaks) and appOnly: true"
IDENTITY = r"write a name without line breaks, *, /, \, : and blanks at its ends"
ONE_PARTNER = (
    "give exactly one of partnerRef (a PartnerServer of this namespace) and partner (product and "
    "authMetadataUrl, or applicationIdentifier and tokenServer)"
)

REFUSED_APPLICATIONS: list[tuple[dict[str, Any], str, Any, str]] = [
    (TRUST, "sharePoint", {"permission": "fullcontrol"}, '"None", "Read", "Write", "Manage"'),
    (TRUST, "serverRef", None, "spec.serverRef: Required value"),
    (TRUST, "serverRef", {}, "spec.serverRef.name: Required value"),
    (TRUST, "serverRef", {"name": "Exchange Server"}, REFERENCE.format("PartnerServer")),
    (TRUST, "partnerRef", {"name": "Lync_Pool"}, REFERENCE.format("PartnerServer")),
    (TRUST, "partnerRef", {"name": "exchange"}, "a server does not register itself"),
    (TRUST, "partnerRef", None, ONE_PARTNER),
    (BY_URL, "partnerRef", {"name": "lync"}, ONE_PARTNER),
    (BY_URL, "partner.product", "Zimbra", 'Unsupported value: "Zimbra"'),
    (BY_URL, "partner.product", None, ONE_WAY),
    (BY_URL, "partner.authMetadataUrl", None, "product and authMetadataUrl go together"),
    (BY_URL, "partner.authMetadataUrl", "http://pool.contoso.com/metadata/json/1", HTTPS),
    (BY_URL, "partner.authMetadataUrl", "https://a.b/autodiscover/metadata/json/1", LYNC_URL),
    (BY_URL, "partner.authMetadataUrl", "https://a.b/_layouts/15/metadata/json/1", LYNC_URL),
    (BY_URL, "partner.authMetadataUrl", "https://a.b/metadata/json/1#x", LYNC_URL),
    (BY_URL, "partner.product", "Exchange", EXCHANGE_URL),
    (
        BY_URL,
        "partner",
        {"product": "SharePoint", "authMetadataUrl": "https://a.b/autodiscover/metadata/json/1"},
        SHAREPOINT_URL,
    ),
    (TRUST, "identity", "", "should be at least 1 chars long"),
    (TRUST, "identity", "x" * 65, "may not be more than 64"),
    (TRUST, "identity", "Lync*", IDENTITY),
    (TRUST, "identity", " Lync", IDENTITY),
    (TRUST, "identity", "Lync ", IDENTITY),
    (TRUST, "identity", "Lync\nExchange", IDENTITY),
    (TRUST, "identity", "site:Lync", IDENTITY),
    (TRUST, "identity", "contoso/Lync", IDENTITY),
    (TRUST, "identity", "contoso\\Lync", IDENTITY),
    (TRUST, "mode", "Dry", 'supported values: "Enforce", "Observe", "Suspend"'),
    (TRUST, "deletionPolicy", "Orphan", 'supported values: "Remove", "Retain"'),
    (TESTED, "exchange", {}, "one of exchange, lync and sharePoint"),
    (TESTED, "sharePoint", {}, "one of exchange, lync and sharePoint"),
    (
        TESTED,
        "lync.applicationTrustLevel",
        "All",
        'supported values: "Full", "Application", "User"',
    ),
    (SERVICE, "exchange.connectivityTest.url", None, "connectivityTest.url: Required value"),
    (
        SERVICE,
        "exchange.connectivityTest.url",
        "http://portal/",
        "an address that begins with https",
    ),
    (
        SERVICE,
        "exchange.connectivityTest.url",
        "https://portal",
        "an address that begins with https",
    ),
    (
        SERVICE,
        "exchange.connectivityTest.url",
        "https://p/a b",
        "an address that begins with https",
    ),
    (SERVICE, "exchange.connectivityTest.url", "https://u@p/", "an address that begins with https"),
    (SERVICE, "exchange.connectivityTest.mailbox", None, WHO),
    (SERVICE, "exchange.connectivityTest.appOnly", True, WHO),
    (SERVICE, "exchange.connectivityTest.mailbox", "kenmyer", "write user@domain"),
    (SERVICE, "exchange.connectivityTest.mailbox", "a@b.c,d@b.c", "write user@domain"),
    (SERVICE, "exchange.connectivityTest.interval", "4m59s", "write at least 5m and"),
    (TESTED, "lync.connectivityTest", {}, "spec.lync.connectivityTest.sipUri: Required value"),
    (TESTED, "lync.connectivityTest.sipUri", "kenmyer@litwareinc.com", SIP),
    (TESTED, "lync.connectivityTest.sipUri", "sip:kenmyer", SIP),
    (TESTED, "lync.connectivityTest.sipUri", "sip:a@b@litwareinc.com", SIP),
    (TESTED, "lync.connectivityTest.sipUri", "sip:a@litwareinc.com;gruu", SIP),
    (TESTED, "lync.connectivityTest.sipUri", "sip:a b@litwareinc.com", SIP),
    (TESTED, "lync.connectivityTest.sipUri", 'sip:a"@litwareinc.com', SIP),
    (TESTED, "lync.connectivityTest.folder", "a\nb", "write the name of a folder without line"),
    (TESTED, "lync.connectivityTest.interval", "hourly", DURATION),
    (TESTED, "lync.connectivityTest.interval", "4m59s", "write at least 5m (each test writes to"),
    (TESTED, "lync.connectivityTest.failureThreshold", 0, "greater than or equal to 1"),
    (TESTED, "lync.connectivityTest.failureThreshold", 11, "less than or equal to 10"),
    (TRUST, "spelling", "wrong", 'unknown field "spec.spelling"'),
    (BEHIND, "partner.product", "Lync", ONE_WAY),
    (BEHIND, "partner.applicationIdentifier", None, ONE_WAY),
    (
        BEHIND,
        "partner.authMetadataUrl",
        "https://a.b/metadata/json/1",
        "product and authMetadataUrl go",
    ),
    (BEHIND, "partner.tokenServer", None, "applicationIdentifier and tokenServer go together"),
    (
        BY_URL,
        "partner.tokenServer",
        BEHIND["spec"]["partner"]["tokenServer"],
        "and tokenServer go together",
    ),
    (BY_URL, "partner.realm", "a.b", "realm belongs to an application behind a token server"),
    (BEHIND, "partner.realm", "*", "write a realm without blanks, *, @ and /"),
    (BEHIND, "partner.realm", "", "should be at least 1 chars long"),
    (BEHIND, "partner.tokenServer", {}, "tokenServer.authMetadataUrl: Required value"),
    *(
        (BEHIND, "partner.applicationIdentifier", wrong, "write a GUID without braces")
        for wrong in (
            "",
            "HRApp",
            "0d0c0b0a-1111-2222-3333-44445555666",
            "{d0c0b0a-1111-2222-3333-444455556666",
        )
    ),
    *(
        (
            BEHIND,
            "partner.tokenServer.authMetadataUrl",
            wrong,
            "begins with https:// and a host name, without blanks",
        )
        for wrong in (
            "http://sts.litwareinc.com/metadata/json/1",
            "https:///metadata/json/1",
            "https://sts.litwareinc.com/metadata/json/1#x",
            "https://sts.litwareinc.com/a b",
        )
    ),
    *(
        (
            BEHIND,
            "partner.tokenServer.authMetadataUrl",
            wrong,
            "this is the federation metadata in XML",
        )
        for wrong in (
            "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml",
            "https://sts.litwareinc.com/metadata.xml?realm=a",
        )
    ),
    *(
        (
            BEHIND,
            "partner.tokenServer.authMetadataUrl",
            wrong,
            "this is an OpenID or OAuth discovery document",
        )
        for wrong in (
            "https://sts.litwareinc.com/.well-known/openid-configuration",
            "https://sts.litwareinc.com/a/.well-known/oauth-authorization-server",
        )
    ),
    (BEHIND, "exchange.linkedAccount", "HR-ApplicationAccount", CANONICAL),
    (BEHIND, "exchange.linkedAccount", "litwareinc.com//HR", CANONICAL),
    (
        TRUST,
        "exchange.linkedAccount",
        ACCOUNT,
        "linkedAccount is for partners behind a token server",
    ),
    (
        BY_URL,
        "exchange.linkedAccount",
        ACCOUNT,
        "linkedAccount is for partners behind a token server",
    ),
]
