"""PartnerServers that the API server refuses: object, field, value, and what it says."""

from __future__ import annotations

from typing import Any

from support.kube.declarations import (
    CANONICAL,
    DURATION,
    EXCHANGE,
    EXCHANGE_URL,
    FARM,
    HTTPS,
    LYNC,
    LYNC_URL,
    REFERENCE,
    SHAREPOINT_URL,
    WINDOW,
)

CLOUDS = "a token server of Microsoft's clouds is made by the scripts of the hybrid set-up alone"
FQDN = "write the fully qualified name of a machine, such as atl-exchange-001.litwareinc.com"
WILDCARD = (
    "write * once, at the beginning, with at least two labels behind it, such as *.contoso.com"
)
LOWER = "write it in lower case and without https:// or a path; letters of other scripts in their xn-- form"
PLAIN_NAME = (
    "write the name of a host without a dot at its end, such as lync.contoso.com; an IPv6 address"
)
IPV4 = "write an IPv4 address as four decimal numbers, and without *"

REFUSED_SERVERS: list[tuple[dict[str, Any], str, Any, str]] = [
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
