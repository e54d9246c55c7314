"""Each rule of the CRDs, asked of the real API server: what it refuses, and what it says instead."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.trust.model import Right
from support.kube.cluster import Cluster, Refused
from support.kube.objects import FARM_SPEC, application, changed, crd, server

pytestmark = pytest.mark.controlplane

EXCHANGE = server("exchange")
LYNC = server("lync")
FARM = server("farm", FARM_SPEC)
TRUST = application("lync-on-exchange")
TESTED = application("exchange-on-lync")
BY_URL = changed(
    changed(TRUST, "partnerRef", None),
    "partner",
    {"product": "Lync", "authMetadataUrl": "https://pool.contoso.com/metadata/json/1"},
)
BEHIND = changed(
    changed(TRUST, "partnerRef", None),
    "partner",
    {
        "applicationIdentifier": "0d0c0b0a-1111-2222-3333-444455556666",
        "realm": "litwareinc.com",
        "tokenServer": {"authMetadataUrl": "https://sts.litwareinc.com/metadata/json/1?realm=a"},
    },
)
ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
CANONICAL = "canonical name, such as litwareinc.com/Users/HR-ApplicationAccount"
ONE_WAY = "give exactly one of product (with authMetadataUrl) and applicationIdentifier"
CLOUDS = "a token server of Microsoft's clouds is made by the scripts of the hybrid set-up alone"
SERVICE = changed(
    TRUST,
    "exchange.connectivityTest",
    {
        "url": "https://portal.litwareinc.com/_vti_bin/client.svc",
        "mailbox": "kenmyer@litwareinc.com",
    },
)
WINDOW = {"schedule": "0 2 * * 6", "duration": "4h"}

EXCHANGE_URL = "for Exchange write https://<autodiscover host>/autodiscover/metadata/json/1"
LYNC_URL = "for Lync write https://<web services of the pool>/metadata/json/1"
SHAREPOINT_URL = "for SharePoint write https://<site>/_layouts/15/metadata/json/1"
HTTPS = "write an address that begins with https:// and a host name; http is never followed"
FQDN = "write the fully qualified name of a machine, such as atl-exchange-001.litwareinc.com"
WILDCARD = (
    "write * once, at the beginning, with at least two labels behind it, such as *.contoso.com"
)
LOWER = "write it in lower case and without https:// or a path; letters of other scripts in their xn-- form"
PLAIN_NAME = (
    "write the name of a host without a dot at its end, such as lync.contoso.com; an IPv6 address"
)
IPV4 = "write an IPv4 address as four decimal numbers, and without *"
DURATION = "write a duration such as"
REFERENCE = "write the name of a {} of this namespace: lower case letters, digits, - and ."
SIP = "write sip:user@domain, such as sip:kenmyer@litwareinc.com"
WHO = "give exactly one of mailbox (for whose owner the token speaks) and appOnly: true"
IDENTITY = r"write a name without line breaks, *, /, \, : and blanks at its ends"
ONE_PARTNER = (
    "give exactly one of partnerRef (a PartnerServer of this namespace) and partner (product and "
    "authMetadataUrl, or applicationIdentifier and tokenServer)"
)

REFUSED: list[tuple[dict[str, Any], str, Any, str]] = [
    # what, field, value, sentence
    (EXCHANGE, "product", "Zimbra", 'Unsupported value: "Zimbra": supported values: "Exchange"'),
    (EXCHANGE, "product", None, "spec.product: Required value"),
    (EXCHANGE, "authMetadataUrl", None, "spec.authMetadataUrl: Required value"),
    (EXCHANGE, "hosts", None, "spec.hosts: Required value"),
    (EXCHANGE, "credentialsSecretRef", None, "spec.credentialsSecretRef: Required value"),
    (EXCHANGE, "authMetadataUrl", "http://a.b/autodiscover/metadata/json/1", HTTPS),
    (EXCHANGE, "authMetadataUrl", "https:///autodiscover/metadata/json/1", HTTPS),
    (EXCHANGE, "authMetadataUrl", "https://a.b/metadata/json/1", EXCHANGE_URL),
    (EXCHANGE, "authMetadataUrl", "https://a.b/autodiscover/metadata/json/2", EXCHANGE_URL),
    (EXCHANGE, "authMetadataUrl", "https://a.b/autodiscover/metadata/json/1/", EXCHANGE_URL),
    (EXCHANGE, "authMetadataUrl", "https://a.b/autodiscover/metadata/json/1?x=1", EXCHANGE_URL),
    (LYNC, "authMetadataUrl", "https://a.b/autodiscover/metadata/json/1", LYNC_URL),
    (LYNC, "authMetadataUrl", "https://a.b/metadata/json", LYNC_URL),
    (LYNC, "product", "SharePoint", SHAREPOINT_URL),
    (EXCHANGE, "hosts", [], "spec.hosts in body should have at least 1 items"),
    (EXCHANGE, "hosts", ["ex1"], FQDN),
    (EXCHANGE, "hosts", ["10.0.0.1"], FQDN),
    (EXCHANGE, "hosts", ["https://ex1.contoso.com"], FQDN),
    (EXCHANGE, "hosts", ["ex1.contoso.com:5986"], FQDN),
    (EXCHANGE, "hosts", ["ex1.contoso.com", "EX1.contoso.com"], "name each host once"),
    (EXCHANGE, "credentialsSecretRef", {"name": "Not_A_Name"}, REFERENCE.format("Secret")),
    (EXCHANGE, "credentialsSecretRef", {}, "spec.credentialsSecretRef.name: Required value"),
    (
        EXCHANGE,
        "credentialsSecretRef",
        {"name": "a", "namespace": "kube-system"},
        'unknown field "spec.credentialsSecretRef.namespace"',
    ),
    (EXCHANGE, "winrm.port", 0, "should be greater than or equal to 1"),
    (EXCHANGE, "winrm.port", 65536, "should be less than or equal to 65535"),
    (EXCHANGE, "winrm.authentication", "Basic", 'supported values: "NTLM", "CredSSP", "Kerberos"'),
    (EXCHANGE, "winrm.caBundle", {}, "write caBundle: {configMapKeyRef: {name: <ConfigMap>"),
    (
        EXCHANGE,
        "winrm.caBundle.configMapKeyRef",
        {"name": "Root CA"},
        REFERENCE.format("ConfigMap"),
    ),
    (
        EXCHANGE,
        "winrm.caBundle.configMapKeyRef",
        {"name": "ca", "key": "a/b"},
        "write a key of the ConfigMap: letters, digits, -, _ and .",
    ),
    (EXCHANGE, "restart.policy", "Always", 'supported values: "Automatic", "Manual", "Never"'),
    (EXCHANGE, "restart.settle", "soon", DURATION),
    (EXCHANGE, "restart.settle", "61m", "write at most 1h"),
    (EXCHANGE, "removal.settle", "soon", "write a duration such as 0s, 30s or 10m"),
    (LYNC, "removal.settle", "", "write a duration such as 0s, 30s or 10m"),
    (LYNC, "removal.settle", "1h1s", "write at most 1h"),
    (
        EXCHANGE,
        "restart.maxPerDay",
        0,
        "write a number from 1 to 24; to restart nothing, set policy",
    ),
    (
        EXCHANGE,
        "restart.maxPerDay",
        25,
        "write a number from 1 to 24; to restart nothing, set policy",
    ),
    (EXCHANGE, "restart.windows", [{**WINDOW, "schedule": "daily"}], "write five fields, minute"),
    (EXCHANGE, "restart.windows", [{**WINDOW, "schedule": "0 2 * *"}], "write five fields, minute"),
    (EXCHANGE, "restart.windows", [{**WINDOW, "duration": "4"}], DURATION),
    (EXCHANGE, "restart.windows", [{**WINDOW, "duration": "4m"}], "write at least 5m and at most"),
    (EXCHANGE, "restart.windows", [{"schedule": "0 2 * * 6"}], "duration: Required value"),
    (
        EXCHANGE,
        "restart.windows",
        [{**WINDOW, "timeZone": "+02:00"}],
        "write a name of the IANA list, such as Europe/Berlin or UTC",
    ),
    (EXCHANGE, "interval", "10 minutes", DURATION),
    (EXCHANGE, "interval", "", DURATION),
    (EXCHANGE, "interval", "-10m", DURATION),
    (EXCHANGE, "interval", "59s", "write at least 1m and at most 24h"),
    (EXCHANGE, "interval", "25h", "write at least 1m and at most 24h"),
    (EXCHANGE, "allowedPartners", [{}], "spec.allowedPartners[0].host: Required value"),
    *(
        (EXCHANGE, "allowedPartners", [{"host": "lync.contoso.com"}, {"host": host}], sentence)
        for sentence, hosts in (
            (WILDCARD, ("*", "*.", "*.com", "*.*.contoso.com", "a.*.com", "*contoso.com")),
            (LOWER, ("Lync.contoso.com", "*.Contoso.com", "https://a.de", "a.de/x", "a@b.de")),
            (LOWER, ("b\u00fccher.de", "c\u043entoso.com", "[::1]", "a.de\n", " a.de", "a,b.de")),
            (PLAIN_NAME, ("lync.contoso.com.", ".contoso.com", "a..de", "-a.de", "a-.de", "")),
            (PLAIN_NAME, ("::1", "fe80::1", "a.de:", "a.de:443:443", "a" * 64 + ".de")),
            (IPV4, ("127.1", "10.1.2.256", "010.1.2.3", "0x7f.0.0.1", "1.2.3.0x4", "*.2.3")),
        )
        for host in hosts
    ),
    (EXCHANGE, "sharePoint", {"maxPermission": "Read"}, "belongs to a SharePoint farm: take it"),
    (LYNC, "sharePoint", {}, "belongs to a SharePoint farm: take it out"),
    (FARM, "sharePoint", {"maxPermission": "Owner"}, '"None", "Read", "Write", "Manage"'),
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
    *(
        (EXCHANGE, "allowedTokenServers", [{"host": host, "create": True}], CLOUDS)
        for host in (
            "accounts.accesscontrol.windows.net",
            "login.microsoftonline.com",
            "login.microsoftonline.us:443",
            "login-us.microsoftonline.com",
            "login.partner.microsoftonline.cn",
            "*.accesscontrol.windows.net",
        )
    ),
    (EXCHANGE, "allowedTokenServers", [{"host": "a", "linkedAccounts": ["HR"]}], CANONICAL),
    (EXCHANGE, "allowedTokenServers", [{"create": True}], "host: Required value"),
]


@pytest.mark.parametrize(("body", "field", "value", "sentence"), REFUSED)
def test_wrong_objects_are_refused_with_what_to_write_instead(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        cluster.create(changed(body, field, value))
    assert sentence in str(refused.value)


IMMUTABLE: list[tuple[dict[str, Any], str, Any, str]] = [
    (EXCHANGE, "product", "Lync", "product cannot be changed: make a new PartnerServer"),
    (TRUST, "serverRef", {"name": "other"}, "serverRef cannot be changed: make a new"),
    (TRUST, "partnerRef", {"name": "other"}, "partnerRef cannot be changed: make a new"),
    (TRUST, "partnerRef", None, "partnerRef cannot be added or taken away"),
    (TRUST, "identity", "Other", "identity cannot be changed: make a new"),
    (TRUST, "identity", None, "identity cannot be added or taken away"),
    (
        BEHIND,
        "partner",
        {"applicationIdentifier": "0d0c0b0a-1111-2222-3333-000000000000"},
        "applicationIdentifier cannot be changed",
    ),
    (BEHIND, "partner", {"realm": "contoso.com"}, "realm cannot be changed: make a new"),
    (BEHIND, "partner", {"realm": None}, "a partner behind a token server cannot be changed"),
    (
        BEHIND,
        "partner",
        {"tokenServer": {"authMetadataUrl": "https://other.litwareinc.com/metadata/json/1"}},
        "a token server cannot be changed: make a new",
    ),
]


@pytest.mark.parametrize(("body", "field", "value", "sentence"), IMMUTABLE)
def test_what_an_object_stands_for_cannot_be_changed(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    """A rename is a new object, and the trust is handed over to it (rule 13)."""
    if body is TRUST:
        body = changed(body, "identity", "Lync")
    cluster.create(body)
    patch = {"spec": {field: value}}
    if field == "product":
        patch["spec"]["authMetadataUrl"] = "https://a.b/metadata/json/1"
    if field == "partnerRef" and value is None:
        patch["spec"]["partner"] = BY_URL["spec"]["partner"]
    with pytest.raises(Refused) as refused:
        cluster.patch(body["kind"], body["metadata"]["name"], patch)
    assert sentence in str(refused.value)


ACCEPTED: list[tuple[dict[str, Any], str, Any]] = [
    (EXCHANGE, "authMetadataUrl", "https://A.b/AutoDiscover/Metadata/json/1"),
    (EXCHANGE, "authMetadataUrl", "https://a.b:8443/autodiscover/metadata/json/1"),
    (LYNC, "hosts", ["FE-1.contoso.com", "fe_2.contoso.com", "a.de"]),
    (EXCHANGE, "winrm", {"port": 443, "authentication": "Kerberos"}),
    (EXCHANGE, "winrm.caBundle", {"configMapKeyRef": {"name": "ca"}}),
    (EXCHANGE, "restart", {"policy": "Manual", "settle": "0s", "windows": []}),
    (EXCHANGE, "restart.maxPerDay", 24),
    (EXCHANGE, "restart.windows", [WINDOW, {**WINDOW, "timeZone": "America/Argentina/Salta"}]),
    (EXCHANGE, "restart.windows", [{**WINDOW, "schedule": "*/15 0-4 1,15 JAN-DEC SAT"}]),
    (EXCHANGE, "removal", {"settle": "0s"}),
    (LYNC, "removal.settle", "1h"),
    *(
        (EXCHANGE, "allowedPartners", [{"host": host}, {"host": "*.fabrikam.com"}])
        for host in ("lync.contoso.com", "lync", "*.a.b.c.de", "10.1.2.3", "xn--bcher-kva.de")
    ),
    (LYNC, "allowedPartners", [{"host": "fe_2.contoso.com:8443"}, {"host": "*.contoso.com:1"}]),
    (LYNC, "allowedPartners", []),
    (EXCHANGE, "interval", "60m"),
    (EXCHANGE, "interval", "1h0m0s"),
    (BY_URL, "identity", "Lync (Zürich) $(x) '\"` 測試"),
    (BY_URL, "mode", "Observe"),
    # C16: token servers' addresses carry a realm.
    (
        BY_URL,
        "partner.authMetadataUrl",
        "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=11112222-3333-4444-5555-666677778888",
    ),
    (
        BY_URL,
        "partner.authMetadataUrl",
        "https://accounts.accesscontrol.windows.net/litwareinc.com/metadata/json/1",
    ),
    (
        BY_URL,
        "partner",
        {
            "product": "SharePoint",
            "authMetadataUrl": "https://sp.a.b/sites/x/_layouts/15/metadata/json/1",
        },
    ),
    *(
        (
            BY_URL,
            "partner",
            {"product": product, "authMetadataUrl": f"https://acs.a.b/metadata/json/1/{query}"},
        )
        for product in ("Lync", "SharePoint")
        for query in ("", "?realm=contoso.com")
    ),
    (TESTED, "lync.connectivityTest.sipUri", "sip:O'Neil+test@sub.litwareinc.com"),
    (TESTED, "lync.connectivityTest.interval", "1h0m0s"),
    (SERVICE, "exchange.connectivityTest.appOnly", False),
    (SERVICE, "exchange.connectivityTest", {"url": "https://portal:8443/x?y=1", "appOnly": True}),
    (TESTED, "lync", {}),
    (TRUST, "exchange", {}),
    (TRUST, "sharePoint", {}),
    (FARM, "sharePoint", {}),
    *((FARM, "sharePoint", {"maxPermission": right}) for right in Right),
    *((TRUST, "sharePoint", {"permission": right}) for right in Right),
    (TRUST, "deletionPolicy", "Retain"),
    (BEHIND, "partner.realm", None),
    (BEHIND, "partner.applicationIdentifier", "0D0C0B0A-1111-2222-3333-444455556666"),
    (BEHIND, "exchange.linkedAccount", ACCOUNT),
    *(
        (BEHIND, "partner.tokenServer.authMetadataUrl", url)
        for url in (
            "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=litwareinc.com",
            "https://accounts.accesscontrol.windows.net/litwareinc.com/metadata/json/1/?realm=litwareinc.com",
            "https://sts.litwareinc.com:8443/hr",
        )
    ),
    (
        EXCHANGE,
        "allowedTokenServers",
        [
            {"host": "*.litwareinc.com", "create": True, "linkedAccounts": [ACCOUNT]},
            {"host": "accounts.accesscontrol.windows.net"},
            {"host": "login.microsoftonline.com.litwareinc.com:8443", "create": True},
        ],
    ),
]


@pytest.mark.parametrize(("body", "field", "value"), ACCEPTED)
def test_right_objects_are_accepted_kept_as_written_and_stable(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any
) -> None:
    """C20, C16: only defaults are added; applied again, by whom ever, nothing changes."""
    written = changed(body, field, value)
    first = cluster.apply(written)
    assert_only_defaults_added(written["spec"], first["spec"])
    second = cluster.apply(written)
    as_read = cluster.apply({**written, "spec": first["spec"]}, manager="kubectl")
    for later in (second, as_read):
        assert later["spec"] == first["spec"]
        assert later["metadata"]["generation"] == 1


def assert_only_defaults_added(written: Any, read: Any) -> None:
    """All that was written is there as it was written."""
    if isinstance(written, dict):
        for key, value in written.items():
            assert_only_defaults_added(value, read[key])
    elif isinstance(written, list):
        assert len(written) == len(read)
        for before, after in zip(written, read, strict=True):
            assert_only_defaults_added(before, after)
    else:
        assert written == read


def test_defaults_are_those_of_the_documentation(cluster: Cluster) -> None:
    """Everything that can have a default has one."""
    made = cluster.create(EXCHANGE)
    assert made["spec"] == {
        **EXCHANGE["spec"],
        "winrm": {"port": 5986},
        "restart": {"settle": "30s", "maxPerDay": 4},
        "removal": {"settle": "30s"},
        "interval": "10m",
    }
    assert made["status"] == {"observedGeneration": -1}
    tested = cluster.create(TESTED)
    assert tested["spec"] == {
        **TESTED["spec"],
        "mode": "Enforce",
        "lync": {
            "applicationTrustLevel": "Full",
            "connectivityTest": {
                "sipUri": "sip:kenmyer@litwareinc.com",
                "deleteItem": True,
                "interval": "1h",
                "failureThreshold": 3,
            },
        },
    }


def test_every_rule_is_asked_by_a_test_above() -> None:
    """A rule that nobody asks could say nonsense."""
    messages: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            messages.update(rule["message"] for rule in schema.get("x-kubernetes-validations", []))
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    for plural in ("partnerservers", "partnerapplications"):
        walk(crd(plural))
    asked = [row[3] for row in (*REFUSED, *IMMUTABLE)]
    unasked = {message for message in messages if not any(part in message for part in asked)}
    assert unasked == set()
